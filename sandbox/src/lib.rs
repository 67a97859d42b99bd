//! A local Konnect and GitHub, written from their published documents.
//!
//! [`Sandbox::start`] serves both on one loopback port and keeps their data in a directory between runs. Every command
//! can so be tried without an account, and every test runs against something that answers as the real systems do. This
//! crate holds the server with the [`Wire`] before it, its [`Faults`] and its log of [`Exchange`]s, the store,
//! `konnect` and `github`. Nothing of koctl's clients may enter.

mod error;
mod exchanges;
mod fault_rule;
mod faults;
pub mod github;
mod konnect;
mod options;
mod server;
mod store;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use error::SandboxError;
pub use exchanges::Exchange;
pub use fault_rule::{FaultRule, FaultRuleError, parse_duration};
pub use faults::{Fault, Faults, Halt, Trigger};
pub use github::Merged;
pub use options::{Account, SandboxOptions};
pub use wire::{RECORD_DIR, Record, Wire};

use exchanges::Log;
use konnect::Konnect;
use server::Served;
use wire::Limiter;

/// A running sandbox. Dropping it also stops it, but only [`stop`](Sandbox::stop) waits until it has stopped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    faults: Faults,
    log: Log,
    konnect: Arc<Konnect>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Opens the data, creates the organizations that are new, and serves. All exchanges are kept in memory.
    ///
    /// # Errors
    ///
    /// If the directory, its data or the port cannot be used, or two organizations share a token.
    pub async fn start(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        Sandbox::start_with(options, Wire { record: Record::InMemory, ..Wire::default() }).await
    }

    /// Starts a sandbox with another wire.
    ///
    /// # Errors
    ///
    /// As [`start`](Sandbox::start), and if the exchanges cannot be recorded.
    pub async fn start_with(options: SandboxOptions, wire: Wire) -> Result<Sandbox, SandboxError> {
        let SandboxOptions { dir, port, organizations } = options;
        let repositories = dir.join("github");
        let opening = tokio::task::spawn_blocking(move || open(dir, &organizations));
        let konnect = opening.await.map_err(|error| SandboxError::Data { reason: error.to_string() })??;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listen = |source| SandboxError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let recordings = std::env::var_os(RECORD_DIR).map(PathBuf::from);
        let log = Log::open(wire.record, recordings.as_deref(), address)?;
        let faults = Faults::default();
        wire.faults.into_iter().for_each(|(trigger, fault)| faults.inject(trigger, fault));
        let router = Router::new()
            .nest("/konnect", konnect::router(Arc::clone(&konnect)))
            .nest("/github", github::router(repositories));
        let served = Served {
            router,
            latency: wire.latency,
            limiter: wire.rate_limit.map(|a_second| Arc::new(Limiter::new(a_second))),
            faults: faults.clone(),
            log: log.clone(),
        };
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(server::run(listener, served, stopped));
        Ok(Sandbox { address, faults, log, konnect, stop, server })
    }

    /// The address of Konnect, in which `{region}` stands for `us`, `eu`, … or `global`.
    pub fn konnect_url(&self) -> String {
        format!("http://{}/konnect/{{region}}", self.address)
    }

    /// The address of GitHub.
    pub fn github_url(&self) -> String {
        format!("http://{}/github", self.address)
    }

    /// The faults, to which more can be added.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// All exchanges since the start, of Konnect and GitHub, in order of completion; empty if the [`Wire`] does not
    /// keep them in memory.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log.all()
    }

    /// Finishes the requests in flight, closes the store and frees the port.
    pub async fn stop(self) {
        let Sandbox { stop, server, konnect, .. } = self;
        // If the receiver is gone, the server has ended by itself.
        let _ = stop.send(());
        if let Err(error) = server.await {
            tracing::warn!(%error, "the sandbox's server ended abnormally");
        }
        konnect.close();
    }
}

/// Creates the repositories of [`github::seed`] in the sandbox in `dir`, even if it is being served, and the sandbox
/// itself if there is none yet. Returns the full names of the repositories that were created.
///
/// # Errors
///
/// If the directory cannot be used, or the folder `services` holds no repositories.
pub fn seed(dir: &Path, services: &Path) -> Result<Vec<String>, SandboxError> {
    match open(dir.to_owned(), &[]) {
        Ok(konnect) => konnect.close(),
        // It is being served, and finds new repositories by itself.
        Err(SandboxError::InUse { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(github::seed(&dir.join("github"), services)?)
}

/// The names of the organizations of the sandbox in `dir`; none if there is no sandbox.
///
/// # Errors
///
/// If another process has the sandbox open, or its data cannot be read.
pub fn organizations(dir: &Path) -> Result<Vec<String>, SandboxError> {
    if !dir.join(DATA).exists() {
        return Ok(Vec::new());
    }
    let konnect = open(dir.to_owned(), &[])?;
    let names = konnect.organizations();
    konnect.close();
    Ok(names)
}

/// The names of the organizations of the sandbox in `dir` that a request has changed something in; none if there is no
/// sandbox.
///
/// # Errors
///
/// If another process has the sandbox open, or its data cannot be read.
pub fn organizations_in_use(dir: &Path) -> Result<Vec<String>, SandboxError> {
    if !dir.join(DATA).exists() {
        return Ok(Vec::new());
    }
    let konnect = open(dir.to_owned(), &[])?;
    let used = konnect.organizations().into_iter().filter(|name| konnect.has_changed(name)).collect();
    konnect.close();
    Ok(used)
}

/// True if there is a sandbox in `dir`.
#[must_use]
pub fn exists(dir: &Path) -> bool {
    dir.join(DATA).exists()
}

/// Merges the open pull requests of the sandbox in `dir`, by repository and number. Returns all of them, also those that
/// conflict and stay open.
///
/// # Errors
///
/// If another process has the sandbox open, or its repositories cannot be read or written.
pub fn merge(dir: &Path) -> Result<Vec<Merged>, SandboxError> {
    let konnect = open(dir.to_owned(), &[])?;
    let merged = github::merge_open(dir.join("github"));
    konnect.close();
    Ok(merged?)
}

/// Deletes everything of the sandbox in `dir`: Konnect's data, GitHub's repositories, and the state of koctl that goes
/// with them. Returns true if there was a sandbox. Other files in the directory stay.
///
/// # Errors
///
/// If another process has the sandbox open, or something cannot be deleted.
pub fn reset(dir: &Path) -> Result<bool, SandboxError> {
    let data = dir.join(DATA);
    if !data.exists() {
        return Ok(false);
    }
    // Holding the data keeps other processes out until it is deleted. Damaged data cannot be opened, and is a reason to
    // reset.
    let opened = match open(dir.to_owned(), &[]) {
        Err(error @ SandboxError::InUse { .. }) => return Err(error),
        opened => opened,
    };
    // The data goes last: as long as it exists, a reset that was interrupted can be repeated.
    for folder in ["github", "state"] {
        let folder = dir.join(folder);
        match std::fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(SandboxError::Delete { path: folder, source });
            }
            _ => {}
        }
    }
    let journal = dir.join(konnect::JOURNAL);
    match std::fs::remove_file(&journal) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(SandboxError::Delete { path: journal, source });
        }
        _ => {}
    }
    std::fs::remove_file(&data).map_err(|source| SandboxError::Delete { path: data, source })?;
    if let Ok(konnect) = opened {
        konnect.close();
    }
    Ok(true)
}

/// The file with Konnect's data, which marks a directory as a sandbox's.
const DATA: &str = "konnect.redb";

fn open(dir: PathBuf, accounts: &[Account]) -> Result<Arc<Konnect>, SandboxError> {
    std::fs::create_dir_all(&dir).map_err(|source| SandboxError::Directory { path: dir.clone(), source })?;
    Ok(Arc::new(konnect::open(&dir.join(DATA), accounts)?))
}
