//! Work that takes longer than a request of GitHub: what a change would do, and an apply in the sandbox.

use std::sync::Arc;

use http::StatusCode;
use tokio::runtime::Handle;

use super::app::App;
use super::error::{Answer, ApiError};
use crate::manifest::changes::Change;
use crate::operations::{Configuration, Preview};

/// What a change would do: a change that is wrong in some way is an error with all of it.
pub(super) async fn preview(app: &App, configuration: &Arc<Configuration>, change: &Change) -> Answer<Preview> {
    let (app, configuration, change) = (Arc::clone(app), Arc::clone(configuration), change.clone());
    let preview = apart(async move || app.platform.onboarding.preview(&configuration, &change).await).await?;
    preview.map_err(|failures| ApiError::of_platform(&failures))
}

/// Applies what was merged, in the sandbox. It goes on if the browser does not wait for it: an apply that is cut off leaves
/// its locks behind.
pub(super) async fn apply(app: &App) -> Answer<()> {
    let applying = Arc::clone(app);
    let applied = apart(async move || applying.platform.onboarding.apply_in_sandbox().await).await?;
    app.platform.forget().await;
    applied.map(drop).map_err(|failures| ApiError::of_platform(&failures))
}

/// Does work on a thread of its own: planning computes a lot between its requests, and others need not wait for that.
async fn apart<T, W>(work: W) -> Answer<T>
where
    T: Send + 'static,
    W: AsyncFnOnce() -> T + Send + 'static,
{
    let runtime = Handle::current();
    let working = tokio::task::spawn_blocking(move || runtime.block_on(work()));
    working.await.map_err(|error| {
        tracing::warn!(%error, "a thread of the portal ended abnormally");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The portal could not finish this")
    })
}
