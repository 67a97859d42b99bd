//! The time, in whole seconds since 1970.

use jiff::Timestamp;

/// Now.
pub(super) fn now() -> i64 {
    Timestamp::now().as_second()
}
