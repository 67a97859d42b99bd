//! The time, as GitHub shows it.

use jiff::Timestamp;

/// The present time to the second, which is GitHub's precision.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
