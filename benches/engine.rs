//! The growth of the engine: `cargo bench --bench engine`. Time and memory, including the peak, by number of resources.
//!
//! | module | contents |
//! | --- | --- |
//! | `organization` | an organization of a realistic shape: its desired resources, its state and its objects |
//! | `graph` | ordering the references (R1) |
//! | `compare` | the three-way comparison, including the graph (R3) |
//! | `matching` | refreshing from lists that cost nothing: what koctl itself adds to reading (R2) |

#![allow(clippy::unwrap_used, reason = "where a benchmark cannot go on it fails")]

use divan::AllocProfiler;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Numbers of resources.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// An organization of a realistic shape: a team has ten services, each of them in two environments.
mod organization {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use async_trait::async_trait;
    use engine::diff::{DiffOptions, diff};
    use engine::refresh::{Remembered, Scan, refresh};
    use engine::world::World;
    use engine::{Attributes, Desired, Error, Expr, Lookup, Reader, Readers, Reference, Remote, Schema};
    use koctl::konnect::resources as konnect;
    use serde_json::{Value, json};

    const SERVICES: usize = 10;
    const ENVIRONMENTS: [&str; 2] = ["dev", "prd"];
    /// The size of a specification; real ones are larger, and compared by the same digests.
    const SPECIFICATION: usize = 2_000;

    /// The schema and the objects of each type.
    type Objects = Arc<BTreeMap<&'static str, (&'static Schema, Vec<Remote>)>>;

    /// The desired resources, and the objects after an apply.
    pub(crate) struct Organization {
        pub(crate) desired: Vec<Desired>,
        objects: BTreeMap<&'static str, (&'static Schema, Vec<Remote>)>,
    }

    /// The inputs of a comparison.
    pub(crate) struct Inputs {
        pub(crate) desired: Vec<Desired>,
        pub(crate) state: Remembered,
        pub(crate) world: World,
        pub(crate) readers: Readers,
    }

    impl Organization {
        /// About `size` resources.
        pub(crate) fn new(size: usize) -> Self {
            let mut organization = Self { desired: Vec::with_capacity(size), objects: BTreeMap::new() };
            for environment in ENVIRONMENTS {
                organization.add(&konnect::portal::SCHEMA, portal(environment));
            }
            for team in 0.. {
                organization.add_team(&format!("team-{team:05}"));
                if organization.desired.len() >= size {
                    organization.desired.truncate(size);
                    return organization;
                }
            }
            organization
        }

        fn add_team(&mut self, name: &str) {
            let team = Desired::new("Acme", "team", name).with("name", name);
            self.add(&konnect::team::SCHEMA, team.clone().with("labels", json!({ "ko-konnect-orchestrator": "true" })));
            for environment in ENVIRONMENTS {
                let plane = plane(environment, name);
                self.add(&konnect::control_plane::SCHEMA, plane.clone());
                self.add(&konnect::team_role::SCHEMA, role(environment, name, &team, &plane));
                for service in 0..SERVICES {
                    self.add_service(environment, &format!("{name}-service-{service}"), &plane);
                }
            }
        }

        fn add_service(&mut self, environment: &str, name: &str, plane: &Desired) {
            let api = api(environment, name);
            self.add(&konnect::api::SCHEMA, api.clone());
            let link =
                |type_name: &str| resource(environment, type_name, name).with("region", "eu").with("api_id", api.id());
            let text = format!("openapi: 3.1.0 # {name}\n").repeat(SPECIFICATION / 30);
            let version = link("api_version").with("version", "1.0.0").with("content", text);
            self.add(&konnect::api_version::SCHEMA, version);
            let publication = link("api_publication").with("portal_id", portal(environment).id());
            self.add(&konnect::api_publication::SCHEMA, publication.with("visibility", "public"));
            let service = service(name, plane);
            let lookup = Expr::Lookup(lookup(name, plane));
            let implementation = link("api_implementation").with("control_plane_id", plane.id());
            let mut attributes = self.values(&implementation);
            attributes.insert("service_id".to_owned(), service.id.clone().into());
            let id = implementation.address.to_string();
            self.put(&konnect::gateway_service::SCHEMA, service);
            self.put(&konnect::api_implementation::SCHEMA, Remote { id, attributes });
            self.desired.push(implementation.with("service_id", lookup));
        }

        /// Adds a desired resource and its object, with the address as the ID.
        fn add(&mut self, schema: &'static Schema, desired: Desired) {
            let remote = Remote { id: desired.address.to_string(), attributes: self.values(&desired) };
            self.put(schema, remote);
            self.desired.push(desired);
        }

        fn put(&mut self, schema: &'static Schema, remote: Remote) {
            self.objects.entry(schema.type_name).or_insert_with(|| (schema, Vec::new())).1.push(remote);
        }

        fn values(&self, desired: &Desired) -> Attributes {
            let value = |expr: &Expr| match expr {
                Expr::Value(value) => value.clone(),
                Expr::Reference(reference) => reference.address.to_string().into(),
                Expr::Lookup(_) | Expr::Secret(_) => Value::Null,
            };
            desired.attributes.iter().map(|(name, expr)| (name.clone(), value(expr))).collect()
        }

        /// Readers that return no objects.
        fn blind(&self) -> Readers {
            let empty = self.objects.iter().map(|(name, (schema, _))| (*name, (*schema, Vec::new()))).collect();
            readers(&Arc::new(empty))
        }

        /// Everything is to be created.
        pub(crate) fn unmade(self) -> Inputs {
            let readers = self.blind();
            let state = Remembered::default();
            Inputs { world: read(&self.desired, &state, &readers), desired: self.desired, state, readers }
        }

        /// Everything was applied.
        pub(crate) fn applied(self) -> Inputs {
            let Self { desired, objects } = self;
            let readers = readers(&Arc::new(objects));
            let nothing = Remembered::default();
            let world = read(&desired, &nothing, &readers);
            let imports = diff(&desired, &nothing, &world, &readers, DiffOptions::default()).unwrap();
            let record = |change: engine::ResourceChange| {
                let schema = readers.schema(change.address.type_name()).unwrap();
                let record = change.record(schema, world.object(&change.address).unwrap());
                (change.address, record)
            };
            let state = Remembered(imports.changes.into_iter().map(record).collect());
            Inputs { world: read(&desired, &state, &readers), desired, state, readers }
        }

        /// Everything was applied, and an attribute of every hundredth resource is to be changed.
        pub(crate) fn changed(self) -> Inputs {
            let mut inputs = self.applied();
            for desired in inputs.desired.iter_mut().step_by(100) {
                let name = match desired.address.type_name() {
                    "api_version" => "content",
                    "api_publication" => "visibility",
                    "portal" => "display_name",
                    _ => "description",
                };
                desired.attributes.insert(name.to_owned(), Expr::Value("new".into()));
            }
            inputs
        }
    }

    fn resource(environment: &str, type_name: &str, key: &str) -> Desired {
        Desired::new("Acme", type_name, &format!("{environment}/{key}"))
    }

    fn labels(environment: &str) -> Value {
        json!({ "ko-konnect-orchestrator": "true", "env-name": environment, "env-type": "PROD" })
    }

    fn portal(environment: &str) -> Desired {
        Desired::new("Acme", "portal", environment)
            .with("region", "eu")
            .with("name", environment)
            .with("display_name", "Acme")
            .with("labels", labels(environment))
    }

    fn plane(environment: &str, team: &str) -> Desired {
        let name = format!("{team}-{environment}");
        resource(environment, "control_plane", &name)
            .with("region", "eu")
            .with("name", name)
            .with("cluster_type", "CLUSTER_TYPE_CONTROL_PLANE")
            .with("labels", labels(environment))
    }

    fn role(environment: &str, name: &str, team: &Desired, plane: &Desired) -> Desired {
        resource(environment, "team_role", name)
            .with("team_id", team.id())
            .with("role_name", "Viewer")
            .with("entity_id", plane.id())
            .with("entity_type_name", "Control Planes")
            .with("entity_region", "eu")
    }

    fn api(environment: &str, name: &str) -> Desired {
        resource(environment, "api", name)
            .with("region", "eu")
            .with("name", format!("{name}-{environment}"))
            .with("version", "1.0.0")
            .with("description", "What this service offers to others, in a sentence or two.")
            .with("labels", labels(environment))
    }

    fn service(name: &str, plane: &Desired) -> Remote {
        let plane = plane.address.as_str();
        let attributes = [
            ("region", json!("eu")),
            ("control_plane_id", json!(plane)),
            ("tags", json!([format!("ko-api-name={name}")])),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        Remote { id: format!("{plane}/{name}"), attributes: attributes.into() }
    }

    fn lookup(name: &str, plane: &Desired) -> Lookup {
        let reference = |attribute: &str| Reference::new(&plane.address, attribute);
        Lookup {
            type_name: "gateway_service",
            within: BTreeMap::from([("control_plane_id", reference("id")), ("region", reference("region"))]),
            list: "tags",
            needle: format!("ko-api-name={name}"),
            absent: format!("no gateway service is tagged `ko-api-name={name}` yet"),
            advice: String::new(),
            must_exist: false,
        }
    }

    /// A reader of the given objects of one type.
    struct Canned {
        schema: &'static Schema,
        objects: Objects,
    }

    #[async_trait]
    impl Reader for Canned {
        fn schema(&self) -> &'static Schema {
            self.schema
        }

        async fn list(&self, _: &Scan<'_>) -> Result<Vec<Remote>, Error> {
            Ok(self.objects[self.schema.type_name].1.clone())
        }
    }

    fn readers(objects: &Objects) -> Readers {
        let mut readers = Readers::default();
        for (schema, _) in objects.values() {
            readers.add(Canned { schema, objects: objects.clone() });
        }
        readers
    }

    /// Refreshes.
    pub(crate) fn read(desired: &[Desired], state: &Remembered, readers: &Readers) -> World {
        futures::executor::block_on(refresh(desired, state, readers)).unwrap()
    }
}

mod graph {
    use divan::Bencher;
    use engine::graph::Graph;

    use crate::organization::Organization;

    #[divan::bench(args = crate::SIZES, sample_count = 20)]
    fn order(bencher: Bencher<'_, '_>, size: usize) {
        let organization = Organization::new(size);
        bencher.bench_local(|| Graph::new(&organization.desired).unwrap());
    }
}

mod compare {
    use divan::Bencher;
    use engine::diff::{Diff, DiffOptions, diff};

    use crate::organization::{Inputs, Organization};

    fn bench(bencher: Bencher<'_, '_>, inputs: &Inputs, changes: std::ops::RangeInclusive<usize>) {
        let Inputs { desired, state, world, readers } = inputs;
        let compare = || -> Diff { diff(desired, state, world, readers, DiffOptions::default()).unwrap() };
        let found = compare().changes.len();
        assert!(changes.contains(&found), "{found} changes");
        bencher.bench_local(compare);
    }

    #[divan::bench(args = crate::SIZES, sample_count = 20)]
    fn all_created(bencher: Bencher<'_, '_>, size: usize) {
        bench(bencher, &Organization::new(size).unmade(), size..=size);
    }

    #[divan::bench(args = crate::SIZES, sample_count = 20)]
    fn nothing_changed(bencher: Bencher<'_, '_>, size: usize) {
        bench(bencher, &Organization::new(size).applied(), 0..=0);
    }

    #[divan::bench(args = crate::SIZES, sample_count = 20)]
    fn one_percent_changed(bencher: Bencher<'_, '_>, size: usize) {
        bench(bencher, &Organization::new(size).changed(), size / 200..=size / 100);
    }
}

mod matching {
    use divan::Bencher;

    use crate::organization::{Inputs, Organization, read};

    #[divan::bench(args = crate::SIZES, sample_count = 5)]
    fn known_by_id(bencher: Bencher<'_, '_>, size: usize) {
        let Inputs { desired, state, readers, .. } = Organization::new(size).applied();
        bencher.bench_local(|| read(&desired, &state, &readers));
    }
}
