//! Holders of locks that are killed.

use std::env;
use std::io::{self, Write};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::contention::{ADDRESS, run_again};
use crate::fixture::Fixture;
use crate::turns::{a_caller, must_lock, wait_for_lock};
use state_backends::{AbandonedLock, Backend, Kind};

const KEY: &str = "a";
const HELD: &str = "the lock is held";

/// The lock of a process that is killed behaves as its [`Capabilities`](state_backends::Capabilities) promise: it is
/// released at once, or when its lease ends, or it stays until a user forces it open. `this_test` is the name of the
/// test that calls this, within its program: it is run again in the process that is killed.
pub async fn the_lock_of_a_killed_process_is_as_promised<F: Fixture>(this_test: &str) {
    if let Ok(address) = env::var(ADDRESS) {
        hold_until_killed(&*F::open_at_with_short_lease(&address).await).await;
    }
    let fixture = F::create().await;
    let backend = fixture.open().await;
    let mut child = run_again(this_test, &fixture.address());
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    while !lines.next_line().await.expect("a process's words can be read").expect("it says so").ends_with(HELD) {}

    let error = backend.lock(KEY, &a_caller("test")).await.expect_err("a living process holds it");
    let Kind::Locked { holder: Some(holder) } = error.kind() else { panic!("{error}") };
    // Not every place keeps all that a holder says of itself.
    assert!(holder.pid.is_none() || holder.pid == child.id(), "{holder}");
    child.kill().await.expect("a process that was started can be killed");
    match backend.capabilities().abandoned_lock {
        AbandonedLock::FreedAtOnce | AbandonedLock::FreedAfter(_) => drop(wait_for_lock(&*backend, KEY).await),
        AbandonedLock::Stays => {
            let again = backend.lock(KEY, &a_caller("test")).await.expect_err("nobody has forced it open");
            assert_eq!(again.kind(), error.kind());
            backend.force_unlock(KEY, &holder.id).await.expect("that is the id");
            must_lock(&*backend, KEY).await;
        }
    }
}

/// Prints it past the test program's capture, which would keep it until the end.
async fn hold_until_killed(backend: &dyn Backend) -> ! {
    must_lock(backend, KEY).await;
    let mut stdout = io::stdout();
    writeln!(stdout, "{HELD}").and_then(|()| stdout.flush()).expect("the process that started this one listens");
    std::future::pending().await
}
