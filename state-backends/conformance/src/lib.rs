//! The rules for every backend, as functions that check them: one rule each, named after it.
//!
//! A backend's tests give a [`Fixture`] to [`conformance_suite!`](crate::conformance_suite), which makes a test of
//! each function here; those of a place behind a network give a [`NetworkFixture`] to
//! [`network_conformance_suite!`](crate::network_conformance_suite), for all of these and the rules of lost
//! connections and refused credentials. If a server is needed that may be missing, [`trials`] make the same tests, and
//! list those that are left out. A function panics if the rule is broken, as tests do.
//!
//! | module | contents |
//! | --- | --- |
//! | `fixture` | the places where the rules are checked |
//! | `turns` | the steps of a well-behaved caller: lock, read, write, unlock |
//! | `documents`, `locks`, `history` | one caller after another |
//! | `contention`, `death` | many at once, tasks and processes; and processes that are killed |
//! | `network`, [`proxy`] | connections that break, and the proxy that breaks them |
//! | [`trials`] | the suite for a test program with a `main` of its own |

mod contention;
mod death;
mod documents;
mod fixture;
mod history;
mod locks;
mod network;
pub mod proxy;
pub mod trials;
mod turns;

pub use self::contention::{
    a_reader_amid_writes_sees_whole_documents, locks_that_are_forced_open_lose_no_update,
    many_processes_lose_no_update, many_tasks_lose_no_update, of_two_writers_of_the_same_bytes_one_wins,
};
pub use self::death::the_lock_of_a_killed_process_is_as_promised;
pub use self::documents::{
    a_document_of_fifty_megabytes_is_kept, a_stale_write_is_refused_and_changes_nothing,
    a_write_without_its_lock_is_refused_and_changes_nothing, any_bytes_come_back_as_they_were,
    creating_what_exists_is_refused, keys_are_listed_in_order, keys_in_any_alphabet_and_case_stay_apart,
    reading_and_listing_create_nothing, replacing_what_does_not_exist_is_refused, what_was_written_is_read_back,
};
pub use self::fixture::Fixture;
pub use self::history::{earlier_versions_are_kept_newest_first, without_a_write_there_is_no_history};
pub use self::locks::{
    a_lock_excludes_all_others_and_names_its_holder, a_lock_forced_open_stops_the_writes_of_who_held_it,
    an_abandoned_lock_becomes_free, forcing_a_lock_open_needs_its_id, the_lock_of_one_key_leaves_the_others_free,
    unlocking_by_a_wrong_id_is_refused, unlocking_lets_the_next_one_in, unlocking_what_is_not_locked_is_refused,
};
pub use self::network::{
    NetworkFixture, a_lock_over_a_lost_connection_is_held_or_can_be_forced_open,
    a_proxy_that_breaks_nothing_changes_nothing, a_read_over_a_lost_connection_is_whole_or_told,
    a_server_that_cannot_be_reached_is_told, a_write_over_a_lost_connection_is_done_or_not,
    credentials_that_are_refused_are_told_and_not_shown,
};

/// Makes a test of every rule for the place that a [`Fixture`](crate::Fixture) creates, in the module
/// where it stands. Needs `tokio` there.
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:ty) => {
        $crate::every_rule! { [$crate::tests_of_rules] $fixture }
        $crate::every_rule_between_processes! { [$crate::tests_of_rules_between_processes] $fixture }
    };
}

/// The same for a [`NetworkFixture`](crate::NetworkFixture), with the rules of networks.
#[macro_export]
macro_rules! network_conformance_suite {
    ($fixture:ty) => {
        $crate::conformance_suite! { $fixture }
        $crate::every_rule_of_networks! { [$crate::tests_of_rules] $fixture }
    };
}

/// Gives the names of the rules for a place to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! every_rule {
    ([$($to:tt)*] $fixture:ty) => {
        $($to)*! { $fixture:
            reading_and_listing_create_nothing
            what_was_written_is_read_back
            any_bytes_come_back_as_they_were
            creating_what_exists_is_refused
            replacing_what_does_not_exist_is_refused
            a_stale_write_is_refused_and_changes_nothing
            a_write_without_its_lock_is_refused_and_changes_nothing
            a_document_of_fifty_megabytes_is_kept
            keys_in_any_alphabet_and_case_stay_apart
            keys_are_listed_in_order
            without_a_write_there_is_no_history
            earlier_versions_are_kept_newest_first
            unlocking_what_is_not_locked_is_refused
            a_lock_excludes_all_others_and_names_its_holder
            unlocking_lets_the_next_one_in
            unlocking_by_a_wrong_id_is_refused
            the_lock_of_one_key_leaves_the_others_free
            forcing_a_lock_open_needs_its_id
            a_lock_forced_open_stops_the_writes_of_who_held_it
            an_abandoned_lock_becomes_free
            many_tasks_lose_no_update
            locks_that_are_forced_open_lose_no_update
            of_two_writers_of_the_same_bytes_one_wins
            a_reader_amid_writes_sees_whole_documents
        }
    };
}

/// Gives the names of the rules that start processes to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! every_rule_between_processes {
    ([$($to:tt)*] $fixture:ty) => {
        $($to)*! { $fixture:
            many_processes_lose_no_update
            the_lock_of_a_killed_process_is_as_promised
        }
    };
}

/// Gives the names of the rules for a place behind a network to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! every_rule_of_networks {
    ([$($to:tt)*] $fixture:ty) => {
        $($to)*! { $fixture:
            a_proxy_that_breaks_nothing_changes_nothing
            a_write_over_a_lost_connection_is_done_or_not
            a_read_over_a_lost_connection_is_whole_or_told
            a_lock_over_a_lost_connection_is_held_or_can_be_forced_open
            a_server_that_cannot_be_reached_is_told
            credentials_that_are_refused_are_told_and_not_shown
        }
    };
}

/// A `#[test]` for each rule.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of_rules {
    ($fixture:ty: $($rule:ident)*) => {
        $(
            #[::tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                let fixture = <$fixture as $crate::Fixture>::create().await;
                $crate::$rule(&fixture).await;
            }
        )*
    };
}

/// A `#[test]` for each rule, which passes its own name to it.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_of_rules_between_processes {
    ($fixture:ty: $($rule:ident)*) => {
        $(
            #[::tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                let path = concat!(module_path!(), "::", stringify!($rule));
                let (_crate, this_test) = path.split_once("::").expect("a test's path begins with its crate");
                $crate::$rule::<$fixture>(this_test).await;
            }
        )*
    };
}
