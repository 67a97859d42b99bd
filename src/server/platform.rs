//! The platform repository, read once for everybody who asks within some seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use github_api::{LabelledPull, Pull};
use tokio::sync::Mutex;

use super::error::{Answer, ApiError};
use crate::operations::{Configuration, Onboarding};

/// The time for which an answer of GitHub is good enough for everybody.
const FRESH: Duration = Duration::from_secs(10);

/// The platform repository.
pub(super) struct Platform {
    pub(super) onboarding: Onboarding,
    configuration: Kept<Arc<Configuration>>,
    requests: Kept<Arc<Vec<LabelledPull>>>,
    pulls: Kept<Arc<Vec<Pull>>>,
}

/// What was read last, and when. Whoever finds it too old reads it anew, and the others wait for that.
type Kept<T> = Mutex<Option<(Instant, T)>>;

fn fresh<T: Clone>(kept: &Option<(Instant, T)>) -> Option<T> {
    kept.as_ref().filter(|(read, _)| read.elapsed() < FRESH).map(|(_, value)| value.clone())
}

impl Platform {
    pub(super) fn new(onboarding: Onboarding) -> Self {
        Self { onboarding, configuration: Mutex::default(), requests: Mutex::default(), pulls: Mutex::default() }
    }

    /// The page of a workflow of the platform repository. `None` in the sandbox, which runs none.
    pub(super) fn workflow_page(&self, file: &str) -> Option<String> {
        let onboarding = &self.onboarding;
        let page = || format!("{}/{}/actions/workflows/{file}", onboarding.web_url(), onboarding.repository());
        (!onboarding.is_in_sandbox()).then(page)
    }

    /// The configuration.
    pub(super) async fn configuration(&self) -> Answer<Arc<Configuration>> {
        let mut kept = self.configuration.lock().await;
        if let Some(fresh) = fresh(&kept) {
            return Ok(fresh);
        }
        let known = kept.as_ref().map(|(_, known)| Arc::clone(known));
        let read = self.onboarding.configuration(known.as_ref()).await;
        let read = read.map_err(|failures| ApiError::of_platform(&failures).about("read the platform repository"))?;
        *kept = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// The pull requests with a label, newest first, open and closed.
    pub(super) async fn requests(&self, label: &str) -> Answer<Arc<Vec<LabelledPull>>> {
        let mut kept = self.requests.lock().await;
        if let Some(fresh) = fresh(&kept) {
            return Ok(fresh);
        }
        let read = self.onboarding.requests(label, "all").await;
        let read = read.map_err(|failures| ApiError::of_platform(&failures).about("list the requests"))?;
        let read = Arc::new(read);
        *kept = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// The open pull requests of the platform repository, also those of koctl and of workflows.
    pub(super) async fn open_pulls(&self) -> Answer<Arc<Vec<Pull>>> {
        let mut kept = self.pulls.lock().await;
        if let Some(fresh) = fresh(&kept) {
            return Ok(fresh);
        }
        let read = self.onboarding.open_pulls().await;
        let read = read.map_err(|failures| ApiError::of_platform(&failures).about("list the pull requests"))?;
        let read = Arc::new(read);
        *kept = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// Forgets what a submission has changed.
    pub(super) async fn forget(&self) {
        *self.configuration.lock().await = None;
        *self.requests.lock().await = None;
        *self.pulls.lock().await = None;
    }
}
