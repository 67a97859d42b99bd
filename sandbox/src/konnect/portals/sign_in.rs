//! `/portals/{portalId}/authentication-settings`: how developers sign in to a portal; and
//! `/portals/{portalId}/identity-provider/team-group-mappings`, all mappings of a portal at once, by team.
//!
//! The document deprecates everything of the settings that is about an identity provider, in favour of
//! `/identity-providers`: they show and change the same records. It gives no defaults. A new portal has the sign-in with
//! a password, and an administrator puts developers into teams.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::identity_providers::{self, Provider, of_portal};
use super::portal::of_path;
use crate::konnect::framework::collection::{self, fields, merge_deeply, text};
use crate::konnect::framework::resource::{self, Owner, Resource, Settings, put_settings, settings};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::identity::{CLAIM_MAPPINGS, OIDC_DEFAULTS};
use crate::konnect::kinds::{PORTAL_AUTHENTICATION_SETTINGS, PORTAL_GROUP_MAPPINGS};
use crate::store::{Batch, Body, Kind, Record, World};

const SETTINGS: &str = "/v3/portals/{portalId}/authentication-settings";
const BY_TEAM: &str = "/v3/portals/{portalId}/identity-provider/team-group-mappings";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, SETTINGS, show),
    Route::patch(Document::Portals, SETTINGS, change),
    Route::get(Document::Portals, BY_TEAM, list_by_team),
    Route::patch(Document::Portals, BY_TEAM, change_by_team),
];

const TEXTS: Is = Is::List(0, usize::MAX, &Is::ANY_TEXT);

static CHANGE: Schema = Schema {
    fields: &[
        Field::new("basic_auth_enabled", Is::Boolean),
        Field::new("konnect_mapping_enabled", Is::Boolean),
        Field::new("idp_mapping_enabled", Is::Boolean),
        Field::new("oidc_team_mapping_enabled", Is::Boolean),
        Field::new("oidc_auth_enabled", Is::Boolean),
        Field::new("saml_auth_enabled", Is::Boolean),
        Field::new("oidc_issuer", Is::ANY_TEXT),
        Field::new("oidc_client_id", Is::ANY_TEXT),
        Field::new("oidc_client_secret", Is::ANY_TEXT),
        Field::new("oidc_scopes", TEXTS),
        Field::new("oidc_claim_mappings", Is::Object(&CLAIM_MAPPINGS)),
    ],
    unknown: Unknown::Ignored,
};

/// The deprecated fields about the OpenID Connect provider, and its own.
const OF_OIDC: [(&str, &str); 5] = [
    ("oidc_issuer", "issuer_url"),
    ("oidc_client_id", "client_id"),
    ("oidc_client_secret", "client_secret"),
    ("oidc_scopes", "scopes"),
    ("oidc_claim_mappings", "claim_mappings"),
];

/// The deprecated switches, and the type of identity provider that each is about.
const SWITCHES: [(&str, &str); 2] = [("oidc_auth_enabled", "oidc"), ("saml_auth_enabled", "saml")];

/// The settings that are stored: those that are not about an identity provider.
struct Authentication;

impl Settings for Authentication {
    const KIND: &'static Kind = &PORTAL_AUTHENTICATION_SETTINGS;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[
            Field::new("basic_auth_enabled", Is::Boolean),
            Field::new("konnect_mapping_enabled", Is::Boolean),
            Field::new("idp_mapping_enabled", Is::Boolean),
        ],
        unknown: Unknown::Ignored,
    };

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    fn initial(_: &World, _: &Call) -> Body {
        fields(json!({ "basic_auth_enabled": true, "konnect_mapping_enabled": true, "idp_mapping_enabled": false }))
    }
}

fn show(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let settings = settings::<Authentication>(&world, call)?;
    let providers: Vec<Body> = of_portal(&world, call)?.map(|provider| Body::clone(&provider.body)).collect();
    Ok(Answer::ok(view(&settings, &providers)))
}

fn view(settings: &Body, providers: &[Body]) -> Value {
    let of_type = |kind: &str| providers.iter().find(|provider| text(provider, "type") == kind);
    let mut shown = Authentication::view(settings);
    shown["oidc_team_mapping_enabled"] = shown["idp_mapping_enabled"].clone();
    for (switch, kind) in SWITCHES {
        shown[switch] = json!(of_type(kind).is_some_and(|provider| provider["enabled"] == json!(true)));
    }
    if let Some(config) = of_type("oidc").map(|provider| &provider["config"]) {
        shown["oidc_config"] = json!({
            "issuer": config["issuer_url"],
            "client_id": config["client_id"],
            "scopes": config["scopes"],
            "claim_mappings": config["claim_mappings"],
        });
    }
    shown
}

fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = CHANGE.change(call.body()?)?;
    if let Some(older) = sent.remove("oidc_team_mapping_enabled") {
        sent.entry("idp_mapping_enabled").or_insert(older);
    }
    konnect.store.write(|world, batch| {
        let mut settings = settings::<Authentication>(world, call)?;
        let providers = changed_providers(world, batch, call, &mut sent)?;
        settings.extend(sent);
        put_settings::<Authentication>(world, batch, call, settings.clone())?;
        Ok(Answer::ok(view(&settings, &providers)))
    })
}

/// Takes the fields about identity providers out of a change, and stores what they change. Returns all providers of the
/// portal as they are then.
fn changed_providers(world: &World, batch: &mut Batch, call: &Call, sent: &mut Body) -> Result<Vec<Body>, Problem> {
    let records: Vec<&Record> = of_portal(world, call)?.collect();
    let mut all: BTreeMap<&str, Body> =
        records.iter().map(|record| (text(&record.body, "type"), Body::clone(&record.body))).collect();
    let config: Body =
        OF_OIDC.iter().filter_map(|(name, own)| Some(((*own).to_owned(), sent.remove(*name)?))).collect();
    if !config.is_empty() {
        if !all.contains_key("oidc") {
            all.insert("oidc", new_provider(&config)?);
        }
        let provider = all.get_mut("oidc").expect("it was inserted if it was missing");
        merge_deeply(provider, Body::from_iter([("config".to_owned(), Value::Object(config))]));
    }
    let mut invalid = Vec::new();
    for (switch, kind) in SWITCHES {
        match (sent.remove(switch), all.get_mut(kind)) {
            (Some(on), Some(provider)) => drop(provider.insert("enabled".to_owned(), on)),
            (Some(Value::Bool(true)), None) => {
                let reason = "cannot be enabled without an identity provider";
                invalid.push(Invalid::body(switch, Rule::Named("invalid"), reason));
            }
            _ => {}
        }
    }
    if all.values().filter(|provider| provider["enabled"] == json!(true)).count() > 1 {
        let reason = "cannot be enabled together with the other identity provider";
        invalid.push(Invalid::body("saml_auth_enabled", Rule::Named("invalid"), reason));
    }
    if !invalid.is_empty() {
        return Err(Problem::invalid(invalid));
    }
    for (kind, provider) in &mut all {
        match records.iter().find(|record| text(&record.body, "type") == *kind) {
            Some(record) if *record.body == *provider => {}
            Some(record) => {
                crate::konnect::identity::complete_config(provider, Some(&record.body))?;
                *provider = collection::amend(world, batch, &call.partition, Provider::KIND, record, provider.clone())?;
            }
            None => *provider = resource::add::<Provider>(world, batch, call, provider.clone())?,
        }
    }
    Ok(all.into_values().collect())
}

/// A provider with defaults, for a configuration that has all required fields.
fn new_provider(config: &Body) -> Result<Body, Problem> {
    let missing = OF_OIDC.iter().take(2).filter(|(_, own)| !config.contains_key(*own));
    let missing: Vec<Invalid> =
        missing.map(|(name, _)| Invalid::body(*name, Rule::Named("required"), "is a required field")).collect();
    match missing.is_empty() {
        false => Err(Problem::invalid(missing)),
        true => Ok(fields(json!({ "type": "oidc", "enabled": false, "config": OIDC_DEFAULTS.defaults() }))),
    }
}

/// A mapping: the team's id, and the group whose members join the team.
type Mapping = (Uuid, String);

static TEAM_WITH_GROUPS: Schema = Schema {
    fields: &[Field::new("team_id", Is::Uuid).required(), Field::new("groups", TEXTS).required()],
    unknown: Unknown::Ignored,
};

static CHANGES: Schema = Schema {
    fields: &[Field::new("data", Is::List(0, usize::MAX, &Is::Object(&TEAM_WITH_GROUPS))).required()],
    unknown: Unknown::Ignored,
};

/// The provider whose mappings these operations are about: the enabled one, or else the first.
///
/// # Errors
///
/// 400 if the portal has none, as the document says.
fn configured<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let is_enabled = |provider: &&Record| provider.body["enabled"] == json!(true);
    let mut all = of_portal(world, call)?;
    let enabled = of_portal(world, call)?.find(is_enabled);
    let missing =
        || Invalid::body("data", Rule::Named("invalid"), "requires an identity provider, and none is configured");
    enabled.or_else(|| all.next()).ok_or_else(|| missing().into())
}

fn mappings<'a>(world: &'a World, call: &Call, provider: &Record) -> impl Iterator<Item = &'a Record> + use<'a> {
    world.referring(&call.partition, &PORTAL_GROUP_MAPPINGS, "identity_provider_id", provider.id)
}

fn mapping(record: &Record) -> Mapping {
    let team = collection::reference(&record.body, "team_id").unwrap_or_default();
    (team, text(&record.body, "group").to_owned())
}

fn by_team(mappings: impl Iterator<Item = Mapping>) -> Vec<Value> {
    let mut teams: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    mappings.for_each(|(team, group)| {
        teams.entry(team).or_default().insert(group);
    });
    teams.into_iter().map(|(team, groups)| json!({ "team_id": team, "groups": groups })).collect()
}

fn list_by_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let all = by_team(mappings(&world, call, configured(&world, call)?).map(mapping));
    let page = call.query.page()?;
    let meta = json!({ "number": page.number, "size": page.size, "total": all.len() });
    let data: Vec<Value> = all.into_iter().skip(page.skipped()).take(page.size).collect();
    Ok(Answer::ok(json!({ "data": data, "meta": { "page": meta } })))
}

/// Replaces the mappings of the teams that are sent, and keeps those of other teams.
fn change_by_team(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = CHANGES.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        let provider = configured(world, call)?;
        let mut wanted: BTreeSet<Mapping> = mappings(world, call, provider).map(mapping).collect();
        for (index, entry) in sent["data"].as_array().into_iter().flatten().enumerate() {
            let id = entry["team_id"].as_str().and_then(|id| id.parse().ok());
            let team = identity_providers::team(world, call, &format!("data.{index}.team_id"), id)?.id;
            wanted.retain(|(other, _)| *other != team);
            let groups = entry["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
            wanted.extend(groups.map(|group| (team, group.to_owned())));
        }
        let all = by_team(wanted.iter().cloned());
        for record in mappings(world, call, provider) {
            if !wanted.remove(&mapping(record)) {
                batch.remove(&call.partition, &PORTAL_GROUP_MAPPINGS, record);
            }
        }
        for (team, group) in wanted {
            let made = fields(json!({ "identity_provider_id": provider.id, "team_id": team, "group": group }));
            collection::create(world, batch, &call.partition, &PORTAL_GROUP_MAPPINGS, made)?;
        }
        let meta = json!({ "number": 1, "size": all.len(), "total": all.len() });
        Ok(Answer::ok(json!({ "data": all, "meta": { "page": meta } })))
    })
}
