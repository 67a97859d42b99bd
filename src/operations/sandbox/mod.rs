//! Sandboxes: one for the run of a command, or one that serves any client.
//!
//! | module | what it does |
//! | --- | --- |
//! | `start` | starts a sandbox for one run, and prepares its repositories |
//! | `serve` | serves a sandbox for other processes |
//! | `secrets` | the tokens and variables of its organizations |

mod first;
mod secrets;
mod serve;
mod start;

pub use first::{FirstFiles, portal_key, sandbox_platform};
pub use secrets::sandbox_token;
pub(super) use secrets::secret_variable;
pub use serve::{ServeOptions, Serving, Tenants, serve};
pub(super) use start::{default_platform, start_sandbox, tenant};
