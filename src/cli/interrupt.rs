//! Ctrl-C, and SIGTERM, with which a runner announces the end of a job: the first finishes what is under way and saves
//! it, the second aborts.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output::write_line;

/// The note of an apply at the first interrupt.
pub(super) const FINISHING: &str =
    "Interrupted: finishing what is under way, and saving the state. Press Ctrl-C again to abort at once.";

/// Listens for interrupts. The value turns true at the first one; the second ends the process.
pub(super) fn watch() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut interrupts), Ok(mut ends)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            write_line("Could not listen for interrupts: Ctrl-C ends the process at once.");
            return stop.closed().await;
        };
        next(&mut interrupts, &mut ends).await;
        stop.send_replace(true);
        next(&mut interrupts, &mut ends).await;
        write_line("Aborted. The next plan finds what was done.");
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
