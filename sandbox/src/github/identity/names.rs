//! Logins, and what stands for several of them.

/// The name that stands for every organization or repository without an entry of its own.
pub(in crate::github) const EVERY_OTHER: &str = "*";

/// True if two names are the same account, repository or team: GitHub compares them without case.
pub(in crate::github) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
