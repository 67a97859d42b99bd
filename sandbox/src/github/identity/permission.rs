//! Roles in a repository, and the role that an operation needs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A role in a repository. Each includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::github) enum Permission {
    /// No access: the repository seems not to exist if it is private.
    #[default]
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

impl Permission {
    /// The role's name, as in `role_name`.
    pub(in crate::github) fn role_name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The older name, which has four levels: maintain is shown as write, and triage as read.
    pub(in crate::github) fn legacy_name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }

    /// The name in the permissions of teams: `pull`, `push`, …
    pub(in crate::github) fn team_name(self) -> &'static str {
        match self {
            Self::None | Self::Read => "pull",
            Self::Triage => "triage",
            Self::Write => "push",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The object `permissions` of repositories, teams and collaborators.
    pub(in crate::github) fn to_json(self) -> Value {
        json!({
            "admin": self >= Self::Admin,
            "maintain": self >= Self::Maintain,
            "push": self >= Self::Write,
            "triage": self >= Self::Triage,
            "pull": self >= Self::Read,
        })
    }
}

/// The rights that an operation on a repository needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::github) struct Need {
    /// The role of a person.
    pub(in crate::github) role: Permission,
    /// The permission of a GitHub App, as in `contents`.
    pub(in crate::github) resource: &'static str,
    /// True if the app's permission must be `write`.
    pub(in crate::github) writes: bool,
}

impl Need {
    const fn new(role: Permission, resource: &'static str, writes: bool) -> Self {
        Self { role, resource, writes }
    }

    /// Who has access is shown to those who may push.
    pub(in crate::github) const SEE_COLLABORATORS: Self = Self::new(Permission::Write, "metadata", false);
    pub(in crate::github) const METADATA: Self = Self::new(Permission::Read, "metadata", false);
    pub(in crate::github) const READ_CONTENTS: Self = Self::new(Permission::Read, "contents", false);
    pub(in crate::github) const WRITE_CONTENTS: Self = Self::new(Permission::Write, "contents", true);
    pub(in crate::github) const READ_PULLS: Self = Self::new(Permission::Read, "pull_requests", false);
    pub(in crate::github) const WRITE_PULLS: Self = Self::new(Permission::Write, "pull_requests", true);
    /// Whoever reads a repository may review.
    pub(in crate::github) const REVIEW_PULLS: Self = Self::new(Permission::Read, "pull_requests", true);
    pub(in crate::github) const READ_CHECKS: Self = Self::new(Permission::Read, "checks", false);
    pub(in crate::github) const WRITE_CHECKS: Self = Self::new(Permission::Write, "checks", true);
    pub(in crate::github) const READ_STATUSES: Self = Self::new(Permission::Read, "statuses", false);
    pub(in crate::github) const WRITE_STATUSES: Self = Self::new(Permission::Write, "statuses", true);
    pub(in crate::github) const READ_ACTIONS: Self = Self::new(Permission::Read, "actions", false);
    pub(in crate::github) const READ_HOOKS: Self = Self::new(Permission::Admin, "repository_hooks", false);
    pub(in crate::github) const WRITE_HOOKS: Self = Self::new(Permission::Admin, "repository_hooks", true);
    pub(in crate::github) const READ_ISSUES: Self = Self::new(Permission::Read, "issues", false);
    /// Whoever reads a repository may open issues and comment.
    pub(in crate::github) const WRITE_ISSUES: Self = Self::new(Permission::Read, "issues", true);
    pub(in crate::github) const LABEL_ISSUES: Self = Self::new(Permission::Triage, "issues", true);
    pub(in crate::github) const WRITE_LABELS: Self = Self::new(Permission::Write, "issues", true);
    pub(in crate::github) const READ_SECRETS: Self = Self::new(Permission::Write, "secrets", false);
    pub(in crate::github) const WRITE_SECRETS: Self = Self::new(Permission::Write, "secrets", true);
}
