//! From a configuration to a plan: `cargo bench --bench compile`. Time and memory, including the peak, by number of
//! resources. It includes koctl's own work, which is compiling, the graph and the comparison, but no reading.

#![allow(clippy::unwrap_used, reason = "where a benchmark cannot go on it fails")]

use std::collections::BTreeMap;

use divan::{AllocProfiler, Bencher, black_box};
use engine::diff::{DiffOptions, diff};
use engine::refresh::Remembered;
use engine::world::World;
use engine::{Readers, Schema};
use koctl::compiler::{Events, Input, ReadSecrets, Spec, Specs, compile, placements};
use koctl::manifest::model::Manifest;
use serde_json::{Map, Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Numbers of resources.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const ENVIRONMENTS: usize = 4;
const SERVICES: usize = 12;
/// The resources of a team: itself, and in each environment a control plane, a role, and four resources a service.
const PER_TEAM: usize = 1 + ENVIRONMENTS * (2 + 4 * SERVICES);

/// A configuration and its specifications.
struct Configuration {
    manifest: Manifest,
    specs: Specs,
    secrets: ReadSecrets,
    events: Events,
}

impl Configuration {
    /// About `size` resources.
    fn new(size: usize) -> Self {
        let teams: Map<String, Value> = (0..size.div_ceil(PER_TEAM)).map(team).collect();
        let environment = |i: usize| (format!("env-{i}"), json!({ "type": "DEV", "region": "eu" }));
        let environments: Map<String, Value> = (0..ENVIRONMENTS).map(environment).collect();
        let organization = json!({ "access-token": { "type": "env", "value": "TOKEN" }, "environments": environments });
        let manifest = json!({ "teams": teams, "organizations": { "Acme": organization } });
        let manifest: Manifest = serde_json::from_value(manifest).unwrap();
        let mut specs = Specs::new();
        for environment in manifest.organizations["Acme"].environments.values() {
            for placement in placements(&manifest, environment) {
                let content =
                    format!("openapi: 3.1.0\ninfo:\n  title: {}\n  version: 1.0.0\npaths: {{}}\n", placement.key);
                specs.insert(placement.spec(), Ok(Spec::parse(content).unwrap()));
            }
        }
        Self { manifest, specs, secrets: ReadSecrets::default(), events: Events::new() }
    }

    fn input(&self) -> Input<'_> {
        Input {
            manifest: &self.manifest,
            specs: &self.specs,
            secrets: &self.secrets,
            events: &self.events,
            platform_repository: "Acme/platform",
        }
    }
}

fn team(i: usize) -> (String, Value) {
    let service = |j: usize| {
        let name = format!("service-{i}-{j}");
        let remote = format!("https://github.com/Acme/{name}.git");
        (format!("Acme/{name}"), json!({ "name": name, "git": { "remote": remote } }))
    };
    let services: Map<String, Value> = (0..SERVICES).map(service).collect();
    (format!("team-{i}"), json!({ "description": "A team.", "services": services }))
}

/// Readers that know their types and have nothing to read: the first plan of an organization.
fn readers() -> Readers {
    struct Nothing(&'static Schema);

    #[async_trait::async_trait]
    impl engine::Reader for Nothing {
        fn schema(&self) -> &'static Schema {
            self.0
        }

        async fn list(&self, _: &engine::refresh::Scan<'_>) -> Result<Vec<engine::Remote>, engine::Error> {
            Ok(Vec::new())
        }
    }

    let mut readers = Readers::default();
    for schema in koctl::registry::schemas() {
        readers.add(Nothing(schema));
    }
    readers
}

#[divan::bench(args = SIZES)]
fn compiling(bencher: Bencher<'_, '_>, size: usize) {
    let configuration = Configuration::new(size);
    let organization = &configuration.manifest.organizations["Acme"];
    bencher.bench(|| compile(configuration.input(), "Acme", organization).unwrap());
}

/// Compile, graph and comparison of an organization that has nothing yet: everything is created.
#[divan::bench(args = SIZES)]
fn first_plan(bencher: Bencher<'_, '_>, size: usize) {
    let configuration = Configuration::new(size);
    let organization = &configuration.manifest.organizations["Acme"];
    let (state, world, readers) = (Remembered(BTreeMap::new()), World::default(), readers());
    bencher.bench(|| {
        let desired = compile(configuration.input(), "Acme", organization).unwrap().desired;
        black_box(diff(&desired, &state, &world, &readers, DiffOptions::default()).unwrap())
    });
}
