//! Properties of every configuration, on the real compiler, the real clients and a sandbox, all in this process.
//!
//! A case is slow, so there are few of them; `PROPTEST_CASES` asks for more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::progress::Silent;
use koctl::manifest::load::load_texts;
use koctl::operations::{self, Approved, Locks, PlanRequest, Session, SessionOptions, Settings};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::world::{World, spec};

const TEAMS: [&str; 3] = ["orders", "stock", "web"];

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 8, ..ProptestConfig::default() }
}

fn team(name: &'static str) -> impl Strategy<Value = Value> {
    let person = prop::sample::subsequence(vec!["kim@example.com", "robin@example.com", "Sam@example.com"], 0..=2);
    (prop::option::of("[A-Z][a-z]{2,8}"), person, 0..=2_usize).prop_map(move |(description, users, services)| {
        let service = |number: usize| {
            let service = format!("{name}-{number}");
            let git = json!({ "remote": "https://github.com/Acme/specs.git" });
            (format!("Acme/{service}"), json!({ "name": service, "git": git }))
        };
        let mut team = json!({ "users": users, "services": (0..services).map(service).collect::<Map<_, _>>() });
        if let Some(description) = description {
            team["description"] = description.into();
        }
        team
    })
}

/// Pages of a portal: a page below another only if that is there.
fn pages() -> impl Strategy<Value = Value> {
    let paths = prop::sample::subsequence(vec!["home", "guide", "guide/start"], 0..=3);
    (paths, "[A-Z][a-z]{2,8}").prop_map(|(paths, title)| {
        let has = |path: &&str| path.split_once('/').is_none_or(|(above, _)| paths.contains(&above));
        let page = |path: &str| (path.to_owned(), format!("# {title}\n").into());
        paths.iter().copied().filter(has).map(page).collect::<Map<_, _>>().into()
    })
}

fn environment(teams: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let most = teams.len().min(2);
    let chosen = prop::option::of(prop::sample::subsequence(teams, 0..=most));
    let kind = prop::sample::select(vec!["DEV", "PROD"]);
    let region = prop::sample::select(vec!["eu", "us", "sg"]);
    (kind, region, chosen, any::<bool>(), pages()).prop_map(|(kind, region, chosen, shared, pages)| {
        let mut environment = json!({ "type": kind, "region": region, "portal": { "pages": pages } });
        if let Some(chosen) = chosen {
            let part = |team: &str| {
                let part = if shared { json!({ "control-plane-name": "shared" }) } else { json!({}) };
                (team.to_owned(), part)
            };
            environment["teams"] = chosen.into_iter().map(part).collect::<Map<_, _>>().into();
        }
        environment
    })
}

/// Ways to sign in of which each can follow any other.
fn authorization() -> impl Strategy<Value = Value> {
    let secret = prop::sample::select(vec!["one", "two"]);
    let method = prop::sample::select(vec!["none", "oidc", "oidc-off", "saml"]);
    let mapped = prop::sample::subsequence(vec!["buyers", "sellers"], 1..=2);
    (method, any::<bool>(), secret, mapped, any::<bool>()).prop_map(|(method, basic, secret, groups, by_idp)| {
        let oidc = |enabled: bool| {
            json!({
                "enabled": enabled,
                "issuer": "https://idp.example.com",
                "client-id": "konnect",
                "client-secret": { "type": "literal", "value": secret },
            })
        };
        let mut all = json!({ "built-in": { "enabled": true } });
        match method {
            "oidc" => all["oidc"] = oidc(true),
            "oidc-off" => all["oidc"] = oidc(false),
            "saml" => all["saml"] = json!({ "enabled": true, "idp-metadata-url": "https://idp.example.com/saml" }),
            _ => return all,
        }
        if method != "oidc-off" {
            all["built-in"]["enabled"] = basic.into();
        }
        let mappings = json!({ "Organization Admin": groups });
        all["team-mappings"] = json!({ "idp": { "enabled": by_idp, "mappings": mappings } });
        all
    })
}

prop_compose! {
    pub(crate) fn manifest()(teams in prop::sample::subsequence(TEAMS.to_vec(), 1..=3))(
        all in teams.iter().map(|name| team(name)).collect::<Vec<_>>(),
        environments in prop::collection::btree_map(
            prop::sample::select(vec!["dev".to_owned(), "prd".to_owned()]), environment(teams.clone()), 0..=2
        ),
        authorization in authorization(),
        email in any::<bool>(),
        reports in any::<bool>(),
        teams in Just(teams),
    ) -> String {
        let teams: Map<String, Value> = teams.iter().map(|name| (*name).to_owned()).zip(all).collect();
        let mut environments = environments;
        // Objects of one name in a region would be shared by two environments, which is refused.
        if let [first, second] = environments.values_mut().collect::<Vec<_>>().as_mut_slice()
            && first["region"] == second["region"]
        {
            first["region"] = if second["region"] == "eu" { "us" } else { "eu" }.into();
        }
        let organization = json!({
            "access-token": { "type": "env", "value": "ACME_TOKEN" },
            "authorization": authorization,
            "notifications": { "email": email },
            "enable-custom-reports": reports,
            "environments": environments,
        });
        json!({ "teams": teams, "organizations": { "Acme": organization } }).to_string()
    }
}

/// A place in which configurations are applied one after the other.
struct Place(World);

impl Place {
    fn new() -> Self {
        let world = World::empty();
        for branch in ["main", "dev"] {
            world.write(&format!("services/Acme/specs/{branch}/openapi.yaml"), &spec("app", "1.0.0"));
        }
        Self(world)
    }

    /// What a plan would destroy, and which addresses it moves.
    async fn destroyed_and_moved(&self, manifest: &str) -> (Vec<String>, usize) {
        let session = self.session(manifest).await;
        let planned = operations::plan(&session, &PlanRequest::default(), None, &Silent).await.unwrap();
        session.close().await;
        assert!(planned.failures.is_empty(), "{:?}", planned.failures);
        let changes = planned.plan.scopes.iter().flat_map(|scope| &scope.changes);
        let destroyed = changes.filter(|change| change.destroys()).map(|change| change.address.to_string());
        (destroyed.collect(), planned.plan.scopes.iter().map(|scope| scope.moved.len()).sum())
    }

    async fn session(&self, manifest: &str) -> Session {
        let loaded = load_texts(&[("koctl.yaml", manifest)], self.0.path()).unwrap_or_else(|error| panic!("{error}"));
        let sandbox = Some(self.0.path().join(".koctl/sandbox"));
        let environment = Box::new(|_: &str| None);
        let opened = Session::open(SessionOptions { loaded, state: None, sandbox, environment }).await;
        opened.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    /// Applies, checks that the plan is empty, and returns the resources of the states.
    async fn apply(&self, manifest: &str) -> BTreeMap<String, Value> {
        let session = self.session(manifest).await;
        let (locks, failures) = Locks::of_all(&session, "apply", Duration::ZERO).await;
        assert!(failures.is_empty(), "{failures:?}");
        let planned = operations::plan(&session, &PlanRequest::default(), Some(&locks), &Silent).await.unwrap();
        assert!(planned.failures.is_empty(), "{:?}", planned.failures);
        let (_go, stop) = watch::channel(false);
        let settings = Settings { parallelism: 10, stop };
        let applied = operations::apply(&session, Approved::by_a_person(&planned.plan), locks, settings, &Silent).await;
        assert!(applied.is_complete(), "{applied:#?}");
        let again = operations::plan(&session, &PlanRequest::default(), None, &Silent).await.unwrap();
        assert!(again.failures.is_empty() && !again.plan.has_work(), "R6: {:#?}", again.plan.scopes);
        let states = session.workspace().states().await.unwrap();
        session.close().await;
        let resources: BTreeMap<_, _> = states.into_iter().flat_map(|state| state.0).collect();
        let names: BTreeMap<&str, &str> =
            resources.iter().map(|(address, resource)| (resource.id.as_str(), address.as_str())).collect();
        let meaning = |value: &Value| match value.as_str() {
            Some(id) if names.contains_key(id) => names[id].into(),
            Some(id) if uuid::Uuid::try_parse(id).is_ok() => "an object of Konnect's own".into(),
            _ => value.clone(),
        };
        // These differ with time, chance and history: the time of a server's change, traces under another lineage, and former
        // names.
        let apart = BTreeSet::from(["updated_at", "client_secret", "former_folders"]);
        let told = resources.iter().map(|(address, resource)| {
            let attributes = resource.attributes.iter().filter(|(name, _)| !apart.contains(name.as_str()));
            let attributes: Map<String, Value> = attributes.map(|(name, is)| (name.clone(), meaning(is))).collect();
            (address.to_string(), attributes.into())
        });
        told.collect()
    }
}

/// A renaming in the configuration, and the entry of `moved` that says so.
#[derive(Debug, Clone, Copy)]
enum Renaming {
    Team,
    Environment,
    Service,
    Organization,
}

impl Renaming {
    const ALL: [Self; 4] = [Self::Team, Self::Environment, Self::Service, Self::Organization];

    /// The configuration with the other name.
    fn of(self, manifest: &str, from: &str, to: &str) -> Value {
        let mut manifest: Value = serde_json::from_str(manifest).unwrap();
        let rename = |map: &mut Value, from: &str, to: &str| {
            let map = map.as_object_mut()?;
            map.remove(from).map(|value| map.insert(to.to_owned(), value))
        };
        match self {
            Self::Organization => drop(rename(&mut manifest["organizations"], from, to)),
            Self::Environment => {
                let of = |name: &str| name.split_once('/').unwrap().1.to_owned();
                rename(&mut manifest["organizations"]["Acme"]["environments"], &of(from), &of(to));
            }
            Self::Team => {
                rename(&mut manifest["teams"], from, to);
                let environments = manifest["organizations"]["Acme"]["environments"].as_object_mut().unwrap();
                for environment in environments.values_mut().filter(|one| one["teams"].is_object()) {
                    rename(&mut environment["teams"], from, to);
                }
            }
            Self::Service => {
                let teams = manifest["teams"].as_object_mut().unwrap();
                let services =
                    teams.values_mut().flat_map(|team| team["services"].as_object_mut().unwrap().values_mut());
                services.filter(|service| service["name"] == from).for_each(|service| service["name"] = to.into());
            }
        }
        manifest
    }

    /// The old name and a new one of something that the configurations here may have.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Team => ("orders", "sales"),
            Self::Environment => ("Acme/dev", "Acme/test"),
            Self::Service => ("orders-0", "sales"),
            Self::Organization => ("Acme", "Ajax"),
        }
    }

    fn with_entry(self, mut manifest: Value, from: &str, to: &str) -> String {
        let kind = format!("{self:?}").to_lowercase();
        manifest["moved"] = json!([{ "type": kind, "from": from, "to": to }]);
        manifest.to_string()
    }
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future);
}

#[test]
fn r6_nothing_configured_is_quiet_after_apply() {
    let manifest = r#"{"teams": {}, "organizations": {"Acme": {"access-token": {"type": "env", "value": "A"}}}}"#;
    run(async {
        assert!(Place::new().apply(manifest).await.is_empty());
    });
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn r6_any_configuration_after_any_other_is_quiet_and_means_what_it_means_alone(a in manifest(), b in manifest()) {
        run(async {
            let (place, alone) = (Place::new(), Place::new());
            place.apply(&a).await;
            let after = place.apply(&b).await;
            assert_eq!(after, alone.apply(&b).await, "{a}\nand then\n{b}");
        });
    }

    #[test]
    fn r15_a_move_destroys_nothing_and_taken_back_it_is_as_before(
        manifest in manifest(), renaming in prop::sample::select(Renaming::ALL.to_vec())
    ) {
        run(async {
            let place = Place::new();
            let before = place.apply(&manifest).await;
            let (from, to) = renaming.names();
            let renamed = renaming.with_entry(renaming.of(&manifest, from, to), from, to);
            let (destroyed, moved) = place.destroyed_and_moved(&renamed).await;
            assert_eq!(destroyed, Vec::<String>::new(), "{renaming:?}\n{manifest}");
            place.apply(&renamed).await;
            assert_eq!(place.destroyed_and_moved(&renamed).await, (Vec::new(), 0), "an entry stays without effect");
            let original = serde_json::from_str(&manifest).unwrap();
            let back = renaming.with_entry(original, to, from);
            assert_eq!(place.destroyed_and_moved(&back).await, (Vec::new(), moved));
            assert_eq!(place.apply(&back).await, before, "{renaming:?}\n{manifest}");
        });
    }
}
