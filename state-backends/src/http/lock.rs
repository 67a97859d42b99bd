//! Descriptions of locks in the protocol.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LockId, LockInfo};

/// Terraform's description of a lock. GitLab takes it only with all of these fields.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LockDescription {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default)]
    operation: String,
    /// Further information: the process, and the id of the lock that this describes.
    #[serde(default)]
    info: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    created: String,
    #[serde(default)]
    path: String,
}

impl LockDescription {
    pub(super) fn of(info: &LockInfo, key: &str) -> Self {
        Self {
            id: info.id.to_string(),
            operation: info.operation.clone(),
            info: said_of(info),
            who: info.who.clone(),
            version: info.version.clone(),
            created: info.since.to_string(),
            path: key.to_owned(),
        }
    }

    /// The description in the body of an answer. Some servers have none.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    pub(super) fn is(&self, id: &LockId) -> bool {
        self.id == id.to_string()
    }

    /// The holder of the lock. GitLab keeps only the id, its user and the time, and echoes the rest of the request
    /// `asked`: that is left out.
    pub(super) fn holder(self, asked: &LockInfo) -> Option<LockInfo> {
        let since: Timestamp = self.created.parse().ok()?;
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let (id, who) = (LockId::new(self.id), self.who);
        if self.info == said_of(asked) {
            return Some(LockInfo { id, who, pid: None, operation: String::new(), since, version: String::new() });
        }
        let pid = self.info.strip_prefix("process ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        Some(LockInfo { id, who, pid, operation: self.operation, since, version: self.version })
    }
}

fn said_of(info: &LockInfo) -> String {
    let process = info.pid.map(|pid| format!("process {pid} ")).unwrap_or_default();
    format!("{process}with the lock {}", info.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_comes_back_from_a_server_that_keeps_what_it_was_told() {
        let info = LockInfo::of_this_process("apply", "koctl 0.1.0");
        let kept = serde_json::to_vec(&LockDescription::of(&info, "kong")).unwrap();
        let asked = LockInfo::of_this_process("destroy", "koctl 0.1.0");
        assert_eq!(LockDescription::parse(&kept).unwrap().holder(&asked), Some(info));
    }

    #[test]
    fn what_gitlab_echoes_of_who_asks_is_not_told_of_the_holder() {
        let asked = LockInfo::of_this_process("destroy", "koctl 0.1.0");
        let echoed = LockDescription {
            id: "7d1f".into(),
            who: "root".into(),
            created: "2026-01-02T03:04:05.678Z".into(),
            ..LockDescription::of(&asked, "kong")
        };
        assert_eq!(
            echoed.holder(&asked).unwrap().to_string(),
            "root since 2026-01-02T03:04:05Z, with the lock id 7d1f"
        );
    }

    #[test]
    fn terraforms_own_lock_is_told() {
        let body = br#"{"ID": "7d1f", "Operation": "OperationTypeApply", "Info": "", "Who": "ada@build-3",
            "Version": "1.9.0", "Created": "2026-01-02T03:04:05.678901Z", "Path": ""}"#;
        let holder =
            LockDescription::parse(body).unwrap().holder(&LockInfo::of_this_process("apply", "koctl")).unwrap();
        assert_eq!((holder.pid, holder.version.as_str()), (None, "1.9.0"));
        assert!(holder.to_string().starts_with("ada@build-3 (1.9.0) for `OperationTypeApply` since 2026"));
    }
}
