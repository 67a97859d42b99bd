//! `/portals/{portalId}/integrations`: what a portal's pages report to.

use super::portal::of_path;
use crate::konnect::framework::collection::{merge_deeply, pick};
use crate::konnect::framework::resource::{Owner, Settings, put_settings, replace_settings, settings, show_settings};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{Answer, Call, Document, Field, Initial, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::PORTAL_INTEGRATIONS;
use crate::store::{Body, Kind, World};

const PATH: &str = "/v3/portals/{portalId}/integrations";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, PATH, show_settings::<Integrations>),
    Route::put(Document::Portals, PATH, replace_settings::<Integrations>),
    Route::patch(Document::Portals, PATH, change),
];

/// True if a text is a prefix, and one or more letters, digits or `also` after it.
fn is_identifier(text: &str, prefix: &str, also: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|character| character.is_ascii_alphanumeric() || also.contains(character))
    })
}

const TAG_MANAGER_ID: Is =
    Is::Shaped(5, 20, Shape { pattern: "^GTM-[A-Za-z0-9]+$", matches: |text| is_identifier(text, "GTM-", "") });

const ANALYTICS_ID: Is =
    Is::Shaped(5, 20, Shape { pattern: "^G-[A-Za-z0-9-]+$", matches: |text| is_identifier(text, "G-", "-") });

const SITE_KEY: Is =
    Is::Shaped(32, 32, Shape { pattern: "^[A-Za-z0-9]+$", matches: |text| is_identifier(text, "", "") });

/// A text of up to 100 characters, or null.
const fn words(name: &'static str) -> Field {
    Field::new(name, Is::Text(0, 100)).nullable()
}

/// A switch, or null.
const fn switch(name: &'static str) -> Field {
    Field::new(name, Is::Boolean).nullable()
}

static TAG_MANAGER: Schema = Schema {
    fields: &[
        Field::new("id", TAG_MANAGER_ID).required(),
        words("l"),
        words("preview"),
        switch("cookies_win"),
        switch("debug"),
        switch("npa"),
        words("data_layer"),
        words("env_name"),
        words("auth_referrer_policy"),
    ],
    unknown: Unknown::Refused,
};

static ANALYTICS: Schema =
    Schema { fields: &[Field::new("id", ANALYTICS_ID).required(), words("l")], unknown: Unknown::Refused };

static EQUAL_WEB: Schema = Schema {
    fields: &[
        Field::new("site_key", SITE_KEY).required(),
        Field::new("widget_config", Is::Object(&Schema::FREE)).or(Initial::Object),
    ],
    unknown: Unknown::Refused,
};

macro_rules! integration {
    ($whole:ident, $change:ident, $kind:literal, $data:ident) => {
        static $whole: Schema = Schema {
            fields: &[
                Field::new("enabled", Is::Boolean).required(),
                Field::new("type", Is::Choice(&[$kind])).required(),
                Field::new("config_data", Is::Object(&$data)).required(),
            ],
            unknown: Unknown::Refused,
        };

        static $change: Schema = Schema {
            fields: &[
                Field::new("enabled", Is::Boolean),
                Field::new("type", Is::Choice(&[$kind])),
                Field::new("config_data", Is::Object(&$data)),
            ],
            unknown: Unknown::Refused,
        };
    };
}

integration!(OF_TAG_MANAGER, CHANGE_TAG_MANAGER, "tracking", TAG_MANAGER);
integration!(OF_ANALYTICS, CHANGE_ANALYTICS, "analytics", ANALYTICS);
integration!(OF_EQUAL_WEB, CHANGE_EQUAL_WEB, "accessibility", EQUAL_WEB);

static CHANGE: Schema = Schema {
    fields: &[
        Field::new("google_tag_manager", Is::Object(&CHANGE_TAG_MANAGER)).nullable(),
        Field::new("google_analytics_4", Is::Object(&CHANGE_ANALYTICS)).nullable(),
        Field::new("equal_web", Is::Object(&CHANGE_EQUAL_WEB)).nullable(),
    ],
    unknown: Unknown::Refused,
};

/// Changes the integrations that are sent. What is there then must be whole.
fn change(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let changes = CHANGE.change(call.body()?)?;
    konnect.store.write(|world, batch| {
        let mut fields = settings::<Integrations>(world, call)?;
        merge_deeply(&mut fields, changes);
        let names = ["google_tag_manager", "google_analytics_4", "equal_web"];
        fields.extend(Integrations::SCHEMA.create(pick(&fields, &names))?);
        put_settings::<Integrations>(world, batch, call, fields)
    })
}

struct Integrations;

impl Settings for Integrations {
    const KIND: &'static Kind = &PORTAL_INTEGRATIONS;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[
            Field::new("google_tag_manager", Is::Object(&OF_TAG_MANAGER)).nullable(),
            Field::new("google_analytics_4", Is::Object(&OF_ANALYTICS)).nullable(),
            Field::new("equal_web", Is::Object(&OF_EQUAL_WEB)).nullable(),
        ],
        unknown: Unknown::Refused,
    };

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    fn initial(_: &World, _: &Call) -> Body {
        Body::new()
    }
}
