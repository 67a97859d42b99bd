//! `/portals/email-templates` and `/portals/{portalId}/email-templates`: the texts of a portal's emails. The document says
//! which templates and variables there are, and not the words: those here are the sandbox's own. It sends no email.

use serde_json::{Value, json};

use super::portal::of_path;
use crate::konnect::framework::collection::{amend, create, fields, merge_deeply, text};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Answer, Call, Document, Field, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::PORTAL_EMAIL_TEMPLATES;
use crate::store::{Body, Record, World};

const OWN: &str = "/v3/portals/{portalId}/email-templates/{templateName}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, "/v3/portals/email-templates", list_defaults),
    Route::get(Document::Portals, "/v3/portals/email-templates/variables", list_variables),
    Route::get(Document::Portals, "/v3/portals/email-templates/{templateName}", show_default),
    Route::get(Document::Portals, "/v3/portals/{portalId}/email-templates", list),
    Route::get(Document::Portals, OWN, show),
    Route::patch(Document::Portals, OWN, change),
    Route::delete(Document::Portals, OWN, reset),
    Route::post(Document::Portals, "/v3/portals/{portalId}/email-templates/{templateName}/send-test-email", send_test),
];

/// A template: its name, its label, and the sentence of its text.
type Template = (&'static str, &'static str, &'static str);

const TEMPLATES: [Template; 11] = [
    ("confirm-email-address", "Confirm the email address", "Please confirm your email address."),
    ("app-registration-approved", "Registration approved", "Your application may use {{ api_name }}."),
    ("app-registration-rejected", "Registration rejected", "Your application may not use {{ api_name }}."),
    ("app-registration-revoked", "Registration revoked", "Your application may not use {{ api_name }} any more."),
    ("reset-password", "Reset the password", "Please choose another password."),
    ("account-access-approved", "Access approved", "You may sign in to {{ portal_display_name }}."),
    ("account-access-rejected", "Access rejected", "You may not sign in to {{ portal_display_name }}."),
    ("account-access-revoked", "Access revoked", "You may not sign in to {{ portal_display_name }} any more."),
    ("api-key-expiring-soon", "API key expires soon", "{{ credential_name }} expires at {{ credential_expires_at }}."),
    ("api-key-expired", "API key expired", "{{ credential_name }} has expired."),
    ("developer-invitation", "Invitation", "You are invited to {{ portal_display_name }}."),
];

/// The variables of every template: the name, a description and an example.
const EVERYWHERE: [(&str, &str, &str); 6] = [
    ("portal_display_name", "The portal's name", "Flights"),
    ("portal_domain", "The portal's domain", "developers.example.com"),
    ("developer_email", "The developer's email address", "developer@example.com"),
    ("developer_fullname", "The developer's name", "Robin Doe"),
    ("dev_portal_reply_to", "The address for replies", "support@example.com"),
    ("developer_status", "The developer's status", "approved"),
];

/// The variables of the templates whose names begin with a text.
const SOMEWHERE: [(&str, &str, &str, &str); 6] = [
    ("app-registration", "api_documentation_url", "The address of the API's documents", "https://example.com/docs"),
    ("app-registration", "api_name", "The API's name", "Flights"),
    ("app-registration", "api_version", "The API's version", "v1"),
    ("app-registration", "application_name", "The application's name", "Timetable"),
    ("api-key", "credential_name", "The key's name", "key-1"),
    ("api-key", "credential_expires_at", "The time when the key expires", "2030-01-01T00:00:00Z"),
];

/// All variables, each with the beginning of the names of its templates.
fn variables() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    EVERYWHERE.into_iter().map(|(name, description, example)| ("", name, description, example)).chain(SOMEWHERE)
}

fn list_variables(_: &Konnect, _: &Call) -> Result<Answer, Problem> {
    let shown = variables().map(|(prefix, name, description, example)| {
        let scope: Vec<&str> =
            TEMPLATES.iter().map(|(template, ..)| *template).filter(|template| template.starts_with(prefix)).collect();
        json!({ "name": name, "description": description, "example": example, "scope": scope })
    });
    Ok(Answer::ok(json!({ "data": shown.collect::<Vec<_>>() })))
}

fn view_default((name, label, sentence): &Template) -> Value {
    let own = variables().filter(|(prefix, ..)| name.starts_with(prefix)).map(|(_, variable, ..)| variable);
    json!({
        "name": name,
        "label": label,
        "variables": own.collect::<Vec<_>>(),
        "default_content": {
            "subject": label,
            "title": label,
            "body": format!("Hello {{{{ developer_fullname }}}},\n\n{sentence}"),
        },
    })
}

/// The template that the path names.
fn of_name(call: &Call) -> Result<&'static Template, Problem> {
    let named = call.parameter("templateName");
    let found = TEMPLATES.iter().find(|(name, ..)| *name == named);
    found.ok_or_else(|| Problem::not_found("email template", named))
}

fn list_defaults(_: &Konnect, _: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(json!({ "data": TEMPLATES.iter().map(view_default).collect::<Vec<_>>() })))
}

fn show_default(_: &Konnect, call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(view_default(of_name(call)?)))
}

/// What a portal has changed in a template. `None` if nothing.
fn own<'a>(world: &'a World, call: &Call, portal: &Record, (name, ..): &Template) -> Option<&'a Record> {
    let mut found = world.referring(&call.partition, &PORTAL_EMAIL_TEMPLATES, "portal_id", portal.id);
    found.find(|template| text(&template.body, "name") == *name)
}

/// A template of a portal. One that was never changed has the times of the portal, and no content of its own.
fn view(portal: &Record, template: &Template, own: Option<&Body>) -> Value {
    let mut shown = view_default(template);
    let field = |name: &str| own.and_then(|own| own.get(name)).cloned();
    shown["content"] = field("content").unwrap_or_default();
    shown["enabled"] = field("enabled").unwrap_or(json!(true));
    for time in ["created_at", "updated_at"] {
        shown[time] = field(time).or_else(|| portal.body.get(time).cloned()).unwrap_or_default();
    }
    shown
}

fn list(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let portal = of_path(&world, call)?;
    let shown = TEMPLATES
        .iter()
        .map(|template| view(portal, template, own(&world, call, portal, template).map(|own| &*own.body)));
    Ok(Answer::ok(json!({ "data": shown.collect::<Vec<_>>() })))
}

fn show(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let (portal, template) = (of_path(&world, call)?, of_name(call)?);
    Ok(Answer::ok(view(portal, template, own(&world, call, portal, template).map(|own| &*own.body))))
}

static CONTENT: Schema = Schema {
    fields: &[
        Field::new("subject", Is::Text(0, 1024)).nullable(),
        Field::new("title", Is::Text(0, 1024)).nullable(),
        Field::new("body", Is::Text(0, 4096)).nullable(),
        Field::new("button_label", Is::Text(0, 128)).nullable(),
    ],
    unknown: Unknown::Ignored,
};

static CHANGE: Schema = Schema {
    fields: &[Field::new("content", Is::Object(&CONTENT)).nullable(), Field::new("enabled", Is::Boolean)],
    unknown: Unknown::Ignored,
};

fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let sent = CHANGE.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let (portal, template) = (of_path(world, call)?, of_name(call)?);
        let changed = match own(world, call, portal, template) {
            Some(old) => {
                let mut fields = Body::clone(&old.body);
                merge_deeply(&mut fields, sent);
                amend(world, batch, &call.partition, &PORTAL_EMAIL_TEMPLATES, old, fields)?
            }
            None => {
                let mut made = fields(json!({ "portal_id": portal.id, "name": template.0 }));
                made.extend(sent);
                create(world, batch, &call.partition, &PORTAL_EMAIL_TEMPLATES, made)?
            }
        };
        Ok(Answer::ok(view(portal, template, Some(&changed))))
    })
}

/// Takes a template back to its default.
fn reset(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let (portal, template) = (of_path(world, call)?, of_name(call)?);
        if let Some(own) = own(world, call, portal, template) {
            batch.remove(&call.partition, &PORTAL_EMAIL_TEMPLATES, own);
        }
        Ok(Answer::no_content())
    })
}

static TEST_CONTENT: Schema = Schema {
    fields: &[
        Field::new("subject", Is::Text(0, 1024)).required(),
        Field::new("title", Is::Text(0, 1024)).required(),
        Field::new("body", Is::Text(0, 4096)).required(),
        Field::new("button_label", Is::Text(0, 128)),
    ],
    unknown: Unknown::Ignored,
};

static TEST: Schema =
    Schema { fields: &[Field::new("content", Is::Object(&TEST_CONTENT)).required()], unknown: Unknown::Ignored };

/// Checks the request. No email is sent.
fn send_test(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    TEST.create(call.body()?)?;
    of_path(&konnect.store.read(), call)?;
    of_name(call)?;
    Ok(Answer::no_content())
}
