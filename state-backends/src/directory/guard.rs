//! Makes several steps on files one step for all processes.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::files;

/// Longer than any write takes, unless the process in the middle of it was stopped.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);

/// Held for the moment of a write, a lock or an unlock; no other process is in one meanwhile.
///
/// It is another thing than a document's lock, which lasts as long as its holder's work: it keeps a writer whose lock
/// is forced open this very moment from renaming its file over that of the next holder.
#[derive(Debug)]
pub(super) struct Guard {
    file: File,
}

impl Guard {
    /// Waits until no other thread or process is under the guard at `path`.
    pub(super) fn wait_for(path: &Path) -> io::Result<Self> {
        Self::wait_at_most(PATIENCE, path)
    }

    fn wait_at_most(patience: Duration, path: &Path) -> io::Result<Self> {
        let file = files::open_private(path)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if started.elapsed() >= patience => {
                    return Err(stuck(path, patience));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing the file releases it as well, but not while a process that is being started still shares it. If this
        // fails, closing must do.
        let _ = self.file.unlock();
    }
}

fn stuck(path: &Path, patience: Duration) -> io::Error {
    let message = format!(
        "another process has been in the middle of a write for {} seconds: it keeps `{}` locked",
        patience.as_secs(),
        path.display()
    );
    io::Error::new(io::ErrorKind::TimedOut, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_keeps_others_out_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.guard");
        let first = Guard::wait_for(&path).unwrap();

        let error = Guard::wait_at_most(Duration::from_millis(20), &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("a.guard"));

        drop(first);
        Guard::wait_at_most(Duration::ZERO, &path).unwrap();
    }
}
