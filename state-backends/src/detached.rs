//! Work that must be done where nothing can be awaited.

use std::thread;

/// Does `work` on a thread of its own, since the runtime of the caller may be shutting down. If the program ends first,
/// the work is not done.
pub(crate) fn detach(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let started = runtime.and_then(|runtime| {
        let name = "state-backends".to_owned();
        thread::Builder::new().name(name).spawn(move || runtime.block_on(work)).map(drop)
    });
    if let Err(error) = started {
        tracing::warn!("a lock could not be given back: {error}");
    }
}
