//! How a command ends, and the exit code that says so.

use super::output::Output;
use crate::operations::Failures;

/// How a command ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything is as it should be.
    Done,
    /// There are differences, and the command reports them by its exit code.
    Differences,
    /// Something was not done, and the screen says so already: resources that failed, a plan that was not approved.
    Incomplete,
}

/// The exit code of a command that failed. Also of a mistyped command line, instead of clap's 2: for `drift` and `plan`,
/// 2 means that there are differences.
pub(super) const FAILED: u8 = 1;

/// The exit code of a command. Reports why it failed.
pub(super) fn exit_code(result: Result<Outcome, Failures>, output: &Output) -> u8 {
    let outcome = result.unwrap_or_else(|failures| {
        output.failures(&failures);
        Outcome::Incomplete
    });
    match outcome {
        // The output must also have arrived.
        _ if output.lost_data() => FAILED,
        Outcome::Done => 0,
        Outcome::Incomplete => FAILED,
        Outcome::Differences => 2,
    }
}
