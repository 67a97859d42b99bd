//! A small world in a few lines: a server, what koctl remembers of it, and plan and apply between them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use koctl::engine::diff::{Diff, Options, Refusal, diff};
use koctl::engine::execute::{Event, Execution, Observer, Outcome, Recorder, Step};
use koctl::engine::refresh::{Remembered, refresh};
use koctl::engine::world::World;
use koctl::engine::{
    Action, Address, Desired, Error, ErrorKind, Expr, Lookup, Readers, Reference, ScopePlan, Secrets, Writers,
};
use koctl::state::ResourceState;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::vendor::{Server, clients};

/// The scope of every test.
pub(crate) const SCOPE: &str = "Acme";

/// The lineage of its state.
pub(crate) const LINEAGE: &str = "lineage";

/// An address of the scope, from `team/a`.
pub(crate) fn address(label: &str) -> Address {
    format!("{SCOPE}/{label}").parse().unwrap()
}

/// The name of an address within the scope.
pub(crate) fn short(address: &Address) -> String {
    address.as_str().strip_prefix("Acme/").unwrap().to_owned()
}

/// The id of another resource.
pub(crate) fn id_of(label: &str) -> Expr {
    attribute_of(label, "id")
}

/// An attribute of another resource.
pub(crate) fn attribute_of(label: &str, attribute: &str) -> Expr {
    Expr::Reference(Reference::new(&address(label), attribute))
}

/// A resource under the address `<type>/<key>`.
pub(crate) fn resource(type_name: &str, key: &str) -> Desired {
    Desired::new(SCOPE, type_name, key)
}

/// A team of that name.
pub(crate) fn team(name: &str) -> Desired {
    resource("team", name).with("name", name).with("labels", json!({ "owner": "koctl" }))
}

/// A plane of that name.
pub(crate) fn plane(name: &str) -> Desired {
    resource("plane", name).with("name", name).with("kind", "hybrid").with("labels", json!({ "owner": "koctl" }))
}

/// The role of a team on a plane.
pub(crate) fn role(team: &str, plane: &str) -> Desired {
    resource("role", &format!("{team}+{plane}"))
        .with("team_id", id_of(&format!("team/{team}")))
        .with("plane_id", id_of(&format!("plane/{plane}")))
        .with("level", "admin")
}

/// A page of that name.
pub(crate) fn page(name: &str) -> Desired {
    resource("page", name).with("name", name).with("content", format!("# {name}\n"))
}

/// A link to the service on `plane` that is tagged `tag`.
pub(crate) fn link(plane: &str, tag: &str) -> Desired {
    let within = BTreeMap::from([("plane_id", Reference::new(&address(&format!("plane/{plane}")), "id"))]);
    let absent = format!("no service is tagged `{tag}` yet");
    let lookup = Lookup { type_name: "service", within, list: "tags", needle: tag.to_owned(), absent };
    resource("link", tag).with("plane_id", id_of(&format!("plane/{plane}"))).with("service_id", Expr::Lookup(lookup))
}

/// How plans are made unless a test says otherwise.
const OPTIONS: Options<'static> = Options { lineage: LINEAGE, no_adopt: false, targets: None, protected: None };

/// Where outcomes are kept, in memory.
#[derive(Default)]
pub(crate) struct Book {
    pages: Mutex<BTreeMap<Address, ResourceState>>,
    /// How many more records the disk takes, where it is filling up.
    room: Mutex<Option<usize>>,
}

impl Book {
    /// After that many records the disk is full, until told otherwise.
    pub(crate) fn room(&self, records: Option<usize>) {
        *self.room.lock().unwrap() = records;
    }

    fn use_room(&self) -> Result<(), Error> {
        let full = || Error::new(ErrorKind::State, "write the state", "no space left");
        if let Some(left) = &mut *self.room.lock().unwrap() {
            *left = left.checked_sub(1).ok_or_else(full)?;
        }
        Ok(())
    }

    /// What is remembered of a resource.
    pub(crate) fn get(&self, label: &str) -> Option<ResourceState> {
        self.pages.lock().unwrap().get(&address(label)).cloned()
    }

    /// Remembers something, as an older run could have left it.
    pub(crate) fn set(&self, label: &str, resource: ResourceState) {
        self.pages.lock().unwrap().insert(address(label), resource);
    }

    /// Forgets a resource, as a run that was killed before it could write.
    pub(crate) fn tear(&self, label: &str) -> ResourceState {
        self.pages.lock().unwrap().remove(&address(label)).unwrap()
    }

    /// The addresses that are remembered.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.pages.lock().unwrap().keys().map(short).collect()
    }

    /// The whole of it.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered(self.pages.lock().unwrap().clone())
    }
}

#[async_trait]
impl Recorder for Book {
    async fn put(&self, address: &Address, resource: ResourceState) -> Result<(), Error> {
        tokio::task::yield_now().await;
        self.use_room()?;
        self.pages.lock().unwrap().insert(address.clone(), resource);
        Ok(())
    }

    async fn remove(&self, address: &Address) -> Result<(), Error> {
        tokio::task::yield_now().await;
        self.use_room()?;
        self.pages.lock().unwrap().remove(address);
        Ok(())
    }
}

/// Writes down what happens during an apply, and pulls the brake after a number of finished steps.
pub(crate) struct Journal {
    lines: Mutex<Vec<String>>,
    brake: watch::Sender<bool>,
    stop_after: Mutex<Option<usize>>,
}

impl Observer for Journal {
    fn event(&self, event: &Event<'_>) {
        let step = |step: &Step| format!("{step:?}").to_lowercase();
        let line = match event {
            Event::Started(address, what) => format!("begin {} {}", step(what), short(address)),
            Event::Finished(address, what, ..) => {
                if let Some(left) = &mut *self.stop_after.lock().unwrap() {
                    *left = left.saturating_sub(1);
                    self.brake.send_if_modified(|stop| !std::mem::replace(stop, *left == 0) && *left == 0);
                }
                format!("end {} {}", step(what), short(address))
            }
            Event::Failed(address, what, _) => format!("fail {} {}", step(what), short(address)),
            Event::Skipped(address, because) => {
                format!("skip {} because of {}", short(address), because.map(short).unwrap())
            }
        };
        self.lines.lock().unwrap().push(line);
    }
}

/// A server, what koctl remembers of it, and koctl.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) book: Book,
    pub(crate) journal: Journal,
    pub(crate) readers: Readers,
    writers: Writers,
    parallelism: usize,
}

impl House {
    /// An empty world.
    pub(crate) fn new() -> Self {
        let server = Server::default();
        let (readers, writers) = clients(&server);
        let journal =
            Journal { lines: Mutex::default(), brake: watch::Sender::new(false), stop_after: Mutex::new(None) };
        Self { server, book: Book::default(), journal, readers, writers, parallelism: 10 }
    }

    /// A world in which `desired` has been applied.
    pub(crate) async fn with(desired: &[Desired]) -> Self {
        let house = Self::new();
        house.apply(desired).await;
        house.server.take_log();
        house.journal.lines.lock().unwrap().clear();
        house
    }

    /// The same with `--parallelism`.
    pub(crate) fn parallelism(mut self, parallelism: usize) -> Self {
        self.parallelism = parallelism;
        self
    }

    /// Interrupts the next apply once that many steps are finished; 0 before the first.
    pub(crate) fn stop_after(&self, steps: Option<usize>) {
        *self.journal.stop_after.lock().unwrap() = steps;
        self.journal.brake.send_replace(steps == Some(0));
    }

    /// What happened since the last call.
    pub(crate) fn take_journal(&self) -> Vec<String> {
        std::mem::take(&mut self.journal.lines.lock().unwrap())
    }

    /// Reads the server.
    pub(crate) async fn refresh(&self, desired: &[Desired]) -> Result<World, Vec<Error>> {
        refresh(desired, &self.book.remembered(), &self.readers).await
    }

    /// Compares, with options.
    pub(crate) async fn try_plan(&self, desired: &[Desired], options: Options<'_>) -> Result<Diff, Vec<Refusal>> {
        let world = self.refresh(desired).await.unwrap();
        diff(desired, &self.book.remembered(), &world, &self.readers, options)
    }

    /// Compares.
    pub(crate) async fn plan(&self, desired: &[Desired]) -> Diff {
        self.try_plan(desired, OPTIONS).await.unwrap()
    }

    /// Compares with what is remembered alone, as `--no-refresh` does.
    pub(crate) fn plan_from_memory(&self, desired: &[Desired]) -> Diff {
        let state = self.book.remembered();
        let world = World::remembered(desired, &state, &self.readers).unwrap();
        diff(desired, &state, &world, &self.readers, OPTIONS).unwrap()
    }

    /// Ends whatever stood in the way of an apply.
    pub(crate) fn repair(&self) {
        self.stop_after(None);
        self.server.allow_writes(None);
        self.book.room(None);
    }

    /// Why it cannot be planned.
    pub(crate) async fn refusals(&self, desired: &[Desired]) -> Vec<String> {
        let refusals = self.try_plan(desired, OPTIONS).await.unwrap_err();
        refusals.iter().map(ToString::to_string).collect()
    }

    /// Carries out what was found.
    pub(crate) async fn run(&self, diff: Diff) -> Outcome {
        self.run_with(diff, Secrets::default()).await
    }

    /// The same, with what the plan has only the traces of.
    pub(crate) async fn run_with(&self, diff: Diff, secrets: Secrets) -> Outcome {
        let plan = ScopePlan {
            scope: SCOPE.to_owned(),
            lineage: LINEAGE.to_owned(),
            serial: None,
            changes: diff.changes,
            drift: diff.drift,
        };
        let execution = Execution {
            plan: &plan,
            readers: &self.readers,
            writers: &self.writers,
            secrets: &secrets,
            recorder: &self.book,
            observer: &self.journal,
            permits: Arc::new(Semaphore::new(self.parallelism)),
            stop: self.journal.brake.subscribe(),
        };
        execution.run().await
    }

    /// Plans and carries out, whatever comes of it.
    pub(crate) async fn try_apply(&self, desired: &[Desired]) -> Outcome {
        let diff = self.plan(desired).await;
        self.run_with(diff, Secrets::of(desired)).await
    }

    /// Plans and carries out, which must succeed.
    pub(crate) async fn apply(&self, desired: &[Desired]) {
        let outcome = self.try_apply(desired).await;
        assert!(outcome.is_complete(), "{outcome:#?}");
    }

    /// Asserts that there is nothing to do and nothing to tell.
    pub(crate) async fn assert_quiet(&self, desired: &[Desired]) {
        let diff = self.plan(desired).await;
        assert_eq!(lines(&diff), Vec::<String>::new(), "{:#?}", diff.changes);
        assert_eq!(diff.drift, []);
    }
}

/// A diff in short: `update team/a [labels]`, `forget team/b`.
pub(crate) fn lines(diff: &Diff) -> Vec<String> {
    let line = |change: &koctl::engine::ResourceChange| {
        let action = match change.action {
            Action::NoOp => "record".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        let changed = match change.action {
            Action::Create | Action::Deferred | Action::Delete => String::new(),
            _ if change.changed.is_empty() => String::new(),
            _ => format!(" [{}]", change.changed.join(", ")),
        };
        format!("{action} {}{changed}", short(&change.address))
    };
    diff.changes.iter().map(line).collect()
}

/// What failed, in short.
pub(crate) fn failed(outcome: &Outcome) -> Vec<String> {
    outcome.failed.iter().map(|(address, _)| short(address)).collect()
}
