//! Konnect Application Auth Strategies, `/v2` of a region: the ways in which applications identify themselves to
//! published APIs. Dynamic client registration is not offered, so a strategy cannot have a DCR provider.

use serde_json::{Value, json};

use super::framework::collection::{Listing, keep_unnamed, merge, pick, text};
use super::framework::resource::{self, Resource};
use super::framework::schema::Kind as Is;
use super::framework::{Call, Document, Field, Filter, Initial, Invalid, Problem, Route, Rule, Schema, Unknown};
use super::kinds::{AUTH_STRATEGIES, PORTALS, PUBLICATIONS};
use crate::store::{Batch, Body, Kind, Partition, Record, World};

const COLLECTION: &str = "/v2/application-auth-strategies";
const ITEM: &str = "/v2/application-auth-strategies/{authStrategyId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::AuthStrategies, COLLECTION, resource::list::<AuthStrategy>),
    Route::post(Document::AuthStrategies, COLLECTION, resource::create::<AuthStrategy>),
    Route::get(Document::AuthStrategies, ITEM, resource::get::<AuthStrategy>),
    Route::put(Document::AuthStrategies, ITEM, resource::upsert::<AuthStrategy>),
    Route::patch(Document::AuthStrategies, ITEM, resource::update::<AuthStrategy>),
    Route::delete(Document::AuthStrategies, ITEM, resource::delete::<AuthStrategy>),
];

const NAME: Field = Field::new("name", Is::Text(1, 256));
const DISPLAY_NAME: Field = Field::new("display_name", Is::Text(0, 256));
const TYPE: Field = Field::new("strategy_type", Is::Choice(&["key_auth", "openid_connect"])).required();
const LABELS: Field = Field::new("labels", Is::Labels(50)).or(Initial::Object);
const LABEL_CHANGES: Field = Field::new("labels", Is::LabelChanges(50)).nullable();
const DCR_PROVIDER: Field = Field::new("dcr_provider_id", Is::Uuid).nullable();
const PRINCIPALS: Field = Field::new("principals", Is::Object(&PRINCIPAL_SETTINGS));

static PRINCIPAL_SETTINGS: Schema =
    Schema { fields: &[Field::new("enabled", Is::Boolean).required()], unknown: Unknown::Refused };

static TTL: Schema = Schema {
    fields: &[
        Field::new("value", Is::Integer(1, i64::MAX)).required(),
        Field::new("unit", Is::Choice(&["days", "weeks", "years"])).required(),
    ],
    unknown: Unknown::Refused,
};

static KEY_AUTH: Schema = Schema {
    fields: &[Field::new("key_names", Is::List(1, 10, &Is::Text(0, 256))), Field::new("ttl", Is::Object(&TTL))],
    unknown: Unknown::Refused,
};

static KEY_AUTH_CHANGE: Schema = Schema {
    fields: &[
        Field::new("key_names", Is::List(1, 10, &Is::Text(0, 256))),
        Field::new("ttl", Is::Object(&TTL)).nullable(),
    ],
    unknown: Unknown::Refused,
};

/// In addition to these fields, the configuration may have any field of the gateway's plugin.
static OPENID_CONNECT: Schema = Schema {
    fields: &[
        Field::new("issuer", Is::Uri).required(),
        Field::new("credential_claim", Is::List(0, 10, &Is::Text(0, 128))).required(),
        Field::new("scopes", Is::List(0, 50, &Is::Text(0, 128))).required(),
        Field::new("auth_methods", Is::List(0, 10, &Is::Text(0, 64))).required(),
    ],
    unknown: Unknown::Stored,
};

static OPENID_CONNECT_CHANGE: Schema = Schema {
    fields: &[
        Field::new("issuer", Is::Uri),
        Field::new("credential_claim", Is::List(0, 10, &Is::Text(0, 128))),
        Field::new("scopes", Is::List(0, 50, &Is::Text(0, 128))),
        Field::new("auth_methods", Is::List(0, 10, &Is::Text(0, 64))),
    ],
    unknown: Unknown::Stored,
};

static KEY_AUTH_CONFIGS: Schema =
    Schema { fields: &[Field::new("key-auth", Is::Object(&KEY_AUTH)).required()], unknown: Unknown::Refused };
static KEY_AUTH_CONFIGS_CHANGE: Schema =
    Schema { fields: &[Field::new("key-auth", Is::Object(&KEY_AUTH_CHANGE)).required()], unknown: Unknown::Refused };
static OPENID_CONNECT_CONFIGS: Schema = Schema {
    fields: &[Field::new("openid-connect", Is::Object(&OPENID_CONNECT)).required()],
    unknown: Unknown::Refused,
};
static OPENID_CONNECT_CONFIGS_CHANGE: Schema = Schema {
    fields: &[Field::new("openid-connect", Is::Object(&OPENID_CONNECT_CHANGE)).required()],
    unknown: Unknown::Refused,
};

static CREATE_KEY_AUTH: Schema = Schema {
    fields: &[
        NAME.required(),
        DISPLAY_NAME.required(),
        TYPE,
        Field::new("configs", Is::Object(&KEY_AUTH_CONFIGS)).required(),
        LABELS,
        PRINCIPALS,
    ],
    unknown: Unknown::Refused,
};

static CREATE_OPENID_CONNECT: Schema = Schema {
    fields: &[
        NAME.required(),
        DISPLAY_NAME.required(),
        TYPE,
        Field::new("configs", Is::Object(&OPENID_CONNECT_CONFIGS)).required(),
        DCR_PROVIDER,
        LABELS,
        PRINCIPALS,
    ],
    unknown: Unknown::Refused,
};

/// The type of a strategy cannot be changed.
static CHANGE_KEY_AUTH: Schema = Schema {
    fields: &[
        NAME,
        DISPLAY_NAME,
        Field::new("configs", Is::Object(&KEY_AUTH_CONFIGS_CHANGE)),
        DCR_PROVIDER,
        LABEL_CHANGES,
        PRINCIPALS,
    ],
    unknown: Unknown::Refused,
};

static CHANGE_OPENID_CONNECT: Schema = Schema {
    fields: &[
        NAME,
        DISPLAY_NAME,
        Field::new("configs", Is::Object(&OPENID_CONNECT_CONFIGS_CHANGE)),
        DCR_PROVIDER,
        LABEL_CHANGES,
        PRINCIPALS,
    ],
    unknown: Unknown::Refused,
};

struct AuthStrategy;

impl Resource for AuthStrategy {
    const KIND: &'static Kind = &AUTH_STRATEGIES;
    const NOUN: &'static str = "application auth strategy";
    const ID: &'static str = "authStrategyId";
    const LISTING: &'static Listing = &Listing::new(
        &[
            Filter::text("strategy_type"),
            Filter::text("name"),
            Filter::text("display_name"),
            Filter::id("dcr_provider_id"),
            Filter::text("dcr_provider_name"),
            Filter::text("dcr_provider_type"),
        ],
        &[
            "created_at",
            "updated_at",
            "strategy_type",
            "name",
            "display_name",
            "dcr_provider_id",
            "dcr_provider_name",
            "dcr_provider_type",
        ],
    );
    const SHOWN: &'static [&'static str] =
        &["id", "name", "display_name", "strategy_type", "configs", "labels", "principals", "created_at", "updated_at"];

    fn creation(sent: &Body) -> &'static Schema {
        if text(sent, "strategy_type") == "openid_connect" { &CREATE_OPENID_CONNECT } else { &CREATE_KEY_AUTH }
    }

    fn change(record: &Body) -> &'static Schema {
        if text(record, "strategy_type") == "openid_connect" { &CHANGE_OPENID_CONNECT } else { &CHANGE_KEY_AUTH }
    }

    /// A change of a configuration keeps the fields that it does not name.
    fn merge(fields: &mut Body, mut changes: Body) {
        let old = fields.get("configs").and_then(Value::as_object);
        for (name, config) in changes.get_mut("configs").and_then(Value::as_object_mut).into_iter().flatten() {
            let old = old.and_then(|old| old.get(name)).and_then(Value::as_object);
            if let (Value::Object(config), Some(old)) = (config, old) {
                keep_unnamed(config, old);
            }
        }
        merge(fields, changes);
    }

    fn complete(_: &World, _: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        if fields.remove("dcr_provider_id").is_some_and(|id| !id.is_null()) {
            let reason = "DCR provider not found";
            return Err(Invalid::body("dcr_provider_id", Rule::Named("missing_reference"), reason).into());
        }
        for (_, config) in fields.get_mut("configs").and_then(Value::as_object_mut).into_iter().flatten() {
            // Only the time to live of keys may be null, which removes it.
            if let Value::Object(config) = config {
                config.retain(|_, value| !value.is_null());
            }
        }
        Ok(())
    }

    /// A strategy that is only the default of portals can be deleted, and they have none then.
    fn remove(world: &World, batch: &mut Batch, call: &Call, strategy: &Record) -> Result<(), Problem> {
        let users = world.referring(&call.partition, &PUBLICATIONS, "auth_strategy_ids", strategy.id).len();
        if users > 0 {
            return Err(Problem::conflict(format!("The strategy is in use. Publications that use it: {users}.")));
        }
        for portal in world.referring(&call.partition, &PORTALS, DEFAULT, strategy.id) {
            let mut fields = Body::clone(&portal.body);
            fields.insert(DEFAULT.to_owned(), Value::Null);
            batch.update(world, &call.partition, &PORTALS, portal, fields)?;
        }
        Ok(())
    }

    fn view(world: &World, partition: &Partition, strategy: &Body) -> Value {
        let mut shown = pick(strategy, Self::SHOWN);
        let publications = world.referring(partition, &PUBLICATIONS, "auth_strategy_ids", text(strategy, "id"));
        shown.insert("active".to_owned(), json!(publications.len() > 0));
        shown.insert("dcr_provider".to_owned(), Value::Null);
        // Without a DCR provider, several credentials are always possible.
        shown.insert("supports_multiple_credentials".to_owned(), json!(true));
        Value::Object(shown)
    }
}

/// The field of a portal with the id of its default strategy.
const DEFAULT: &str = "default_application_auth_strategy_id";

/// Refuses the id of a strategy that does not exist; null is accepted.
pub(super) fn check_exists(world: &World, partition: &Partition, field: &str, id: &Value) -> Result<(), Problem> {
    let id = id.as_str().and_then(|id| id.parse().ok());
    match id.is_none_or(|id| world.get(partition, &AUTH_STRATEGIES, id).is_some()) {
        true => Ok(()),
        false => {
            let reason = "Application auth strategy not found";
            Err(Invalid::body(field, Rule::Named("missing_reference"), reason).into())
        }
    }
}
