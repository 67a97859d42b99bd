//! Who there is, and who may do what: people, organizations, teams, apps, and the tokens that were issued to them.
//!
//! | file | contents |
//! | --- | --- |
//! | `directory` | the accounts and apps |
//! | `file` | the file that keeps them, which anyone may edit |
//! | `apps` | OAuth Apps and GitHub Apps, and where the latter are installed |
//! | `defaults` | the accounts and apps of a fresh sandbox |
//! | `check` | the rules that an edited file must keep |
//! | `permission` | the roles in a repository |
//! | `scopes` | the scopes of OAuth tokens |
//! | `tokens` | the issued tokens, of which only hashes are kept |
//! | `caller` | the one who makes a request |
//! | `access` | the caller's rights in a repository and an organization |
//!
//! Nothing here knows of requests and answers.

pub(super) mod access;
pub(super) mod apps;
pub(super) mod caller;
mod check;
pub(super) mod defaults;
pub(super) mod directory;
pub(super) mod file;
pub(super) mod names;
pub(super) mod permission;
pub(super) mod scopes;
pub(super) mod tokens;
