//! `/identity-provider`: the OpenID Connect provider at its older address, from when there was only one provider, and
//! all mappings of its groups to teams at once. They show and change the same records as `/identity-providers`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::identity_providers::{CLAIM_MAPPINGS, IdentityProvider, SCOPES};
use super::lookups;
use crate::konnect::framework::collection::{self, merge_deeply, text};
use crate::konnect::framework::resource::{self, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{TEAM_GROUP_MAPPINGS, TEAMS};
use crate::store::{Batch, Body, Record, World};

const PROVIDER: &str = "/v3/identity-provider";
const BY_GROUP: &str = "/v3/identity-provider/team-mappings";
const BY_TEAM: &str = "/v3/identity-provider/team-group-mappings";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, PROVIDER, get_provider),
    Route::patch(Document::Identity, PROVIDER, change_provider),
    Route::get(Document::Identity, BY_GROUP, list_by_group),
    Route::put(Document::Identity, BY_GROUP, replace_mappings),
    Route::get(Document::Identity, BY_TEAM, list_by_team),
    Route::patch(Document::Identity, BY_TEAM, change_mappings),
];

/// The older address requires all three, or none.
static ALL_CLAIM_MAPPINGS: Schema = Schema {
    fields: &[
        Field::new("name", Is::ANY_TEXT).required(),
        Field::new("email", Is::ANY_TEXT).required(),
        Field::new("groups", Is::ANY_TEXT).required(),
    ],
    unknown: Unknown::Ignored,
};

static CHANGE: Schema = Schema {
    fields: &[
        Field::new("issuer", Is::Uri),
        Field::new("login_path", Is::ANY_TEXT),
        Field::new("client_id", Is::ANY_TEXT),
        Field::new("client_secret", Is::ANY_TEXT),
        Field::new("scopes", Is::List(0, usize::MAX, &Is::ANY_TEXT)),
        Field::new("claim_mappings", Is::Object(&ALL_CLAIM_MAPPINGS)),
    ],
    unknown: Unknown::Ignored,
};

/// The defaults of a first change.
pub(in crate::konnect) static DEFAULTS: Schema = Schema {
    fields: &[
        Field::new("scopes", Is::List(0, usize::MAX, &Is::ANY_TEXT)).or(SCOPES),
        Field::new("claim_mappings", Is::Object(&CLAIM_MAPPINGS)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

const GROUP: Field = Field::new("group", Is::ANY_TEXT).required();
const GROUPS: Field = Field::new("groups", Is::List(0, usize::MAX, &Is::ANY_TEXT)).required();
const TEAM: Field = Field::new("team_id", Is::Uuid).required();
const TEAM_IDS: Field = Field::new("team_ids", Is::List(0, usize::MAX, &Is::Uuid)).required();

static GROUP_WITH_TEAMS: Schema = Schema { fields: &[GROUP, TEAM_IDS], unknown: Unknown::Ignored };
static TEAM_WITH_GROUPS: Schema = Schema { fields: &[TEAM, GROUPS], unknown: Unknown::Ignored };

static REPLACEMENT: Schema = Schema {
    fields: &[Field::new("mappings", Is::List(0, usize::MAX, &Is::Object(&GROUP_WITH_TEAMS))).required()],
    unknown: Unknown::Ignored,
};

static CHANGES: Schema = Schema {
    fields: &[Field::new("data", Is::List(0, usize::MAX, &Is::Object(&TEAM_WITH_GROUPS))).required()],
    unknown: Unknown::Ignored,
};

/// The provider, or `missing` if the organization has none.
fn provider<'a>(world: &'a World, call: &Call, missing: fn() -> Problem) -> Result<&'a Record, Problem> {
    lookups::provider_of_type(world, &call.partition, "oidc").ok_or_else(missing)
}

fn not_found() -> Problem {
    Problem::not_found("identity provider", "oidc")
}

/// The document lists 400 for the operations on mappings by team.
fn not_configured() -> Problem {
    Invalid::body("data", Rule::Named("invalid"), "requires an identity provider, and none is configured").into()
}

fn view(provider: &Body) -> Value {
    let config = &provider["config"];
    json!({
        "issuer": config["issuer_url"],
        "login_path": provider["login_path"],
        "client_id": config["client_id"],
        "scopes": config["scopes"],
        "claim_mappings": config["claim_mappings"],
    })
}

fn get_provider(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    Ok(Answer::ok(view(&provider(&world, call, not_found)?.body)))
}

/// Changes the provider, or creates it: the document has no other way to create one here.
fn change_provider(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut config = CHANGE.change(call.body()?)?;
    let login_path = config.remove("login_path");
    if let Some(issuer) = config.remove("issuer") {
        config.insert("issuer_url".to_owned(), issuer);
    }
    konnect.store.write(|world, batch| {
        let old = lookups::provider_of_type(world, &call.partition, "oidc");
        let mut fields = match old {
            Some(provider) => Body::clone(&provider.body),
            None => new_provider(&config)?,
        };
        fields.extend(login_path.map(|path| ("login_path".to_owned(), path)));
        merge_deeply(&mut fields, Body::from_iter([("config".to_owned(), Value::Object(config))]));
        let stored = match old {
            None => resource::add::<IdentityProvider>(world, batch, call, fields)?,
            Some(provider) => {
                IdentityProvider::complete(world, call, &mut fields, Some(&provider.body))?;
                collection::amend(world, batch, &call.partition, IdentityProvider::KIND, provider, fields)?
            }
        };
        Ok(Answer::ok(view(&stored)))
    })
}

/// A provider with defaults, for a configuration that has all required fields.
fn new_provider(config: &Body) -> Result<Body, Problem> {
    let needed = [("issuer", "issuer_url"), ("client_id", "client_id")];
    let missing = needed.iter().filter(|(_, stored)| !config.contains_key(*stored));
    let missing: Vec<Invalid> =
        missing.map(|(name, _)| Invalid::body(*name, Rule::Named("required"), "is a required field")).collect();
    match missing.is_empty() {
        false => Err(Problem::invalid(missing)),
        true => Ok(collection::fields(
            json!({ "type": "oidc", "enabled": false, "login_path": "", "config": DEFAULTS.defaults() }),
        )),
    }
}

/// A mapping: the team's id, and the group whose members join the team.
type Mapping = (Uuid, String);

fn mapping(record: &Record) -> Mapping {
    let team = collection::reference(&record.body, "team_id").unwrap_or_default();
    (team, text(&record.body, "group").to_owned())
}

fn mappings<'a>(world: &'a World, call: &Call, provider: &Record) -> impl Iterator<Item = &'a Record> + use<'a> {
    world.referring(&call.partition, &TEAM_GROUP_MAPPINGS, "identity_provider_id", provider.id)
}

fn list_by_group(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let provider = provider(&world, call, not_found)?;
    page(call, by_group(mappings(&world, call, provider).map(mapping)))
}

fn list_by_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let provider = provider(&world, call, not_configured)?;
    page(call, by_team(mappings(&world, call, provider).map(mapping)))
}

fn by_group(mappings: impl Iterator<Item = Mapping>) -> Vec<Value> {
    let mut groups: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
    mappings.for_each(|(team, group)| {
        groups.entry(group).or_default().insert(team);
    });
    groups.into_iter().map(|(group, teams)| json!({ "group": group, "team_ids": teams })).collect()
}

fn by_team(mappings: impl Iterator<Item = Mapping>) -> Vec<Value> {
    let mut teams: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    mappings.for_each(|(team, group)| {
        teams.entry(team).or_default().insert(group);
    });
    teams.into_iter().map(|(team, groups)| json!({ "team_id": team, "groups": groups })).collect()
}

fn page(call: &Call, all: Vec<Value>) -> Result<Answer, Problem> {
    let page = call.query.page()?;
    let meta = json!({ "number": page.number, "size": page.size, "total": all.len() });
    let data: Vec<Value> = all.into_iter().skip(page.skipped()).take(page.size).collect();
    Ok(Answer::ok(json!({ "data": data, "meta": { "page": meta } })))
}

/// Replaces all mappings of the provider.
fn replace_mappings(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = REPLACEMENT.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let provider = provider(world, call, not_found)?;
        let mut wanted = BTreeSet::new();
        for (index, entry) in items(sent.get("mappings")).enumerate() {
            for (position, team) in items(entry.get("team_ids")).enumerate() {
                let team = existing_team(world, call, &format!("mappings.{index}.team_ids.{position}"), team)?;
                wanted.insert((team, group_of(entry)));
            }
        }
        set_mappings(world, batch, call, provider, &wanted)?;
        Ok(Answer::ok(json!({ "data": by_group(wanted.into_iter()) })))
    })
}

/// Replaces the mappings of the teams that are sent, and keeps those of other teams.
fn change_mappings(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = CHANGES.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let provider = provider(world, call, not_configured)?;
        let mut wanted: BTreeSet<Mapping> = mappings(world, call, provider).map(mapping).collect();
        for (index, entry) in items(sent.get("data")).enumerate() {
            let team = existing_team(world, call, &format!("data.{index}.team_id"), &entry["team_id"])?;
            wanted.retain(|(other, _)| *other != team);
            let groups = items(entry.get("groups")).filter_map(Value::as_str);
            wanted.extend(groups.map(|group| (team, group.to_owned())));
        }
        set_mappings(world, batch, call, provider, &wanted)?;
        let all = by_team(wanted.into_iter());
        let meta = json!({ "number": 1, "size": all.len(), "total": all.len() });
        Ok(Answer::ok(json!({ "data": all, "meta": { "page": meta } })))
    })
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn group_of(entry: &Value) -> String {
    entry.get("group").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn existing_team(world: &World, call: &Call, field: &str, id: &Value) -> Result<Uuid, Problem> {
    let team = id.as_str().and_then(|id| id.parse().ok()).and_then(|id| world.get(&call.partition, &TEAMS, id));
    let missing = || Invalid::body(field, Rule::Named("missing_reference"), "Team not found").into();
    team.map(|team| team.id).ok_or_else(missing)
}

/// Removes the mappings that are not wanted and creates those that are missing.
fn set_mappings(
    world: &World,
    batch: &mut Batch,
    call: &Call,
    provider: &Record,
    wanted: &BTreeSet<Mapping>,
) -> Result<(), Problem> {
    let mut missing: BTreeSet<&Mapping> = wanted.iter().collect();
    for record in mappings(world, call, provider) {
        if !missing.remove(&mapping(record)) {
            batch.remove(&call.partition, &TEAM_GROUP_MAPPINGS, record);
        }
    }
    for (team, group) in missing {
        let fields = json!({ "identity_provider_id": provider.id, "team_id": team, "group": group });
        collection::create(world, batch, &call.partition, &TEAM_GROUP_MAPPINGS, collection::fields(fields))?;
    }
    Ok(())
}
