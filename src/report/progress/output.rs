//! A writer of lines that keeps its first error.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Writes lines from any thread. After the first error, nothing more is written.
pub(super) struct Output(Mutex<State>);

struct State {
    writer: Box<dyn Write + Send>,
    failure: Failure,
}

impl Output {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(State { writer, failure: Failure::default() }))
    }

    /// Writes `line` and a line break at once, so that lines of several threads do not mix.
    pub(super) fn line(&self, line: &str) {
        let mut guard = self.state();
        let State { writer, failure } = &mut *guard;
        failure.keep(|| {
            writer.write_all(format!("{line}\n").as_bytes())?;
            writer.flush()
        });
    }

    /// The first error.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.state().failure.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first error of a writer. After it, nothing is written.
#[derive(Default)]
pub(super) struct Failure {
    failed: bool,
    error: Option<io::Error>,
}

impl Failure {
    /// Writes, unless it failed before.
    pub(super) fn keep(&mut self, write: impl FnOnce() -> io::Result<()>) {
        if !self.failed
            && let Err(error) = write()
        {
            self.failed = true;
            self.error = Some(error);
        }
    }

    /// Returns the error, once.
    pub(super) fn take(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}
