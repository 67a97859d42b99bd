//! A session for the work on a platform repository, and where its state is kept until the repository exists.

use secrecy::SecretString;
use tempfile::TempDir;

use crate::operations::failure::Failure;
use crate::operations::session::Session;
use crate::operations::store;
use engine::address::PLATFORM_SCOPE;
use engine::state::{LockOptions, Store};

/// A session that is about a platform repository and nothing else.
pub struct RepositorySession {
    pub(super) session: Session,
    pub(super) new_home: Option<NewHome>,
}

/// Where a state belongs that cannot be stored there before the work is done.
pub(super) struct NewHome {
    url: String,
    token: SecretString,
    aside: TempDir,
}

impl NewHome {
    pub(super) fn new(url: String, token: SecretString) -> Result<Self, Failure> {
        let aside = TempDir::new().map_err(|error| {
            Failure::new(format!("could not create a folder for the state until {url} exists: {error}"))
                .help("check TMPDIR, and that the disk is not full")
        })?;
        Ok(Self { url, token, aside })
    }

    /// The store where it is kept until then.
    pub(super) fn aside(&self) -> String {
        format!("file:{}", self.aside.path().display())
    }
}

impl RepositorySession {
    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Moves the state to where it belongs, if that was created by the work.
    ///
    /// # Errors
    /// If it cannot be stored there. Nothing is lost: what was created is found again, and imported.
    pub async fn settle(&self) -> Result<(), Failure> {
        let Self { session, new_home: Some(home) } = self else { return Ok(()) };
        let Some(snapshot) = session.store().read(PLATFORM_SCOPE).await? else { return Ok(()) };
        let github_url = &session.systems.addresses.github;
        let variables = store::variables(&session.workspace.environment, github_url, Some(&home.token));
        let store = Store::open(&home.url, &variables)?.with_keys(session.store().keys().clone());
        // The repository is new: whatever else is on the branch was created by this very work.
        let any = |_: &_| Ok::<_, engine::state::Error>(());
        let stored = store.replace(&snapshot.state, &LockOptions::new("init"), any).await;
        stored.map(drop).map_err(|error| {
            let failure = Failure::new(format!("the platform repository was set up, but {error}"));
            failure.help(format!("{}; then run `koctl init` again, which imports what was created", error.help()))
        })
    }

    /// Ends the session.
    pub async fn close(self) {
        self.session.close().await;
    }
}
