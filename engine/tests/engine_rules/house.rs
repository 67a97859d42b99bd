//! A small world in a few lines: a server, what koctl remembers of it, and plan and apply between them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use engine::accept::accept;
use engine::adopt::{AdoptOptions, adopt};
use engine::diff::{Diff, DiffOptions, diff};
use engine::drift::recognisable;
use engine::execute::{Entry, Event, Execution, Observer, Outcome, Recorder, Step};
use engine::plan::Recovered;
use engine::recording::Recording;
use engine::recover::{Recovery, SETTLE, recover};
use engine::refresh::{Remembered, refresh};
use engine::state::{Intent, ResourceState, State};
use engine::world::World;
use engine::{
    Action, Address, Desired, Error, ErrorKind, Expr, Lookup, Mode, Plan, Readers, Reference, Refusal, ScopePlan,
    Secrets, Writers,
};
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::vendor::{Server, clients, schema};

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

/// A note of that title.
pub(crate) fn note(title: &str) -> Desired {
    resource("note", title).with("title", title).with("text", "…").with("labels", json!({ "owner": "koctl" }))
}

/// A page of that name.
pub(crate) fn page(name: &str) -> Desired {
    resource("page", name).with("name", name).with("content", format!("# {name}\n"))
}

/// A link to the service on `plane` that is tagged `tag`.
pub(crate) fn link(plane: &str, tag: &str) -> Desired {
    let within = BTreeMap::from([("plane_id", Reference::new(&address(&format!("plane/{plane}")), "id"))]);
    let absent = format!("no service is tagged `{tag}` yet");
    let (type_name, list, needle, advice) = ("service", "tags", tag.to_owned(), String::new());
    let lookup = Lookup { type_name, within, list, needle, absent, advice, must_exist: false };
    resource("link", tag).with("plane_id", id_of(&format!("plane/{plane}"))).with("service_id", Expr::Lookup(lookup))
}

/// The default options of plans.
const OPTIONS: DiffOptions<'static> = DiffOptions { lineage: LINEAGE, no_adopt: false, targets: None, protected: None };

/// The state in memory, where outcomes are recorded.
pub(crate) struct Book {
    state: Mutex<State>,
    /// How many more records the disk takes, if it is filling up.
    room: Mutex<Option<usize>>,
    /// How many more records it takes before all writers wait.
    patience: watch::Sender<Option<usize>>,
}

impl Default for Book {
    fn default() -> Self {
        Self { state: Mutex::new(State::new(SCOPE)), room: Mutex::default(), patience: watch::Sender::new(None) }
    }
}

impl Book {
    /// After that many records the disk is full, until the next call.
    pub(crate) fn room(&self, records: Option<usize>) {
        *self.room.lock().unwrap() = records;
    }

    /// After that many records all writers wait, until the next call.
    pub(crate) fn stall(&self, records: Option<usize>) {
        self.patience.send_replace(records);
    }

    async fn wait_for_its_turn(&self) {
        let mut patience = self.patience.subscribe();
        patience.wait_for(|left| *left != Some(0)).await.unwrap();
        self.patience.send_modify(|left| *left = left.map(|left| left - 1));
    }

    fn use_room(&self) -> Result<(), Error> {
        let full = || Error::new(ErrorKind::State, "write the state", "no space left");
        if let Some(left) = &mut *self.room.lock().unwrap() {
            *left = left.checked_sub(1).ok_or_else(full)?;
        }
        Ok(())
    }

    /// The record of a resource in the state.
    pub(crate) fn get(&self, label: &str) -> Option<ResourceState> {
        self.state().resources.get(address(label).as_str()).cloned()
    }

    /// Remembers something, as an older run could have left it.
    pub(crate) fn set(&self, label: &str, resource: ResourceState) {
        self.state.lock().unwrap().resources.insert(address(label).to_string(), resource);
    }

    /// Forgets a resource, as a run that was killed before it could write.
    pub(crate) fn tear(&self, label: &str) -> ResourceState {
        self.state.lock().unwrap().resources.remove(address(label).as_str()).unwrap()
    }

    /// The addresses in the state.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.remembered().0.keys().map(short).collect()
    }

    /// The intents, in short: `create page/a`.
    pub(crate) fn intents(&self) -> Vec<String> {
        let short =
            |intent: &Intent| format!("{:?} {}", intent.action, short(&intent.address.parse().unwrap())).to_lowercase();
        self.state().intents.iter().map(short).collect()
    }

    /// The whole state.
    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap().clone()
    }

    /// The resources.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered::new(Some(&self.state())).unwrap()
    }
}

#[async_trait]
impl Recorder for Book {
    async fn record(&self, entry: Entry) -> Result<(), Error> {
        tokio::task::yield_now().await;
        self.wait_for_its_turn().await;
        self.use_room()?;
        entry.enter(&mut self.state.lock().unwrap());
        Ok(())
    }
}

/// Records the events of an apply, and interrupts it after a number of finished steps.
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

    /// The events since the last call.
    pub(crate) fn take_journal(&self) -> Vec<String> {
        std::mem::take(&mut self.journal.lines.lock().unwrap())
    }

    /// Reads the server.
    pub(crate) async fn refresh(&self, desired: &[Desired]) -> Result<World, Vec<Error>> {
        refresh(desired, &self.book.remembered(), &self.readers).await
    }

    /// Finds out the outcome of an apply that did not end.
    pub(crate) async fn try_recover(&self) -> Result<Recovery, Vec<Error>> {
        let intents = self.book.state().intents;
        recover(&intents, &self.book.remembered(), &self.readers, Some(SETTLE)).await
    }

    /// The same, in short: `create page/a: NotDone`.
    pub(crate) async fn recovered(&self) -> Vec<String> {
        let line = |one: &Recovered| {
            format!("{:?} {}: ", one.action, short(&one.address)).to_lowercase() + &format!("{:?}", one.fate)
        };
        self.try_recover().await.unwrap().found().iter().map(line).collect()
    }

    /// Compares, with options.
    pub(crate) async fn try_plan(&self, desired: &[Desired], options: DiffOptions<'_>) -> Result<Diff, Vec<Refusal>> {
        let mut state = self.book.remembered();
        self.try_recover().await.unwrap().teach(&mut state);
        let world = refresh(desired, &state, &self.readers).await.unwrap();
        diff(desired, &state, &world, &self.readers, options)
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
        self.try_run(diff, Secrets::default()).await.unwrap()
    }

    /// The same, but the apply may fail before it begins. `secrets` are those of which the plan has only the traces.
    pub(crate) async fn try_run(&self, diff: Diff, secrets: Secrets) -> Result<Outcome, Error> {
        let recovery = self.try_recover().await.unwrap();
        let plan = scope_plan(diff, &recovery);
        let execution = Execution {
            plan: &plan,
            recovery: &recovery,
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

    /// Finds objects that exist and are not in the state.
    pub(crate) async fn try_import(&self, desired: &[Desired], only: Option<&str>) -> Result<Diff, Vec<Refusal>> {
        let only = only.map(address);
        let options = AdoptOptions { targets: None, only: only.as_ref(), lineage: LINEAGE };
        let mut state = self.book.remembered();
        self.try_recover().await.unwrap().teach(&mut state);
        let world = refresh(desired, &state, &self.readers).await.unwrap();
        adopt(desired, &state, &world, &self.readers, options)
    }

    /// Finds changes outside koctl, as `--refresh-only` does: without a configuration.
    pub(crate) async fn plan_refresh(&self) -> Diff {
        let state = self.book.remembered();
        let known = recognisable(&state, &self.readers);
        let world = refresh(&known, &state, &self.readers).await.unwrap();
        accept(&known, &state, &world, &self.readers, None)
    }

    /// Accepts changes outside koctl.
    pub(crate) async fn accept(&self) {
        let diff = self.plan_refresh().await;
        assert!(self.record(diff).await.unwrap().is_complete());
    }

    /// Finds objects that exist and are not in the state, and records them.
    pub(crate) async fn import(&self, desired: &[Desired]) {
        let diff = self.try_import(desired, None).await.unwrap();
        assert!(self.record(diff).await.unwrap().is_complete());
    }

    /// Carries out a diff that writes only the state.
    pub(crate) async fn record(&self, diff: Diff) -> Result<Outcome, Error> {
        let recovery = self.try_recover().await.unwrap();
        let plan = scope_plan(diff, &recovery);
        let recording = Recording {
            plan: &plan,
            recovery: &recovery,
            schemas: &|name| self.readers.schema(name),
            recorder: &self.book,
            observer: &self.journal,
            stop: self.journal.brake.subscribe(),
        };
        recording.run().await
    }

    /// Plans and carries out, with any result.
    pub(crate) async fn try_apply(&self, desired: &[Desired]) -> Outcome {
        let diff = self.plan(desired).await;
        self.try_run(diff, Secrets::of(desired)).await.unwrap()
    }

    /// Plans, carries out as far as the server and the book let it, and is killed there.
    pub(crate) async fn kill_when_stuck(&self, desired: &[Desired]) {
        let diff = self.plan(desired).await;
        let ended = tokio::time::timeout(Duration::from_secs(60), self.try_run(diff, Secrets::of(desired))).await;
        assert!(ended.is_err(), "it has ended: {ended:#?}");
        self.book.stall(None);
    }

    /// Plans, carries out, and is killed when the process has run that many times. Requests that were sent still
    /// arrive. Returns true if it was done before that.
    pub(crate) async fn kill_after(&self, turns: usize, desired: &[Desired]) -> bool {
        let diff = self.plan(desired).await;
        let mut apply = std::pin::pin!(self.try_run(diff, Secrets::of(desired)));
        let mut turns = turns;
        std::future::poll_fn(|context| {
            let Some(left) = turns.checked_sub(1) else { return Poll::Ready(false) };
            turns = left;
            apply.as_mut().poll(context).map(|_| true)
        })
        .await
    }

    /// Plans and carries out, which must succeed.
    pub(crate) async fn apply(&self, desired: &[Desired]) {
        let outcome = self.try_apply(desired).await;
        assert!(outcome.is_complete(), "{outcome:#?}");
    }

    /// Asserts that there is nothing to do and nothing to report.
    pub(crate) async fn assert_quiet(&self, desired: &[Desired]) {
        assert_eq!(self.book.intents(), Vec::<String>::new());
        let diff = self.plan(desired).await;
        assert_eq!(lines(&diff), Vec::<String>::new(), "{:#?}", diff.changes);
        assert_eq!(diff.drift, []);
    }
}

fn scope_plan(diff: Diff, recovery: &Recovery) -> ScopePlan {
    ScopePlan {
        waiting: diff.waiting,
        scope: SCOPE.to_owned(),
        lineage: LINEAGE.to_owned(),
        serial: None,
        changes: diff.changes,
        drift: diff.drift,
        duplicates: diff.duplicates,
        recovered: recovery.found().to_vec(),
        ..ScopePlan::default()
    }
}

/// The plan of these changes alone.
pub(crate) fn plan_of(diff: Diff) -> Plan {
    Plan::new(String::new(), Mode::Normal, vec![scope_plan(diff, &Recovery::default())])
}

/// A diff in short: `update team/a [labels]`, `forget team/b`.
pub(crate) fn lines(diff: &Diff) -> Vec<String> {
    let line = |change: &engine::ResourceChange| {
        let action = match change.action {
            Action::NoOp => "record".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        let changed = match change.action {
            Action::Create | Action::Deferred | Action::Delete => String::new(),
            _ if !change.has_changed() => String::new(),
            _ => {
                let attributes = schema(change.address.type_name()).attributes.iter();
                let changed = attributes.map(|attribute| attribute.name).filter(|name| change.is_changed(name));
                format!(" [{}]", changed.collect::<Vec<_>>().join(", "))
            }
        };
        format!("{action} {}{changed}", short(&change.address))
    };
    diff.changes.iter().map(line).collect()
}

/// The resources that failed, in short.
pub(crate) fn failed(outcome: &Outcome) -> Vec<String> {
    outcome.failed.iter().map(|(address, _)| short(address)).collect()
}
