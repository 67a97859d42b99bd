//! The options of a sandbox.

use std::path::PathBuf;

use secrecy::SecretString;

/// The options of a sandbox: its contents and its address.
#[derive(Debug)]
pub struct SandboxOptions {
    /// The directory that keeps the data between runs; it is created if it does not exist.
    pub dir: PathBuf,
    /// The loopback port, or 0 for any free port.
    pub port: u16,
    /// The organizations of Konnect and their tokens. Several tokens may open one organization.
    pub organizations: Vec<Account>,
}

/// A token and the organization that it opens. The organization is created if it does not exist.
#[derive(Debug, Clone)]
pub struct Account {
    /// The organization's name, under which its data is kept.
    pub organization: String,
    /// The bearer token.
    pub token: SecretString,
}
