//! `/portals/{portalId}/email-config` and its older form `/email-delivery`: who a portal's emails come from. The sandbox
//! sends none.

use serde_json::json;

use super::portal::of_path;
use crate::konnect::framework::collection::{self, amend, pick};
use crate::konnect::framework::resource::{Owner, Settings, change_settings, show_settings};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Answer, Call, Document, Field, Initial, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::{PORTAL_EMAIL_CONFIGS, PORTAL_EMAIL_DELIVERIES};
use crate::store::{Body, Kind, Record, World};

const CONFIG: &str = "/v3/portals/{portalId}/email-config";
const DELIVERY: &str = "/v3/portals/{portalId}/email-delivery";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, CONFIG, show),
    Route::post(Document::Portals, CONFIG, create),
    Route::patch(Document::Portals, CONFIG, change),
    Route::delete(Document::Portals, CONFIG, delete),
    Route::get(Document::Portals, DELIVERY, show_settings::<Delivery>),
    Route::patch(Document::Portals, DELIVERY, change_settings::<Delivery>),
    Route::delete(Document::Portals, DELIVERY, reset),
];

/// The longest address that the standards of email allow.
const ADDRESS: Is = Is::Email(320);

static SCHEMA: Schema = Schema {
    fields: &[
        Field::new("domain_name", Is::ANY_TEXT).nullable().or(Initial::Null),
        Field::new("from_name", Is::ANY_TEXT).nullable().or(Initial::Null),
        Field::new("from_email", ADDRESS).nullable().or(Initial::Null),
        Field::new("reply_to_email", ADDRESS).nullable().or(Initial::Null),
    ],
    unknown: Unknown::Refused,
};

fn view(config: &Body) -> Body {
    let shown = ["id", "domain_name", "from_name", "from_email", "reply_to_email", "created_at", "updated_at"];
    pick(config, &shown)
}

/// The configuration of the path's portal.
fn config<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    let portal = of_path(world, call)?;
    let mut found = world.referring(&call.partition, &PORTAL_EMAIL_CONFIGS, "portal_id", portal.id);
    found.next().ok_or_else(|| Problem::not_found("email configuration of the portal", &portal.id.to_string()))
}

fn show(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(view(&config(&konnect.store.read(), call)?.body)))
}

fn create(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = SCHEMA.create(call.body()?)?;
    konnect.store.write(|world, batch| {
        sent.insert("portal_id".to_owned(), json!(of_path(world, call)?.id));
        let made = collection::create(world, batch, &call.partition, &PORTAL_EMAIL_CONFIGS, sent)
            .map_err(|_| Problem::conflict("The portal has an email configuration already."))?;
        Ok(Answer::created(view(&made)))
    })
}

fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = SCHEMA.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let old = config(world, call)?;
        let mut fields = Body::clone(&old.body);
        fields.extend(sent);
        Ok(Answer::ok(view(&amend(world, batch, &call.partition, &PORTAL_EMAIL_CONFIGS, old, fields)?)))
    })
}

fn delete(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        batch.remove(&call.partition, &PORTAL_EMAIL_CONFIGS, config(world, call)?);
        Ok(Answer::no_content())
    })
}

struct Delivery;

impl Settings for Delivery {
    const KIND: &'static Kind = &PORTAL_EMAIL_DELIVERIES;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[
            Field::new("enabled", Is::Boolean).or(Initial::Boolean(false)),
            Field::new("from_email", ADDRESS).nullable().or(Initial::Null),
            Field::new("reply_to_email", ADDRESS).nullable().or(Initial::Null),
        ],
        unknown: Unknown::Refused,
    };

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    /// The times of a delivery that was never set up are those of its portal.
    fn initial(world: &World, call: &Call) -> Body {
        let mut fields = Self::SCHEMA.defaults();
        if let Ok(portal) = of_path(world, call) {
            fields.extend(pick(&portal.body, &["created_at", "updated_at"]));
        }
        fields
    }

    fn view(settings: &Body) -> serde_json::Value {
        pick(settings, &["enabled", "from_email", "reply_to_email", "created_at", "updated_at"]).into()
    }
}

/// Takes a delivery back to what a portal has at first.
fn reset(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        batch.remove_referring(world, &call.partition, &PORTAL_EMAIL_DELIVERIES, "portal_id", portal.id);
        Ok(Answer::no_content())
    })
}
