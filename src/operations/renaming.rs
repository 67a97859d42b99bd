//! How a renaming is written for `moved` and for `koctl state mv`.

use crate::compiler::rename::Rename;
use crate::manifest::quote;
use engine::state::shell_word;

/// The old and the new name of a renaming, as `koctl state mv` and `moved` take them.
pub(super) struct Names {
    /// The type of what was renamed. `None` for a single resource.
    kind: Option<&'static str>,
    from: String,
    to: String,
}

impl Names {
    pub(super) fn of(rename: &Rename) -> Self {
        let (kind, from, to) = match rename {
            Rename::Team { from, to } => ("team", from.clone(), to.clone()),
            Rename::Service { from, to } => ("service", from.clone(), to.clone()),
            Rename::Organization { from, to } => ("organization", from.clone(), to.clone()),
            Rename::Environment { organization, from, to } => {
                ("environment", format!("{organization}/{from}"), format!("{organization}/{to}"))
            }
        };
        Self { kind: Some(kind), from, to }
    }

    /// Of a single resource.
    pub(super) fn of_resource(from: String, to: String) -> Self {
        Self { kind: None, from, to }
    }

    /// The arguments of `koctl state mv`, which takes the new name of an environment alone.
    pub(super) fn arguments(&self) -> String {
        let (flag, to) = match self.kind {
            None => (String::new(), self.to.as_str()),
            Some(kind @ "environment") => {
                (format!("--{kind} "), self.to.split_once('/').map_or(self.to.as_str(), |(_, name)| name))
            }
            Some(kind) => (format!("--{kind} "), self.to.as_str()),
        };
        format!("{flag}{} {}", shell_word(&self.from), shell_word(to))
    }

    /// What to do about the renaming, as a part of a sentence.
    pub(super) fn ways(&self) -> String {
        format!("add `{}` to `moved` of the configuration, or run `koctl state mv {}`", self.entry(), self.arguments())
    }

    /// The entry of `moved`.
    pub(super) fn entry(&self) -> String {
        let kind = self.kind.map(|kind| format!("type: {kind}, ")).unwrap_or_default();
        format!("{{{kind}from: {}, to: {}}}", quote::in_flow(&self.from), quote::in_flow(&self.to))
    }
}
