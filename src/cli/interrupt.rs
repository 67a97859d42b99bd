//! Ctrl-C, or the end of a job that a runner announces with SIGTERM: once to finish what is under way and save, twice to abort.

use tokio::sync::watch;

use super::output::tell;

/// Turns `stop` true at the first interrupt, and ends the process at the second.
pub(super) async fn watch(stop: watch::Sender<bool>) {
    if !interrupted().await {
        return;
    }
    tell("\nInterrupted: finishing what is under way, and saving. Press Ctrl-C again to abort at once.");
    stop.send_replace(true);
    if interrupted().await {
        tell("Aborted. The next plan finds what was made.");
        std::process::exit(130);
    }
}

/// Waits for Ctrl-C or SIGTERM; false where the system has no signals to wait for.
pub(super) async fn interrupted() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt.is_ok(),
        _ = terminate.recv() => true,
    }
}
