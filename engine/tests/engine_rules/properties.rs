//! Properties of every configuration, whatever it is changed to and wherever an apply breaks off.

use std::collections::{BTreeMap, BTreeSet};

use engine::address::Targets;
use engine::diff::DiffOptions;
use engine::drift::look;
use engine::state::ResourceState;
use engine::{Desired, Secrets};
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use crate::house::{House, id_of, lines, plane, resource, role, short};
use crate::vendor::Fault;

/// A configuration: its contents, by small numbers.
#[derive(Debug, Clone)]
struct Config {
    teams: BTreeMap<u8, Team>,
    /// True if it is serverless.
    planes: BTreeMap<u8, bool>,
    /// The level of a role.
    roles: BTreeMap<(u8, u8), bool>,
    pages: BTreeMap<u8, Page>,
    /// True if pages depend on later ones instead of earlier ones, so that a change can reverse references.
    downwards: bool,
    /// Determines the order in which the configuration lists its resources.
    seed: u64,
}

#[derive(Debug, Clone)]
struct Team {
    description: Option<String>,
    /// A contact, which the server normalises.
    contact: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone)]
struct Page {
    /// True for its other address: the object is the same.
    moved: bool,
    /// Determines its name.
    renamed: bool,
    parent: Option<u8>,
    content: u8,
}

impl Config {
    fn page_key(&self, number: u8) -> String {
        if self.pages[&number].moved { format!("moved-{number}") } else { format!("page-{number}") }
    }

    fn page(&self, number: u8, page: &Page) -> Desired {
        let name = if page.renamed { format!("renamed-{number}") } else { format!("name-{number}") };
        let parent = page.parent.filter(|parent| {
            let allowed = if self.downwards { *parent > number } else { *parent < number };
            allowed && self.pages.contains_key(parent)
        });
        resource("page", &self.page_key(number))
            .with("name", name)
            .with("content", format!("# {}\n", page.content))
            .with_some("parent_id", parent.map(|parent| id_of(&format!("page/{}", self.page_key(parent)))))
    }

    fn desired(&self) -> Vec<Desired> {
        let mut all = Vec::new();
        for (number, one) in &self.teams {
            let name = number.to_string();
            let bare = resource("team", &name).with("name", name.as_str()).with("contact", one.contact.as_str());
            let team = bare.with_some("description", one.description.as_deref());
            all.push(team.with_some("labels", one.labels.as_ref().map(|labels| json!(labels))));
        }
        for (number, serverless) in &self.planes {
            all.push(plane(&number.to_string()).with("kind", if *serverless { "serverless" } else { "hybrid" }));
        }
        for ((team_number, plane_number), admin) in &self.roles {
            if self.teams.contains_key(team_number) && self.planes.contains_key(plane_number) {
                let role = role(&team_number.to_string(), &plane_number.to_string());
                all.push(role.with("level", if *admin { "admin" } else { "viewer" }));
            }
        }
        all.extend(self.pages.iter().map(|(number, page)| self.page(*number, page)));
        let place = |desired: &Desired| {
            let text = desired
                .address
                .as_str()
                .bytes()
                .fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            text.rotate_left(17)
        };
        all.sort_by_key(place);
        all
    }
}

fn some_team() -> impl Strategy<Value = Team> {
    let labels = option::of(btree_map("[ab]", "[12]", 0..3));
    (option::of("[xy]?"), "[ ]?[aA][bB]?[ ]?", labels).prop_map(|(description, contact, labels)| Team {
        description,
        contact,
        labels,
    })
}

fn some_page() -> impl Strategy<Value = Page> {
    (any::<bool>(), any::<bool>(), option::of(0..6u8), 0..3u8).prop_map(|(moved, renamed, parent, content)| Page {
        moved,
        renamed,
        parent,
        content,
    })
}

fn config() -> impl Strategy<Value = Config> {
    (
        btree_map(0..4u8, some_team(), 0..4),
        btree_map(0..3u8, any::<bool>(), 0..3),
        btree_map((0..4u8, 0..3u8), any::<bool>(), 0..8),
        btree_map(0..6u8, some_page(), 0..6),
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(teams, planes, roles, pages, downwards, seed)| Config {
            teams,
            planes,
            roles,
            pages,
            downwards,
            seed,
        })
}

/// The cause that breaks an apply off, and after how many steps, writes, records, or turns of the process.
#[derive(Debug, Clone, Copy)]
enum Break {
    Stop(usize),
    Outage(usize),
    DiskFull(usize),
    Kill(usize),
}

impl Break {
    /// Applies `desired`, broken off in this way, and ends the cause afterwards.
    async fn befall(self, house: &House, desired: &[Desired]) {
        match self {
            Self::Stop(steps) => house.stop_after(Some(steps)),
            Self::Outage(writes) => house.server.allow_writes(Some(writes)),
            Self::DiskFull(records) => house.book.room(Some(records)),
            Self::Kill(turns) => {
                house.kill_after(turns, desired).await;
                return;
            }
        }
        let begun = house.try_run(house.plan(desired).await, Secrets::of(desired)).await;
        assert!(begun.is_ok() || matches!(self, Self::DiskFull(0)));
        house.repair();
    }
}

fn some_break() -> impl Strategy<Value = Break> {
    let kinds: [fn(usize) -> Break; 4] = [Break::Stop, Break::Outage, Break::DiskFull, Break::Kill];
    (0..25usize, prop::sample::select(kinds.to_vec())).prop_map(|(after, kind)| kind(after))
}

/// Changes an attribute outside koctl that koctl set.
fn interfere(house: &House, resource: &ResourceState) {
    match resource.type_name.as_str() {
        "team" => house.server.set(&resource.id, "contact", "theirs"),
        "role" => house.server.set(&resource.id, "level", "theirs"),
        "page" => house.server.set(&resource.id, "content", "theirs"),
        _ => house.server.set(&resource.id, "labels", json!({ "owner": "them" })),
    }
}

/// Runs on a clock that stands still while there is something to do, so that pauses cost nothing.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// Nothing is begun before what it refers to is done, and nothing is deleted before what referred to it.
fn assert_order(journal: &[String], desired: &[Desired], before: &BTreeMap<String, BTreeSet<String>>) {
    let place = |line: String| journal.iter().position(|other| *other == line);
    let begin = |steps: &[&str], label: &str| steps.iter().find_map(|step| place(format!("begin {step} {label}")));
    let end = |steps: &[&str], label: &str| steps.iter().find_map(|step| place(format!("end {step} {label}")));
    let make = ["create", "update", "import", "record"];
    for resource in desired {
        let Some(begun) = begin(&make, &short(&resource.address)) else { continue };
        for dependency in resource.dependencies() {
            let done = end(&make, &short(dependency));
            assert!(done.is_none_or(|done| done < begun), "{} before {dependency}", resource.address);
        }
    }
    for (label, dependencies) in before {
        let Some(gone) = end(&["delete"], label) else { continue };
        for dependency in dependencies {
            let begun = begin(&["delete"], dependency);
            assert!(begun.is_none_or(|begun| gone < begun), "{dependency} deleted before {label}");
        }
    }
}

fn dependencies(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let of = |label: String| {
        let all = house.book.get(&label).unwrap().dependencies;
        (label, all.iter().map(|text| short(&text.parse().unwrap())).collect())
    };
    house.book.addresses().into_iter().map(of).collect()
}

proptest! {
    #[test]
    fn r6_every_configuration_is_quiet_once_it_is_applied(config in config()) {
        run(async {
            let desired = config.desired();
            let house = House::with(&desired).await;
            house.assert_quiet(&desired).await;
            assert_eq!(lines(&house.plan_from_memory(&desired)), Vec::<String>::new());
        });
    }

    /// Some of the resources are changed, removed or made again outside koctl.
    #[test]
    fn r3_a_look_for_drift_sees_what_a_plan_sees(
        config in config(),
        done in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8), 0..6),
    ) {
        run(async {
            let desired = config.desired();
            let house = House::with(&desired).await;
            let state = house.book.remembered();
            let all: Vec<_> = state.0.values().collect();
            let mut gone = BTreeSet::new();
            for (index, what) in done.iter().filter(|_| !all.is_empty()) {
                let one = index.get(&all);
                if !gone.insert(&one.id) {
                    continue;
                }
                match what {
                    0 => {
                        let name = match one.type_name.as_str() { "role" => "level", "page" => "content", _ => "name" };
                        house.server.set(&one.id, name, "theirs");
                    }
                    1 => house.server.remove(&one.id),
                    _ => {
                        house.server.remove(&one.id);
                        house.server.put(&one.type_name, json!(one.attributes));
                    }
                }
            }
            let seen = look(&state, &[], &house.readers).await.unwrap();
            if let Ok(plan) = house.try_plan(&desired, DiffOptions::default()).await {
                assert_eq!(seen.drift, plan.drift);
            }
        });
    }

    #[test]
    fn r4_any_change_ends_where_the_new_configuration_alone_would(old in config(), new in config()) {
        run(async {
            let house = House::with(&old.desired()).await;
            house.apply(&new.desired()).await;
            house.assert_quiet(&new.desired()).await;
            let alone = House::with(&new.desired()).await;
            assert_eq!(house.server.snapshot(), alone.server.snapshot());
            assert_eq!(house.book.addresses(), alone.book.addresses());
        });
    }

    #[test]
    fn r4_everything_that_was_made_can_be_unmade(config in config()) {
        run(async {
            let house = House::with(&config.desired()).await;
            house.apply(&[]).await;
            assert_eq!(house.server.labels(), BTreeSet::new());
            assert_eq!(house.book.addresses(), Vec::<String>::new());
        });
    }

    #[test]
    fn r5_a_lost_state_is_rebuilt_from_what_exists(config in config()) {
        run(async {
            let desired = config.desired();
            let house = House::with(&desired).await;
            let (before, addresses) = (house.server.snapshot(), house.book.addresses());
            for label in &addresses {
                house.book.tear(label);
            }
            house.apply(&desired).await;
            let made = house.server.take_writes().into_iter().filter(|line| !line.starts_with("update"));
            assert_eq!(made.collect::<Vec<_>>(), Vec::<String>::new());
            assert_eq!((house.server.snapshot(), house.book.addresses()), (before, addresses));
            house.assert_quiet(&desired).await;
        });
    }

    #[test]
    fn r5_what_exists_is_imported_without_a_request_and_then_made_and_deleted_no_more(config in config()) {
        run(async {
            let desired = config.desired();
            let house = House::with(&desired).await;
            let (before, addresses) = (house.server.snapshot(), house.book.addresses());
            for label in &addresses {
                house.book.tear(label);
            }
            house.import(&desired).await;
            assert_eq!(house.server.take_writes(), Vec::<String>::new());
            assert_eq!(house.book.addresses(), addresses);
            house.apply(&desired).await;
            let made = house.server.take_writes().into_iter().filter(|line| !line.starts_with("update"));
            assert_eq!(made.collect::<Vec<_>>(), Vec::<String>::new());
            assert_eq!(house.server.snapshot(), before);
            house.assert_quiet(&desired).await;
        });
    }

    #[test]
    fn r3_accepted_drift_is_drift_no_more_and_the_configuration_wins_in_the_end(
        config in config(),
        outside in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..6),
    ) {
        run(async {
            let desired = config.desired();
            let house = House::with(&desired).await;
            let mut known: Vec<_> = house.book.remembered().0.into_values().collect();
            for (index, removed) in outside {
                if known.is_empty() {
                    break;
                }
                let resource = known.remove(index.index(known.len()));
                match removed {
                    true => house.server.remove(&resource.id),
                    false => interfere(&house, &resource),
                }
            }
            house.server.take_writes();
            house.accept().await;
            assert_eq!(house.server.take_writes(), Vec::<String>::new());
            let again = house.plan_refresh().await;
            assert_eq!((lines(&again), again.drift), (vec![], vec![]));
            assert_eq!(house.plan(&desired).await.drift, []);
            house.apply(&desired).await;
            house.assert_quiet(&desired).await;
        });
    }

    #[test]
    fn r8_any_prefix_of_an_apply_is_resumed_to_the_same_end(
        old in config(),
        new in config(),
        breaks in prop::collection::vec(some_break(), 1..3),
        parallelism in 1..5usize,
    ) {
        run(async {
            let mut house = House::with(&old.desired()).await;
            house = house.parallelism(parallelism);
            for one in breaks {
                one.befall(&house, &new.desired()).await;
            }
            house.apply(&new.desired()).await;
            house.assert_quiet(&new.desired()).await;
            let alone = House::with(&new.desired()).await;
            assert_eq!(house.server.snapshot(), alone.server.snapshot());
            assert_eq!(house.book.addresses(), alone.book.addresses());
        });
    }

    /// Each configuration is replaced by the next while it is applied: its objects are deleted with the last.
    #[test]
    fn r10_what_a_kill_left_of_any_configuration_is_found_by_the_apply_of_another(
        killed in prop::collection::vec((config(), 0..60usize), 1..4),
        new in config(),
        parallelism in 1..5usize,
    ) {
        run(async {
            let house = House::new().parallelism(parallelism);
            for (config, turns) in &killed {
                house.kill_after(*turns, &config.desired()).await;
            }
            house.apply(&new.desired()).await;
            house.assert_quiet(&new.desired()).await;
            let alone = House::with(&new.desired()).await;
            assert_eq!(house.server.labels(), alone.server.labels());
            assert_eq!(house.server.snapshot(), alone.server.snapshot());
            assert_eq!(house.book.addresses(), alone.book.addresses());
        });
    }

    #[test]
    fn r13_lost_creates_neither_double_nor_miss_anything(
        config in config(),
        lost in prop::collection::vec((prop::sample::select(vec!["team", "plane", "role", "page"]), any::<bool>()), 0..4),
    ) {
        run(async {
            let house = House::new();
            for (type_name, arrives) in lost {
                let fault = if arrives { Fault::LoseAnswer } else { Fault::LoseRequest };
                house.server.fault(&format!("create {type_name}/"), fault);
            }
            // Two that never arrive are no reason to give up on one object; three are, and the next apply goes on.
            house.try_apply(&config.desired()).await;
            house.apply(&config.desired()).await;
            house.assert_quiet(&config.desired()).await;
            let alone = House::with(&config.desired()).await;
            assert_eq!(house.server.snapshot(), alone.server.snapshot());
        });
    }

    #[test]
    fn r8_steps_run_in_the_order_of_references(old in config(), new in config(), parallelism in 1..5usize) {
        run(async {
            let house = House::with(&old.desired()).await.parallelism(parallelism);
            let before = dependencies(&house);
            house.apply(&new.desired()).await;
            assert_order(&house.take_journal(), &new.desired(), &before);
            assert!(house.server.peak() <= parallelism.max(10));
        });
    }

    #[test]
    fn a_targeted_apply_succeeds_and_leaves_the_rest_for_a_full_one(
        old in config(),
        new in config(),
        pattern in prop::sample::select(vec!["team/*", "plane/0", "role/**", "page/page-1", "page/moved-*", "*/2"]),
    ) {
        run(async {
            let house = House::with(&old.desired()).await;
            let targets = Targets::new(&[format!("Acme/{pattern}")]).unwrap();
            let options = DiffOptions { targets: Some(&targets), ..DiffOptions::default() };
            let limited = house.try_plan(&new.desired(), options).await.unwrap();
            let outcome = house.run(limited).await;
            assert!(outcome.is_complete(), "{outcome:#?}");
            let limited = house.try_plan(&new.desired(), options).await.unwrap();
            assert_eq!(lines(&limited), Vec::<String>::new());
            house.apply(&new.desired()).await;
            house.assert_quiet(&new.desired()).await;
            let alone = House::with(&new.desired()).await;
            assert_eq!(house.server.snapshot(), alone.server.snapshot());
        });
    }

    #[test]
    fn r7_a_plan_does_not_depend_on_the_order_of_the_configuration(config in config(), seed in any::<u64>()) {
        run(async {
            let house = House::new();
            let other = Config { seed, ..config.clone() };
            assert_eq!(house.plan(&config.desired()).await.changes, house.plan(&other.desired()).await.changes);
        });
    }
}

#[test]
fn the_order_of_steps_is_judged_by_a_test_that_can_fail() {
    let desired = [crate::house::page("a").with("parent_id", id_of("page/b")), crate::house::page("b")];
    let wrong = ["begin create page/a", "end create page/a", "begin create page/b", "end create page/b"];
    let wrong = wrong.map(str::to_owned);
    let judge = || assert_order(&wrong, &desired, &BTreeMap::new());
    assert!(std::panic::catch_unwind(judge).is_err());
    let before = BTreeMap::from([("page/b".to_owned(), BTreeSet::from(["page/a".to_owned()]))]);
    let deleted = ["begin delete page/a", "end delete page/a", "begin delete page/b", "end delete page/b"];
    let deleted = deleted.map(str::to_owned);
    assert!(std::panic::catch_unwind(|| assert_order(&deleted, &[], &before)).is_err());
}
