//! The suite for places whose server may not be there, in a test program with a `main` of its own (`harness = false`).
//!
//! The standard harness knows only at compile time which tests are left out. Here a program collects
//! [`of_network`] trials for each place and runs them with `libtest_mimic`, whose command line and output are the
//! same: a test that is left out is listed as ignored, with the variable that is missing.

use std::env;
use std::future::Future;

use libtest_mimic::{Failed, Trial};

use crate::fixture::Fixture;
use crate::network::NetworkFixture;

/// If it is set, a missing server is a failure, so that no test is left out unnoticed.
const REQUIRED: &str = "KOCTL_TEST_REQUIRE_SERVERS";

/// The rules for a [`NetworkFixture`] as trials, named `place::rule`. Its server exists if the environment variable
/// `variable` is set; otherwise the trials are left out, or replaced by a failure if servers are required.
pub fn of_network<F: NetworkFixture + 'static>(place: &'static str, variable: &'static str) -> Vec<Trial> {
    let is_there = env::var_os(variable).is_some();
    if !is_there && env::var_os(REQUIRED).is_some() {
        return vec![Trial::test(format!("{place}::its_server_is_there"), move || {
            Err(Failed::from(format!("{REQUIRED} is set, but {variable} is not")))
        })];
    }
    let missing = format!("skipped: {variable} is not set");
    let trials = rules::<F>().into_iter().chain(rules_between_processes::<F>()).chain(rules_of_networks::<F>());
    let trials = trials.map(|Rule { name, run }| {
        let this_test = format!("{place}::{name}");
        Trial::test(this_test.clone(), move || {
            run(this_test);
            Ok(())
        })
    });
    if is_there {
        trials.collect()
    } else {
        trials.map(|trial| trial.with_kind(missing.clone()).with_ignored_flag(true)).collect()
    }
}

/// A rule that creates its own place, when it is given the name of its test.
struct Rule {
    name: &'static str,
    run: fn(String),
}

/// A [`Rule`] for each name; `F` is the fixture in all of these.
macro_rules! trials_of_rules {
    ($fixture:ty: $($rule:ident)*) => {
        vec![$(Rule {
            name: stringify!($rule),
            run: |_| run(async { crate::$rule(&<$fixture>::create().await).await }),
        }),*]
    };
}

macro_rules! trials_of_rules_between_processes {
    ($fixture:ty: $($rule:ident)*) => {
        vec![$(Rule {
            name: stringify!($rule),
            run: |this_test| run(async move { crate::$rule::<$fixture>(&this_test).await }),
        }),*]
    };
}

fn rules<F: Fixture>() -> Vec<Rule> {
    crate::every_rule! { [trials_of_rules] F }
}

fn rules_between_processes<F: Fixture>() -> Vec<Rule> {
    crate::every_rule_between_processes! { [trials_of_rules_between_processes] F }
}

fn rules_of_networks<F: NetworkFixture>() -> Vec<Rule> {
    crate::every_rule_of_networks! { [trials_of_rules] F }
}

/// Each on a runtime of its own, as `#[tokio::test]` does.
fn run(rule: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(rule);
}
