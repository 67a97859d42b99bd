//! `/portals/{portalId}/audit-log-webhook`: where a portal's audit logs are sent. The sandbox sends none, and offers no
//! destinations, so that a webhook can name none.

use serde_json::{Value, json};

use super::portal::of_path;
use crate::konnect::framework::resource::{Owner, Settings, change_settings, settings, show_settings};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{
    Answer, Call, Document, Field, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::PORTAL_AUDIT_LOG_WEBHOOKS;
use crate::store::{Body, Kind, World};

const PATH: &str = "/v3/portals/{portalId}/audit-log-webhook";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, PATH, show_settings::<Webhook>),
    Route::patch(Document::Portals, PATH, change_settings::<Webhook>),
    Route::delete(Document::Portals, PATH, reset),
    Route::get(Document::Portals, "/v3/portals/{portalId}/audit-log-webhook/status", status),
    Route::get(Document::Portals, "/v3/portals/{portalId}/audit-log-replay-job", replay),
];

const DESTINATION: &str = "audit_log_destination_id";

struct Webhook;

impl Settings for Webhook {
    const KIND: &'static Kind = &PORTAL_AUDIT_LOG_WEBHOOKS;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[Field::new("enabled", Is::Boolean).or(Initial::Boolean(false)), Field::new(DESTINATION, Is::Uuid)],
        unknown: Unknown::Ignored,
    };

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    fn initial(_: &World, _: &Call) -> Body {
        Self::SCHEMA.defaults()
    }

    fn check(_: &World, _: &Call, fields: &Body) -> Result<(), Problem> {
        if fields.contains_key(DESTINATION) {
            let reason = "Audit log destination not found";
            return Err(Invalid::body(DESTINATION, Rule::Named("missing_reference"), reason).into());
        }
        if fields["enabled"] == json!(true) {
            let reason = "can be enabled only with a destination";
            return Err(Invalid::body("enabled", Rule::Dependents(vec![DESTINATION]), reason).into());
        }
        Ok(())
    }
}

/// Takes the webhook back to what a portal has at first.
fn reset(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        batch.remove_referring(world, &call.partition, &PORTAL_AUDIT_LOG_WEBHOOKS, "portal_id", portal.id);
        Ok(Answer::no_content())
    })
}

fn status(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let settings = settings::<Webhook>(&konnect.store.read(), call)?;
    let enabled: Value = settings["enabled"].clone();
    Ok(Answer::ok(json!({ "webhook_enabled": enabled, "webhook_status": "inactive" })))
}

fn replay(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    of_path(&konnect.store.read(), call)?;
    Ok(Answer::ok(json!({ "status": "unconfigured" })))
}
