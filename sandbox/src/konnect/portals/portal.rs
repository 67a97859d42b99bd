//! `/portals`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::konnect::auth_strategies;
use crate::konnect::framework::collection::Listing;
use crate::konnect::framework::resource::{self, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Call, Document, Field, Filter, Initial, Invalid, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{
    CUSTOMIZATIONS, DEVELOPERS, PAGES, PORTAL_ASSETS, PORTAL_AUDIT_LOG_WEBHOOKS, PORTAL_AUTHENTICATION_SETTINGS,
    PORTAL_CUSTOM_DOMAINS, PORTAL_EMAIL_CONFIGS, PORTAL_EMAIL_DELIVERIES, PORTAL_EMAIL_TEMPLATES,
    PORTAL_GROUP_MAPPINGS, PORTAL_IDENTITY_PROVIDERS, PORTAL_INTEGRATIONS, PORTAL_IP_ALLOW_LISTS, PORTAL_TEAMS,
    PORTALS, PUBLICATIONS, SNIPPETS, TEAM_DEVELOPERS, TEAM_ROLES,
};
use crate::store::{Batch, Body, Kind, Partition, Record, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, "/v3/portals", resource::list::<Portal>),
    Route::post(Document::Portals, "/v3/portals", resource::create::<Portal>),
    Route::get(Document::Portals, "/v3/portals/{portalId}", resource::get::<Portal>),
    Route::patch(Document::Portals, "/v3/portals/{portalId}", resource::update::<Portal>),
    Route::delete(Document::Portals, "/v3/portals/{portalId}", resource::delete::<Portal>),
];

const VISIBILITIES: Is = Is::Choice(&["public", "private"]);

/// Creation and change allow the same fields. The document names no default for the two visibilities; the sandbox takes
/// `private`, as its examples show.
static PORTAL: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::read_only("default_domain"),
        Field::read_only("canonical_domain"),
        Field::new("name", Is::Text(1, 255)).required(),
        Field::new("display_name", Is::Text(1, 255)),
        Field::new("description", Is::Text(0, 512)).nullable().or(Initial::Null),
        Field::new("authentication_enabled", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("rbac_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("sipr_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("default_api_visibility", VISIBILITIES).or(Initial::Text("private")),
        Field::new("default_page_visibility", VISIBILITIES).or(Initial::Text("private")),
        Field::new("default_application_auth_strategy_id", Is::Uuid).nullable().or(Initial::Null),
        Field::new("auto_approve_developers", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("auto_approve_applications", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("notifications_developer_pii_visibility_enabled", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("labels", Is::LabelChanges(50)).nullable().or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing::new(
    &[
        Filter::id("id"),
        Filter::text("name"),
        Filter::text("description"),
        Filter::flag("authentication_enabled"),
        Filter::flag("rbac_enabled"),
        Filter::text("default_api_visibility"),
        Filter::text("default_page_visibility"),
        Filter::id("default_application_auth_strategy_id"),
        Filter::flag("auto_approve_developers"),
        Filter::flag("auto_approve_applications"),
        Filter::text("default_domain"),
        Filter::text("canonical_domain"),
    ],
    &[
        "name",
        "description",
        "authentication_enabled",
        "rbac_enabled",
        "auto_approve_applications",
        "auto_approve_developers",
        "default_domain",
        "canonical_domain",
        "created_at",
        "updated_at",
    ],
);

/// The portal that the path names.
pub(in crate::konnect) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    resource::of_path::<Portal>(world, call)
}

struct Portal;

impl Resource for Portal {
    const KIND: &'static Kind = &PORTALS;
    const NOUN: &'static str = "portal";
    const ID: &'static str = "portalId";
    const LISTING: &'static Listing = &LISTING;
    const SHOWN: &'static [&'static str] = &[];
    const OWNS: &'static [(&'static Kind, &'static str)] = &[
        (&PUBLICATIONS, "portal_id"),
        (&PAGES, "portal_id"),
        (&SNIPPETS, "portal_id"),
        (&CUSTOMIZATIONS, "portal_id"),
        (&DEVELOPERS, "portal_id"),
        (&PORTAL_TEAMS, "portal_id"),
        (&PORTAL_AUTHENTICATION_SETTINGS, "portal_id"),
        (&PORTAL_IDENTITY_PROVIDERS, "portal_id"),
        (&PORTAL_CUSTOM_DOMAINS, "portal_id"),
        (&PORTAL_ASSETS, "portal_id"),
        (&PORTAL_IP_ALLOW_LISTS, "portal_id"),
        (&PORTAL_INTEGRATIONS, "portal_id"),
        (&PORTAL_EMAIL_CONFIGS, "portal_id"),
        (&PORTAL_EMAIL_DELIVERIES, "portal_id"),
        (&PORTAL_EMAIL_TEMPLATES, "portal_id"),
        (&PORTAL_AUDIT_LOG_WEBHOOKS, "portal_id"),
    ];

    fn creation(_: &Body) -> &'static Schema {
        &PORTAL
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        check_authentication(fields)?;
        let strategy = "default_application_auth_strategy_id";
        auth_strategies::check_exists(world, &call.partition, strategy, fields.get(strategy).unwrap_or(&Value::Null))?;
        if old.is_none() {
            let name = fields["name"].clone();
            fields.entry("display_name").or_insert(name);
            let host = &Uuid::new_v4().simple().to_string()[..12];
            let domain = json!(format!("{host}.{}.portal.konghq.com", call.partition.region));
            fields.insert("default_domain".to_owned(), domain.clone());
            fields.insert("canonical_domain".to_owned(), domain);
        }
        Ok(())
    }

    /// Without `force`, a portal with publications is not deleted. Its teams are deleted with it, and what they own.
    fn remove(world: &World, batch: &mut Batch, call: &Call, portal: &Record) -> Result<(), Problem> {
        let force = call.query.flag("force")?;
        let published = world.referring(&call.partition, &PUBLICATIONS, "portal_id", portal.id).len();
        if published > 0 && !force {
            let detail =
                format!("APIs are published to the portal: {published}. Unpublish them first, or use [force=true].");
            return Err(Problem::conflict(detail));
        }
        for provider in world.referring(&call.partition, &PORTAL_IDENTITY_PROVIDERS, "portal_id", portal.id) {
            batch.remove_referring(world, &call.partition, &PORTAL_GROUP_MAPPINGS, "identity_provider_id", provider.id);
        }
        for team in world.referring(&call.partition, &PORTAL_TEAMS, "portal_id", portal.id) {
            batch.remove_referring(world, &call.partition, &TEAM_ROLES, "team_id", team.id);
            batch.remove_referring(world, &call.partition, &TEAM_DEVELOPERS, "team_id", team.id);
        }
        Ok(())
    }

    fn view(_: &World, _: &Partition, portal: &Body) -> Value {
        Value::Object(portal.clone())
    }
}

/// Role-based access control needs authentication, according to its description.
fn check_authentication(portal: &Body) -> Result<(), Problem> {
    let enabled = |name: &str| portal.get(name) == Some(&Value::Bool(true));
    if enabled("rbac_enabled") && !enabled("authentication_enabled") {
        let reason = "can be enabled only with authentication";
        let rule = Rule::Dependents(vec!["authentication_enabled"]);
        return Err(Invalid::body("rbac_enabled", rule, reason).into());
    }
    Ok(())
}
