//! A local Konnect and GitHub, written from their published documents.
//!
//! [`Sandbox::start`] serves both on one loopback port and keeps their data in a directory between runs, so
//! that every command can be tried without an account, and every test can run against something that answers
//! as the real ones do. What lives here: the server with the [`Wire`] before it, its [`Faults`] and its log of
//! [`Exchange`]s, the store, `konnect` and `github`. What must not enter: anything of koctl's clients.

mod exchanges;
mod fault_rule;
mod faults;
pub mod github;
mod konnect;
mod server;
mod store;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use exchanges::Exchange;
pub use fault_rule::{FaultRule, FaultRuleError, parse_duration};
pub use faults::{Fault, Faults, Halt, Trigger};
pub use wire::{RECORD_DIR, Record, Wire};

use exchanges::Log;
use konnect::Konnect;
use server::Served;
use store::{StoreError, Unsaved};
use wire::Limiter;

/// What to serve, and where.
#[derive(Debug)]
pub struct Options {
    /// The directory that keeps the data between runs; it is created where it does not exist.
    pub dir: PathBuf,
    /// The loopback port, or 0 for any that is free.
    pub port: u16,
    /// The organizations of Konnect and their tokens. Several tokens may open one organization.
    pub organizations: Vec<Account>,
}

/// A token and the organization that it opens. The organization is founded where it does not exist yet.
#[derive(Debug, Clone)]
pub struct Account {
    /// The organization's name, as its data is kept under.
    pub organization: String,
    /// The bearer token.
    pub token: SecretString,
}

/// Why a sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The directory cannot be used.
    #[error("the sandbox's directory {} cannot be created: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Another sandbox uses the directory.
    #[error(
        "another sandbox has {} open; stop it, talk to it through KOCTL_KONNECT_URL and KOCTL_GITHUB_URL, or \
         choose another directory",
        path.display()
    )]
    InUse {
        /// The file that it holds.
        path: PathBuf,
    },
    /// Something of the sandbox cannot be deleted.
    #[error("{} cannot be deleted: {source}; see to that, and reset the sandbox again", path.display())]
    Delete {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The data of an earlier run cannot be used.
    #[error("the sandbox's data cannot be used: {reason}; to start afresh, run `koctl sandbox reset`")]
    Data {
        /// What is wrong, naming the file.
        reason: String,
    },
    /// One token was given for two organizations.
    #[error("the organizations “{one}” and “{other}” have the same token; give each organization its own")]
    SharedToken {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// The repositories cannot be prepared.
    #[error(transparent)]
    Repositories(#[from] github::GitHubSandboxError),
    /// The file for the exchanges cannot be written.
    #[error("the exchanges cannot be recorded in {}: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The port is taken, or may not be used.
    #[error("the sandbox cannot listen on {address}: {source}; choose another port, or 0 for any that is free")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
}

impl From<StoreError> for SandboxError {
    fn from(error: StoreError) -> SandboxError {
        match error {
            StoreError::InUse { path } => SandboxError::InUse { path },
            other => SandboxError::Data { reason: other.to_string() },
        }
    }
}

impl From<Unsaved> for SandboxError {
    fn from(error: Unsaved) -> SandboxError {
        match error {
            Unsaved::Store(error) => error.into(),
            Unsaved::Taken(taken) => SandboxError::Data { reason: taken.to_string() },
        }
    }
}

/// A running sandbox. Dropping it stops it as well, but only [`stop`](Sandbox::stop) waits until it has.
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
    /// Opens the data, founds the organizations that are new, and serves from then on, keeping all exchanges in memory.
    ///
    /// # Errors
    ///
    /// Where the directory, its data or the port cannot be used, or two organizations share a token.
    pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
        Sandbox::start_with(options, Wire { record: Record::InMemory, ..Wire::default() }).await
    }

    /// The same over another wire.
    ///
    /// # Errors
    ///
    /// As [`start`](Sandbox::start), and where the exchanges cannot be recorded.
    pub async fn start_with(options: Options, wire: Wire) -> Result<Sandbox, SandboxError> {
        let Options { dir, port, organizations } = options;
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
        let router =
            Router::new().nest("/konnect", Arc::clone(&konnect).router()).nest("/github", github::router(repositories));
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

    /// Where Konnect answers, with `{region}` to be replaced by `us`, `eu`, … or `global`.
    pub fn konnect_url(&self) -> String {
        format!("http://{}/konnect/{{region}}", self.address)
    }

    /// Where GitHub answers.
    pub fn github_url(&self) -> String {
        format!("http://{}/github", self.address)
    }

    /// The faults that are set, to set more.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// All exchanges since the start, of Konnect and GitHub, in the order in which they were completed; none where the
    /// [`Wire`] does not keep them in memory.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log.all()
    }

    /// Finishes the requests in flight, closes the store and frees the port.
    pub async fn stop(self) {
        let Sandbox { stop, server, konnect, .. } = self;
        // The server has ended by itself where nobody receives this.
        let _ = stop.send(());
        if let Err(error) = server.await {
            tracing::warn!(%error, "the sandbox's server ended abnormally");
        }
        konnect.close();
    }
}

/// Gives the sandbox in `dir` the repositories of [`github::seed`], whether or not it is being served; makes the
/// directory a sandbox's where it is none yet. Returns the full names of the repositories that were made.
///
/// # Errors
///
/// Where the directory cannot be used, or the folder `services` holds no repositories.
pub fn seed(dir: &Path, services: &Path) -> Result<Vec<String>, SandboxError> {
    match open(dir.to_owned(), &[]) {
        Ok(konnect) => konnect.close(),
        // It is being served, and finds new repositories by itself.
        Err(SandboxError::InUse { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(github::seed(&dir.join("github"), services)?)
}

/// Deletes everything of the sandbox in `dir`: Konnect's data, GitHub's repositories, and the state of koctl that goes
/// with them. Returns whether there was a sandbox; what else is in the directory stays.
///
/// # Errors
///
/// Where another process has the sandbox open, or something cannot be deleted.
pub fn reset(dir: &Path) -> Result<bool, SandboxError> {
    let data = dir.join(DATA);
    if !data.exists() {
        return Ok(false);
    }
    // Nobody else can open it until it is gone. Damaged data is opened by nobody, and a reason to be here.
    let opened = match open(dir.to_owned(), &[]) {
        Err(error @ SandboxError::InUse { .. }) => return Err(error),
        opened => opened,
    };
    // The data goes last: as long as it is there, a reset that was cut short can be repeated.
    for folder in ["github", "state"] {
        let folder = dir.join(folder);
        match std::fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(SandboxError::Delete { path: folder, source });
            }
            _ => {}
        }
    }
    std::fs::remove_file(&data).map_err(|source| SandboxError::Delete { path: data, source })?;
    if let Ok(konnect) = opened {
        konnect.close();
    }
    Ok(true)
}

/// The file with Konnect's data, which makes a directory a sandbox's.
const DATA: &str = "konnect.redb";

fn open(dir: PathBuf, accounts: &[Account]) -> Result<Arc<Konnect>, SandboxError> {
    std::fs::create_dir_all(&dir).map_err(|source| SandboxError::Directory { path: dir.clone(), source })?;
    Ok(Arc::new(Konnect::open(&dir.join(DATA), accounts)?))
}
