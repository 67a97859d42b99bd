//! Ctrl-C: once to finish what is under way and save, twice to abort.

#![expect(clippy::print_stderr, reason = "a signal is answered at once, whoever holds the screen")]

use tokio::sync::watch;

/// Turns `stop` true at the first interrupt, and ends the process at the second.
pub(super) async fn watch(stop: watch::Sender<bool>) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    eprintln!("\nInterrupted: finishing what is under way, and saving. Press Ctrl-C again to abort at once.");
    stop.send_replace(true);
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("Aborted. The next plan finds what was made.");
        std::process::exit(130);
    }
}
