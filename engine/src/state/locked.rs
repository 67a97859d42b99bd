//! Writing a state, which requires its lock.
//!
//! A task of its own writes. During a write, changes that come in wait, and the next write takes all of them: with many
//! resources at a time, a slow store sees few writes, and still no task goes on before its change is stored.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use state_backends::{Expected, LockId, Revision};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::document::State;
use super::error::Error;
use super::held_lock::HeldLock;

/// The state of one scope, under its lock: the only thing that can be written.
///
/// Share it between tasks by reference or in an [`Arc`]. [`release`](LockedState::release) releases the lock and returns
/// the errors. If it is dropped instead, the lock is released too, after the last write.
#[derive(Debug)]
pub struct LockedState {
    scope: String,
    lock: LockId,
    requests: mpsc::UnboundedSender<Request>,
    stored: watch::Receiver<Stored>,
    writer: JoinHandle<Result<(), Error>>,
}

/// The stored state, as its writer knows it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) state: Arc<State>,
    /// `None` if the state was never written.
    pub(super) revision: Option<Revision>,
}

/// A change, and the task that waits for it.
struct Request {
    change: Box<dyn FnOnce(&mut State) + Send>,
    reply: oneshot::Sender<Result<(), Error>>,
}

impl LockedState {
    /// Starts the writer of a state that was read under the lock `held`.
    pub(super) fn start(held: HeldLock, stored: Stored) -> Self {
        let (requests, received) = mpsc::unbounded_channel();
        let (scope, lock) = (held.scope.clone(), held.id.clone());
        let writer = Writer::new(held, stored);
        let stored = writer.stored.subscribe();
        Self { scope, lock, requests, stored, writer: tokio::spawn(writer.run(received)) }
    }

    /// The stored state: with every change that was recorded, and none that is still on its way. If nothing is stored
    /// yet, an empty state with the lineage of the first write.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.stored.borrow().state)
    }

    /// The revision of the stored document; `None` if there is none yet.
    pub fn revision(&self) -> Option<Revision> {
        self.stored.borrow().revision.clone()
    }

    /// The id of the lock, for `koctl force-unlock`.
    pub fn lock_id(&self) -> &LockId {
        &self.lock
    }

    /// Changes the state, and returns when the change is stored. Changes from several tasks during one write are stored
    /// together by the next, which increases the serial by one. A change that changes nothing writes nothing.
    ///
    /// If the returned future is dropped, the change is still made.
    ///
    /// # Errors
    /// The change may not be stored. It is not reverted, since it has happened: the next write, including that of
    /// [`release`](LockedState::release), tries to store it again.
    pub async fn record(&self, change: impl FnOnce(&mut State) + Send + 'static) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(Request { change: Box::new(change), reply });
        let stopped = || Error::WriterStopped { scope: self.scope.clone() };
        sent.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Stores what an earlier write failed to store, and releases the lock.
    ///
    /// # Errors
    /// Something could not be stored, or the lock not released.
    pub async fn release(self) -> Result<(), Error> {
        drop(self.requests);
        match self.writer.await {
            Ok(ended) => ended,
            Err(_) => Err(Error::WriterStopped { scope: self.scope }),
        }
    }
}

/// The task that writes.
struct Writer {
    held: HeldLock,
    /// The state with all changes, stored or not. The serial is that of the stored state.
    state: State,
    stored: watch::Sender<Stored>,
    /// A state that a failed write may have stored nevertheless.
    in_doubt: Option<InDoubt>,
}

struct InDoubt {
    state: State,
    digest: [u8; 32],
}

impl Writer {
    fn new(held: HeldLock, stored: Stored) -> Self {
        let state = State::clone(&stored.state);
        Self { held, state, stored: watch::Sender::new(stored), in_doubt: None }
    }

    /// Runs until no task can send a change any more.
    async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) -> Result<(), Error> {
        let mut batch = Vec::new();
        while requests.recv_many(&mut batch, usize::MAX).await > 0 {
            let mut replies = Vec::new();
            for Request { change, reply } in batch.drain(..) {
                change(&mut self.state);
                replies.push(reply);
            }
            let saved = self.save().await;
            for reply in replies {
                // A task that no longer waits has no use for the answer.
                let _ = reply.send(saved.clone());
            }
        }
        let saved = self.save().await;
        let released = self.held.release().await;
        saved.and(released)
    }

    /// Stores what is not stored yet.
    async fn save(&mut self) -> Result<(), Error> {
        self.settle().await?;
        if self.is_stored() {
            return Ok(());
        }
        let next = self.state.following(self.state.serial());
        let bytes = next.to_bytes();
        let digest = Sha256::digest(&bytes).into();
        let expected = Expected::from(self.stored.borrow().revision.clone());
        match self.held.write(&next, bytes, &expected).await {
            Ok(revision) => {
                self.accept(next, revision);
                Ok(())
            }
            Err(error) => {
                self.in_doubt = Some(InDoubt { state: next, digest });
                match self.settle().await {
                    Ok(()) if self.is_stored() => Ok(()),
                    _ => Err(error),
                }
            }
        }
    }

    fn is_stored(&self) -> bool {
        self.state == *self.stored.borrow().state
    }

    /// Finds out if a failed write has happened after all: its answer may have been lost.
    async fn settle(&mut self) -> Result<(), Error> {
        if self.in_doubt.is_none() {
            return Ok(());
        }
        let found = self.held.read().await?;
        if let (Some(InDoubt { state, digest }), Some(found)) = (self.in_doubt.take(), found)
            && <[u8; 32]>::from(Sha256::digest(&found.clear)) == digest
        {
            self.accept(state, found.revision);
        }
        Ok(())
    }

    /// Takes `state` as the stored one.
    fn accept(&mut self, state: State, revision: Revision) {
        self.state.set_serial(state.serial());
        self.stored.send_replace(Stored { state: Arc::new(state), revision: Some(revision) });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::state::store::LockOptions;
    use crate::state::testing::{World, portal};
    use state_backends::Kind;

    fn put(address: impl Into<String>, id: &str) -> impl FnOnce(&mut State) + Send + 'static {
        let (address, resource) = (address.into(), portal(id));
        move |state| drop(state.resources.insert(address, resource))
    }

    async fn lock(world: &World) -> LockedState {
        world.store().lock("kong", &LockOptions::new("apply")).await.unwrap()
    }

    #[tokio::test]
    async fn without_a_change_nothing_is_written() {
        let world = World::new();
        let locked = lock(&world).await;
        assert_eq!((locked.revision(), locked.state().serial()), (None, 0));
        locked.record(|_| {}).await.unwrap();
        locked.release().await.unwrap();
        assert_eq!(world.writes(), 0);
        assert_eq!(world.store().read("kong").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_change_is_stored_when_record_returns_and_the_same_once_more_writes_nothing() {
        let world = World::new();
        let locked = lock(&world).await;
        for _ in 0..2 {
            locked.record(put("a", "1")).await.unwrap();
            let stored = world.store().read("kong").await.unwrap().unwrap();
            assert_eq!((&stored.state, Some(stored.revision)), (&*locked.state(), locked.revision()));
            assert_eq!(stored.state.resources["a"].id, "1");
        }
        assert_eq!((world.writes(), locked.state().serial()), (1, 1));
    }

    #[tokio::test]
    async fn the_next_holder_goes_on_where_the_last_one_ended() {
        let world = World::new();
        for serial in 1..=3 {
            let locked = lock(&world).await;
            locked.record(put(format!("a{serial}"), "1")).await.unwrap();
            assert_eq!(locked.state().serial(), serial);
            locked.release().await.unwrap();
        }
        assert_eq!(world.store().read("kong").await.unwrap().unwrap().state.resources.len(), 3);
    }

    #[tokio::test]
    async fn changes_that_come_in_during_a_write_are_written_together_by_the_next() {
        let world = World::new();
        let locked = lock(&world).await;
        let gate = world.hold_writes();
        let first = locked.record(put("first", "1"));
        let others = async {
            world.write_has_begun().await;
            let records = (0..20).map(|number| locked.record(put(format!("a{number}"), "1")));
            let opens = async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                assert_eq!(locked.state().resources.len(), 0, "nothing is shown as stored that is not");
                drop(gate);
                Ok(())
            };
            futures::future::try_join(futures::future::try_join_all(records), opens).await
        };
        futures::future::try_join(first, others).await.unwrap();
        assert_eq!((world.writes(), locked.state().serial()), (2, 2));
        assert_eq!(world.store().read("kong").await.unwrap().unwrap().state.resources.len(), 21);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn twenty_tasks_that_record_at_once_lose_nothing_in_fewer_writes_than_changes() {
        let world = World::new();
        let locked = Arc::new(lock(&world).await);
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..20 {
            let locked = Arc::clone(&locked);
            tasks.spawn(async move {
                for step in 0..5 {
                    locked.record(put(format!("a{task}/{step}"), "1")).await.unwrap();
                    assert!(locked.state().resources.contains_key(&format!("a{task}/{step}")));
                }
            });
        }
        tasks.join_all().await;
        Arc::into_inner(locked).unwrap().release().await.unwrap();
        let stored = world.store().read("kong").await.unwrap().unwrap().state;
        assert_eq!(stored.resources.len(), 100);
        assert_eq!(stored.serial(), world.writes());
        assert!(world.writes() < 100, "{} writes for 100 changes", world.writes());
    }

    #[tokio::test]
    async fn a_failed_write_is_told_and_its_changes_go_with_the_next() {
        let world = World::new();
        let locked = lock(&world).await;
        world.fail_next_write(Kind::NoSpace);
        let error = locked.record(put("a", "1")).await.unwrap_err();
        assert!(error.to_string().contains("there is no space left"), "{error}");
        assert_eq!(locked.state().resources.len(), 0);

        locked.record(put("b", "2")).await.unwrap();
        assert_eq!(locked.state().resources.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(locked.state().serial(), 1);
    }

    #[tokio::test]
    async fn release_stores_what_an_earlier_write_failed_to_or_says_so() {
        let world = World::new();
        let locked = lock(&world).await;
        world.fail_next_write(Kind::Unavailable);
        locked.record(put("a", "1")).await.unwrap_err();
        locked.release().await.unwrap();
        assert_eq!(world.store().read("kong").await.unwrap().unwrap().state.resources.len(), 1);

        let locked = lock(&world).await;
        world.fail_next_write(Kind::Unavailable);
        locked.record(put("b", "1")).await.unwrap_err();
        world.fail_next_write(Kind::Unavailable);
        locked.release().await.unwrap_err();
        lock(&world).await.release().await.unwrap();
    }

    #[tokio::test]
    async fn a_write_whose_answer_was_lost_is_found_out_and_not_repeated() {
        let world = World::new();
        let locked = lock(&world).await;
        world.lose_next_answer();
        locked.record(put("a", "1")).await.unwrap();
        locked.record(put("b", "2")).await.unwrap();
        assert_eq!((world.writes(), locked.state().serial()), (2, 2));
    }

    #[tokio::test]
    async fn a_write_whose_fate_stayed_unknown_is_found_out_before_the_next() {
        let world = World::new();
        let locked = lock(&world).await;
        world.lose_next_answer();
        world.fail_next_read();
        locked.record(put("a", "1")).await.unwrap_err();
        locked.record(put("b", "2")).await.unwrap();
        assert_eq!((world.writes(), locked.state().serial()), (2, 2));
        assert_eq!(world.store().read("kong").await.unwrap().unwrap().state.resources.len(), 2);
    }

    #[tokio::test]
    async fn a_change_by_somebody_else_is_never_written_over() {
        let world = World::new();
        let locked = lock(&world).await;
        world.store().force_unlock("kong", locked.lock_id()).await.unwrap();
        world.record("kong", put("theirs", "1")).await;
        locked.record(put("mine", "2")).await.unwrap_err();
        locked.release().await.unwrap_err();
        let stored = world.store().read("kong").await.unwrap().unwrap().state;
        assert_eq!(stored.resources.keys().collect::<Vec<_>>(), ["theirs"]);
    }

    #[tokio::test]
    async fn dropping_it_gives_the_lock_back_after_what_was_still_to_be_written() {
        let world = World::new();
        let locked = lock(&world).await;
        let gate = world.hold_writes();
        tokio::select! {
            _ = locked.record(put("a", "1")) => panic!("the write is held"),
            () = world.write_has_begun() => {}
        }
        drop(locked);
        drop(gate);
        let patient = LockOptions { timeout: Duration::from_secs(60), ..LockOptions::new("plan") };
        let next = world.store().lock("kong", &patient).await.unwrap();
        assert!(next.state().resources.contains_key("a"));
    }

    #[test]
    fn the_end_of_the_runtime_gives_the_lock_back() {
        let world = World::new();
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let first = runtime();
        let _never_released = first.block_on(lock(&world));
        drop(first);
        runtime().block_on(async { lock(&world).await.release().await.unwrap() });
    }

    #[tokio::test]
    async fn a_change_that_panics_gives_the_lock_back_and_is_told() {
        let world = World::new();
        let locked = lock(&world).await;
        let error = locked.record(|_| panic!("on purpose")).await.unwrap_err();
        assert!(matches!(error, Error::WriterStopped { .. }), "{error}");
        locked.release().await.unwrap_err();
        lock(&world).await.release().await.unwrap();
    }
}
