//! The output of progress in each of its three forms.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::report::testing::{self, because, change, drifted};
use crate::review::Review;
use engine::execute::{Event, Observer, Outcome, Step};
use engine::plan::{Drift, DriftKind};
use engine::progress::Refreshing;
use engine::{Action, Address, Error, ErrorKind};

/// A writer whose text the test reads.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn refused() -> Error {
    Error::new(ErrorKind::Refused, "create the portal", "400 Bad Request\nname: \u{1b}[2Kis too long")
        .help("shorten it")
}

/// A refresh that succeeds and one that does not, a resource that is made, one that fails, and one that is skipped.
fn a_run(progress: &Progress) {
    Refreshing::begin(progress, "Acme").succeeded();
    drop(Refreshing::begin(progress, "Other"));
    let (team, portal, api) =
        (address("Acme/team/a"), address("Acme/portal/dev"), address("Acme/api_publication/dev/a"));
    progress.event(&Event::Started(&team, Step::Create));
    progress.event(&Event::Started(&portal, Step::Create));
    progress.event(&Event::Finished(&team, Step::Create, "7f3c", Duration::from_millis(1250)));
    progress.event(&Event::Failed(&portal, Step::Create, &refused()));
    progress.event(&Event::Skipped(&api, Some(&portal)));
}

fn events(of: impl FnOnce(&Progress)) -> Vec<Value> {
    let buffer = Buffer::default();
    let progress = Progress::json(Box::new(buffer.clone()));
    of(&progress);
    progress.finish().unwrap();
    buffer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_in_which_nothing_happens_writes_nothing() {
    let buffer = Buffer::default();
    let progress = Progress::lines(Box::new(buffer.clone()));
    progress.finish().unwrap();
    assert_eq!(buffer.text(), "");
    let term = InMemoryTerm::new(10, 80);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    Progress::drawn_on(target, testing::PLAIN).finish().unwrap();
    assert_eq!(term.contents(), "");
}

#[test]
fn without_a_terminal_everything_that_begins_or_ends_is_a_line() {
    let buffer = Buffer::default();
    a_run(&Progress::lines(Box::new(buffer.clone())));
    assert_snapshot!(buffer.text(), @r#"
    Acme: refreshing
    Acme: refreshed in 0.0s
    Other: refreshing
    Other: refreshing failed after 0.0s
    Acme/team/a: creating
    Acme/portal/dev: creating
    Acme/team/a: created in 1.2s [id=7f3c]
    Acme/portal/dev: creating failed after 0.0s: could not create the portal: 400 Bad Request\nname: \u001b[2Kis too long
    Acme/api_publication/dev/a: skipped, because Acme/portal/dev failed
    "#);
}

#[test]
fn every_step_has_its_words() {
    let buffer = Buffer::default();
    let progress = Progress::lines(Box::new(buffer.clone()));
    for step in [Step::Create, Step::Update, Step::Import, Step::Delete, Step::Forget, Step::Record] {
        progress.event(&Event::Started(&address("Acme/team/a"), step));
        progress.event(&Event::Finished(&address("Acme/team/a"), step, "", Duration::ZERO));
    }
    assert_snapshot!(buffer.text(), @"
    Acme/team/a: creating
    Acme/team/a: created in 0.0s
    Acme/team/a: updating
    Acme/team/a: updated in 0.0s
    Acme/team/a: importing
    Acme/team/a: imported in 0.0s
    Acme/team/a: destroying
    Acme/team/a: destroyed in 0.0s
    Acme/team/a: forgetting
    Acme/team/a: forgotten in 0.0s
    Acme/team/a: recording
    Acme/team/a: recorded in 0.0s
    ");
}

/// A replacement whose deletion fails, and one that succeeds, beside a team that is made and an API that is skipped.
fn a_counted_run(progress: &Progress) {
    let change = |address: &str, action| change(address, action, json!({"name": "a"}), json!({"name": "b"}));
    let changes = vec![
        change("Acme/control_plane/dev/a", Action::Replace),
        change("Acme/control_plane/dev/b", Action::Replace),
        change("Acme/team/a", Action::Create),
        change("Acme/api/dev/a", Action::Create),
        change("Acme/x/dev", Action::Deferred),
    ];
    progress.applying(&testing::plan(changes, Vec::new()));
    let (failing, plane) = (address("Acme/control_plane/dev/a"), address("Acme/control_plane/dev/b"));
    let (team, api) = (address("Acme/team/a"), address("Acme/api/dev/a"));
    progress.event(&Event::Finished(&plane, Step::Delete, "1", Duration::ZERO));
    progress.event(&Event::Failed(&failing, Step::Delete, &refused()));
    progress.event(&Event::Skipped(&api, Some(&failing)));
    progress.event(&Event::Finished(&team, Step::Create, "2", Duration::ZERO));
    progress.event(&Event::Finished(&plane, Step::Create, "3", Duration::ZERO));
    // Its record could not be stored.
    progress.event(&Event::Failed(&plane, Step::Create, &refused()));
}

#[test]
fn every_end_of_a_step_says_how_many_of_all_have_ended() {
    let buffer = Buffer::default();
    a_counted_run(&Progress::lines(Box::new(buffer.clone())));
    let text = buffer.text();
    let shown: Vec<&str> = text.lines().map(|line| line.split(" in ").next().unwrap()).collect();
    let shown: Vec<&str> = shown.iter().map(|line| line.split(" after ").next().unwrap()).collect();
    assert_eq!(
        shown,
        [
            "[1 of 6] Acme/control_plane/dev/b: destroyed",
            "[3 of 6] Acme/control_plane/dev/a: destroying failed",
            "[4 of 6] Acme/api/dev/a: skipped, because Acme/control_plane/dev/a failed",
            "[5 of 6] Acme/team/a: created",
            "[6 of 6] Acme/control_plane/dev/b: created",
            "[6 of 6] Acme/control_plane/dev/b: creating failed",
        ]
    );
    let counts: Vec<_> =
        events(a_counted_run).iter().map(|event| (event["done"].clone(), event["total"].clone())).collect();
    assert_eq!(counts, [1, 3, 4, 5, 6, 6].map(|done| (json!(done), json!(6))));
}

#[test]
fn no_frame_of_a_spinner_is_a_symbol_of_a_plan() {
    for frame in super::spinners::FRAMES {
        assert!(!["+", "-", "~", "-/+", "<="].contains(&frame.trim()), "{frame}");
    }
}

#[test]
fn on_a_terminal_what_is_in_flight_stands_below_what_is_done() {
    let term = InMemoryTerm::new(20, 120);
    let progress = Progress::drawn_on(ProgressDrawTarget::term_like(Box::new(term.clone())), testing::PLAIN);
    let (team, portal, plane) =
        (address("Acme/team/a"), address("Acme/portal/dev"), address("Acme/control_plane/dev/a"));
    Refreshing::begin(&progress, "Acme").succeeded();
    progress.event(&Event::Started(&team, Step::Create));
    progress.event(&Event::Started(&portal, Step::Update));
    progress.event(&Event::Started(&plane, Step::Delete));
    progress.event(&Event::Finished(&team, Step::Create, "7f3c", Duration::from_millis(300)));
    let in_flight = term.contents();
    progress.event(&Event::Failed(&portal, Step::Update, &refused()));
    progress.event(&Event::Finished(&plane, Step::Delete, "id", Duration::from_secs(75)));
    progress.finish().unwrap();
    insta::with_settings!({ filters => vec![(r"[⠀-⣿] Acme", "* Acme"), (r"\d\.\ds$", "0.0s")] }, {
        assert_snapshot!(in_flight, @"
        Acme: refreshed in 0.0s
        Acme/team/a: created in 0.3s [id=7f3c]
          * Acme/portal/dev: updating 0.0s
          * Acme/control_plane/dev/a: destroying 0.0s
        ");
        assert_snapshot!(term.contents(), @r"
        Acme: refreshed in 0.0s
        Acme/team/a: created in 0.3s [id=7f3c]
        Acme/portal/dev: updating failed after 0.0s: could not create the portal: 400 Bad Request\nname:
        \u001b[2Kis too long
        Acme/control_plane/dev/a: destroyed in 75.0s [id=id]
        ");
    });
}

#[test]
fn finishing_takes_away_what_is_still_in_flight() {
    let term = InMemoryTerm::new(20, 120);
    let progress = Progress::drawn_on(ProgressDrawTarget::term_like(Box::new(term.clone())), testing::PLAIN);
    progress.event(&Event::Started(&address("Acme/team/a"), Step::Create));
    assert!(term.contents().contains("Acme/team/a: creating"), "{}", term.contents());
    progress.finish().unwrap();
    assert_eq!(term.contents(), "");
}

#[test]
fn programs_get_an_event_for_everything_that_happens() {
    let mut events = events(a_run);
    for event in &mut events {
        if let Some(elapsed) = event.get_mut("elapsed_seconds").filter(|elapsed| **elapsed != json!(1.25)) {
            assert!(elapsed.as_f64().unwrap() < 60.0);
            *elapsed = json!(0);
        }
    }
    let error = json!({"attempted": "create the portal", "cause": refused().cause, "help": "shorten it"});
    assert_eq!(
        events,
        [
            json!({"type": "refresh_start", "scope": "Acme"}),
            json!({"type": "refresh_complete", "scope": "Acme", "elapsed_seconds": 0}),
            json!({"type": "refresh_start", "scope": "Other"}),
            json!({"type": "refresh_errored", "scope": "Other", "elapsed_seconds": 0}),
            json!({"type": "apply_start", "address": "Acme/team/a", "action": "create"}),
            json!({"type": "apply_start", "address": "Acme/portal/dev", "action": "create"}),
            json!({"type": "apply_complete", "address": "Acme/team/a", "action": "create", "id": "7f3c",
                "elapsed_seconds": 1.25}),
            json!({"type": "apply_errored", "address": "Acme/portal/dev", "action": "create", "elapsed_seconds": 0,
                "error": error}),
            json!({"type": "apply_skipped", "address": "Acme/api_publication/dev/a", "because": "Acme/portal/dev"}),
        ]
    );
}

#[test]
fn programs_get_an_empty_plan_as_a_summary_of_nothing() {
    let summary = json!({"type": "change_summary", "operation": "plan", "import": 0, "add": 0, "change": 0,
        "destroy": 0, "replace": 0, "forget": 0, "deferred": 0});
    assert_eq!(
        events(|progress| progress.planned(&testing::plan(Vec::new(), Vec::new()), &Review::default())),
        [summary]
    );
}

#[test]
fn programs_get_every_change_of_a_plan_without_its_values() {
    let waiting = change("Acme/x/dev", Action::Deferred, Value::Null, Value::Null);
    let changes = vec![
        change("Acme/control_plane/dev/a", Action::Replace, json!({"region": "us"}), json!({"region": "eu"})),
        because(waiting, "not yet"),
    ];
    let drift = vec![
        drifted("Acme/team/a", &[("name", json!("secret"), json!("b"))]),
        Drift { address: address("Acme/team/b"), kind: DriftKind::Deleted },
        Drift { address: address("Acme/team/c"), kind: DriftKind::Remade { id: "new".to_owned() } },
    ];
    let plan = testing::plan(changes, drift);
    assert_eq!(
        events(|progress| progress.planned(&plan, &Review::of(&plan))),
        [
            json!({"type": "risk", "address": "Acme/control_plane/dev/a", "kind": "destroys",
                "effects": ["must be replaced (because of region)"]}),
            json!({"type": "resource_drift", "address": "Acme/team/a", "action": "update", "changed": ["name"]}),
            json!({"type": "resource_drift", "address": "Acme/team/b", "action": "delete"}),
            json!({"type": "resource_drift", "address": "Acme/team/c", "action": "replace", "id": "new"}),
            json!({"type": "planned_change", "address": "Acme/control_plane/dev/a", "action": "replace",
                "id": "id-control_plane", "changed": ["region"], "replaced_by": ["region"], "guarded": true}),
            json!({"type": "planned_change", "address": "Acme/x/dev", "action": "deferred", "reason": "not yet",
                "guarded": false}),
            json!({"type": "change_summary", "operation": "plan", "import": 0, "add": 1, "change": 0, "destroy": 1,
                "replace": 1, "forget": 0, "deferred": 1}),
        ]
    );
}

#[test]
fn programs_get_the_end_of_an_apply_as_a_summary() {
    let mut outcome = Outcome { done: vec![(address("Acme/team/a"), Step::Create)], ..Outcome::default() };
    outcome.failed.push((address("Acme/portal/dev"), refused()));
    let summary = json!({"type": "change_summary", "operation": "apply", "import": 0, "add": 1, "change": 0,
        "destroy": 0, "forget": 0, "failed": 1, "skipped": 0, "interrupted": 0});
    assert_eq!(events(|progress| progress.applied(&[("Acme".to_owned(), outcome)])), [summary]);
}

#[test]
fn a_writer_that_fails_stops_the_output_and_is_told_once() {
    /// A pipe whose reader is gone.
    struct Closed(Arc<Mutex<usize>>);
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            *self.0.lock().unwrap() += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let attempts = Arc::new(Mutex::new(0));
    let progress = Progress::json(Box::new(Closed(Arc::clone(&attempts))));
    a_run(&progress);
    assert_eq!(progress.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(*attempts.lock().unwrap(), 1);
    assert!(progress.finish().is_ok());
}
