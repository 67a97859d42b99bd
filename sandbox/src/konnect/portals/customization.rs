//! `/portals/{portalId}/customization`: the look of a portal.

use super::portal::of_path;
use crate::konnect::framework::collection::merge_deeply;
use crate::konnect::framework::resource::{Owner, Settings, change_settings, replace_settings, show_settings};
use crate::konnect::framework::schema::{Kind as Is, Shape};
use crate::konnect::framework::{Call, Document, Field, Initial, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::CUSTOMIZATIONS;
use crate::store::{Body, Kind, World};

const PATH: &str = "/v3/portals/{portalId}/customization";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Portals, PATH, show_settings::<Customization>),
    Route::put(Document::Portals, PATH, replace_settings::<Customization>),
    Route::patch(Document::Portals, PATH, change_settings::<Customization>),
];

const COLOR: Is = Is::Shaped(
    4,
    7,
    Shape {
        pattern: "^#([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$",
        matches: |text| {
            let digits = text.strip_prefix('#').unwrap_or_default();
            matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit())
        },
    },
);

static COLORS: Schema = Schema { fields: &[Field::new("primary", COLOR)], unknown: Unknown::Refused };

static THEME: Schema = Schema {
    fields: &[
        Field::new("name", Is::ANY_TEXT),
        Field::new("mode", Is::Choice(&["light", "dark", "system"])),
        Field::new("colors", Is::Object(&COLORS)),
    ],
    unknown: Unknown::Refused,
};

static LINK: Schema = Schema {
    fields: &[
        Field::new("path", Is::Text(0, 512)).required(),
        Field::new("title", Is::ANY_TEXT).required(),
        Field::new("visibility", Is::Choice(&["public", "private"])).required(),
        Field::new("external", Is::Boolean).required(),
    ],
    unknown: Unknown::Refused,
};

const LINKS: Is = Is::List(0, usize::MAX, &Is::Object(&LINK));

static SECTION: Schema = Schema {
    fields: &[Field::new("title", Is::Text(0, 512)).required(), Field::new("items", LINKS).required()],
    unknown: Unknown::Refused,
};

static MENU: Schema = Schema {
    fields: &[
        Field::new("main", LINKS),
        Field::new("footer_sections", Is::List(0, usize::MAX, &Is::Object(&SECTION))),
        Field::new("footer_bottom", LINKS),
    ],
    unknown: Unknown::Refused,
};

static SPEC_RENDERER: Schema = Schema {
    fields: &[
        Field::new("try_it_ui", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("try_it_insomnia", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("infinite_scroll", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("show_schemas", Is::Boolean).or(Initial::Boolean(true)),
        Field::new("hide_internal", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("hide_deprecated", Is::Boolean).or(Initial::Boolean(false)),
        Field::new("allow_custom_server_urls", Is::Boolean).or(Initial::Boolean(true)),
    ],
    unknown: Unknown::Refused,
};

struct Customization;

impl Settings for Customization {
    const KIND: &'static Kind = &CUSTOMIZATIONS;

    const SCHEMA: &'static Schema = &Schema {
        fields: &[
            Field::new("theme", Is::Object(&THEME)),
            Field::new("layout", Is::ANY_TEXT),
            Field::new("css", Is::ANY_TEXT).nullable().or(Initial::Null),
            Field::new("menu", Is::Object(&MENU)),
            Field::new("spec_renderer", Is::Object(&SPEC_RENDERER)).or(Initial::Object),
            Field::new("robots", Is::ANY_TEXT).nullable().or(Initial::Null),
        ],
        unknown: Unknown::Refused,
    };

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
    }

    fn initial(_: &World, _: &Call) -> Body {
        Self::SCHEMA.defaults()
    }

    fn merge(settings: &mut Body, changes: Body) {
        merge_deeply(settings, changes);
    }
}
