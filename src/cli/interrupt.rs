//! Ctrl-C, or the end of a job that a runner announces with SIGTERM: once to finish what is under way and save,
//! twice to abort.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output::tell;

/// What an apply answers to the first interrupt.
pub(super) const FINISHING: &str =
    "Interrupted: finishing what is under way, and saving. Press Ctrl-C again to abort at once.";

/// Listens from now on. The value turns true at the first interrupt; the second ends the process.
pub(super) fn watch() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut interrupts), Ok(mut ends)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tell("Interrupts cannot be listened for: Ctrl-C ends the process at once.");
            return stop.closed().await;
        };
        next(&mut interrupts, &mut ends).await;
        stop.send_replace(true);
        next(&mut interrupts, &mut ends).await;
        tell("Aborted. The next plan finds what was made.");
        std::process::exit(130);
    });
    stopped
}

async fn next(interrupts: &mut Signal, ends: &mut Signal) {
    tokio::select! {
        _ = interrupts.recv() => {}
        _ = ends.recv() => {}
    }
}
