//! Konnect Analytics Dashboards, `/v2` of a region: the tiles; their queries are in `queries`, the filters in
//! `filters`.

mod filters;
mod queries;

use serde_json::json;

use super::framework::collection::{Listing, reference};
use super::framework::resource::{self, Resource};
use super::framework::schema::Kind as Is;
use super::framework::{Call, Document, Field, Filter, Initial, Problem, Route, Schema, Unknown};
use super::identity;
use super::kinds::DASHBOARDS;
use crate::store::{Body, GLOBAL, Kind, Partition, World};

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Dashboards, "/v2/dashboards", resource::list::<Dashboard>),
    Route::post(Document::Dashboards, "/v2/dashboards", resource::create::<Dashboard>),
    Route::get(Document::Dashboards, "/v2/dashboards/{dashboardId}", resource::get::<Dashboard>),
    Route::put(Document::Dashboards, "/v2/dashboards/{dashboardId}", resource::replace::<Dashboard>),
    Route::delete(Document::Dashboards, "/v2/dashboards/{dashboardId}", resource::delete::<Dashboard>),
];

static DASHBOARD: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_by"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("name", Is::Text(1, 255)).required(),
        Field::new("definition", Is::Object(&DEFINITION)).required(),
        Field::new("labels", Is::Labels(50)).or(Initial::Object),
    ],
    unknown: Unknown::Ignored,
};

/// The document limits tiles to 102, with a keyword for the length of a text.
static DEFINITION: Schema = Schema {
    fields: &[
        Field::new("tiles", Is::List(0, 102, &Is::Object(&TILE))).required(),
        Field::new("preset_filters", Is::List(0, usize::MAX, &filters::ALL)),
    ],
    unknown: Unknown::Refused,
};

static TILE: Schema = Schema {
    fields: &[
        Field::new("layout", Is::Object(&LAYOUT)).required(),
        Field::new("type", Is::Choice(&["chart"])).required(),
        Field::new("definition", Is::Object(&TILE_DEFINITION)).required(),
    ],
    unknown: Unknown::Refused,
};

static LAYOUT: Schema = Schema {
    fields: &[
        Field::new("position", Is::Object(&POSITION)).required(),
        Field::new("size", Is::Object(&SIZE)).required(),
    ],
    unknown: Unknown::Refused,
};

static POSITION: Schema = Schema {
    fields: &[Field::new("col", Is::Integer(0, 5)).required(), Field::new("row", Is::Integer(0, i64::MAX)).required()],
    unknown: Unknown::Refused,
};

static SIZE: Schema = Schema {
    fields: &[
        Field::new("cols", Is::Integer(1, 6)).required(),
        Field::new("rows", Is::Integer(1, i64::MAX)).required(),
    ],
    unknown: Unknown::Refused,
};

static TILE_DEFINITION: Schema = Schema {
    fields: &[Field::new("query", queries::QUERY).required(), Field::new("chart", CHART).required()],
    unknown: Unknown::Refused,
};

const CHART: Is = Is::Variant(
    "type",
    &[
        (&["donut"], &Is::Object(&DONUT)),
        (&["timeseries_line", "timeseries_bar", "horizontal_bar", "vertical_bar"], &Is::Object(&STACKABLE)),
        (&["single_value"], &Is::Object(&SINGLE_VALUE)),
    ],
);

const CHART_TITLE: Field = Field::new("chart_title", Is::ANY_TEXT);

/// The variant has checked the value already.
const CHART_TYPE: Field = Field::new("type", Is::Text(1, usize::MAX)).required();

static DONUT: Schema = Schema { fields: &[CHART_TITLE, CHART_TYPE], unknown: Unknown::Refused };

static STACKABLE: Schema =
    Schema { fields: &[CHART_TITLE, CHART_TYPE, Field::new("stacked", Is::Boolean)], unknown: Unknown::Refused };

static SINGLE_VALUE: Schema =
    Schema { fields: &[CHART_TITLE, CHART_TYPE, Field::new("decimal_points", Is::Number)], unknown: Unknown::Refused };

struct Dashboard;

impl Resource for Dashboard {
    const KIND: &'static Kind = &DASHBOARDS;
    const NOUN: &'static str = "dashboard";
    const ID: &'static str = "dashboardId";
    const LISTING: &'static Listing = &Listing::new(
        &[
            Filter::id("id"),
            Filter::text("name"),
            Filter::keys("labels", &["eq", "oeq", "neq", "contains", "ocontains"]),
            Filter::time("created_at"),
            Filter::time("updated_at"),
        ],
        &["name", "created_at", "updated_at"],
    );
    const SHOWN: &'static [&'static str] =
        &["id", "name", "definition", "labels", "created_by", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &DASHBOARD
    }

    /// Every token of the sandbox belongs to the owner.
    fn complete(world: &World, call: &Call, fields: &mut Body, _: Option<&Body>) -> Result<(), Problem> {
        let organization = Partition { region: GLOBAL.to_owned(), ..call.partition.clone() };
        if let Some(owner) = identity::organization(world, &organization).and_then(|found| reference(found, "owner_id"))
        {
            fields.entry("created_by").or_insert_with(|| json!(owner));
        }
        Ok(())
    }
}
