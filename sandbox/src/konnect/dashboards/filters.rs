//! The filters of a query or a dashboard: on a field's values, or on their absence.

use crate::konnect::framework::schema::{Kind as Is, Shape, is_uuid};
use crate::konnect::framework::{Field, Schema, Unknown};

type Choices = &'static [&'static str];

/// Filters of a query on the usage of APIs.
pub(super) const OF_APIS: Is = Is::Variant(
    "field",
    &[
        (API_IDS, &BY_ID),
        (COMMON_IDS, &BY_ID),
        (SCOPED_IDS, &BY_SCOPED_ID),
        (&["data_plane_node"], &BY_SCOPED_ID),
        (API_TEXTS, &BY_TEXT),
        (STATUSES, &BY_STATUS),
        (UPSTREAM_STATUSES, &BY_STATUS),
        (CLASSES, &BY_CLASS),
        (UPSTREAM_CLASSES, &BY_CLASS),
    ],
);

/// Filters of a query on the usage of language models.
pub(super) const OF_MODELS: Is = Is::Variant(
    "field",
    &[
        (COMMON_IDS, &BY_ID),
        (SCOPED_IDS, &BY_SCOPED_ID),
        (MODEL_TEXTS, &BY_TEXT),
        (STATUSES, &BY_STATUS),
        (CLASSES, &BY_CLASS),
    ],
);

/// Filters of a whole dashboard: those of all its queries.
pub(super) const ALL: Is = Is::Variant(
    "field",
    &[
        (API_IDS, &BY_ID),
        (COMMON_IDS, &BY_ID),
        (SCOPED_IDS, &BY_SCOPED_ID),
        (&["data_plane_node"], &BY_SCOPED_ID),
        (API_TEXTS, &BY_TEXT),
        (MODEL_TEXTS, &BY_TEXT),
        (STATUSES, &BY_STATUS),
        (UPSTREAM_STATUSES, &BY_STATUS),
        (CLASSES, &BY_CLASS),
        (UPSTREAM_CLASSES, &BY_CLASS),
    ],
);

const API_IDS: Choices = &["api", "api_product", "api_product_version", "portal"];
const COMMON_IDS: Choices = &["application", "control_plane", "control_plane_group", "realm"];
const SCOPED_IDS: Choices = &["consumer", "gateway_service", "route"];
const API_TEXTS: Choices = &["data_plane_node_version", "response_source"];
const MODEL_TEXTS: Choices = &[
    "ai_plugin",
    "ai_provider",
    "ai_request_model",
    "ai_response_model",
    "llm_cache_status",
    "llm_embeddings_model",
    "llm_embeddings_provider",
];
const STATUSES: Choices = &["status_code"];
const UPSTREAM_STATUSES: Choices = &["upstream_status_code"];
const CLASSES: Choices = &["status_code_grouped"];
const UPSTREAM_CLASSES: Choices = &["upstream_status_code_grouped"];

const BY_VALUE: Choices = &["in", "not_in"];

/// A filter on the presence of a value, which names no values.
const BY_PRESENCE: (Choices, &Is) = (&["empty", "not_empty"], &Is::Object(&NOTHING));

static NOTHING: Schema = Schema { fields: &[], unknown: Unknown::Ignored };

const BY_ID: Is = Is::Variant("operator", &[(BY_VALUE, &Is::Object(&ID_VALUES)), BY_PRESENCE]);
const BY_SCOPED_ID: Is = Is::Variant("operator", &[(BY_VALUE, &Is::Object(&SCOPED_ID_VALUES)), BY_PRESENCE]);
const BY_TEXT: Is = Is::Variant("operator", &[(BY_VALUE, &Is::Object(&TEXT_VALUES)), BY_PRESENCE]);
const BY_STATUS: Is = Is::Variant("operator", &[(BY_VALUE, &Is::Object(&STATUS_VALUES)), BY_PRESENCE]);
const BY_CLASS: Is = Is::Variant("operator", &[(BY_VALUE, &Is::Object(&CLASS_VALUES)), BY_PRESENCE]);

static ID_VALUES: Schema =
    Schema { fields: &[Field::new("value", Is::List(0, usize::MAX, &ID)).required()], unknown: Unknown::Ignored };

static SCOPED_ID_VALUES: Schema = Schema {
    fields: &[Field::new("value", Is::List(0, usize::MAX, &SCOPED_ID)).required()],
    unknown: Unknown::Ignored,
};

static TEXT_VALUES: Schema = Schema {
    fields: &[Field::new("value", Is::List(0, usize::MAX, &Is::ANY_TEXT)).required()],
    unknown: Unknown::Ignored,
};

static STATUS_VALUES: Schema = Schema {
    fields: &[Field::new("value", Is::List(0, usize::MAX, &Is::Integer(0, 999))).required()],
    unknown: Unknown::Ignored,
};

static CLASS_VALUES: Schema =
    Schema { fields: &[Field::new("value", Is::List(0, usize::MAX, &CLASS)).required()], unknown: Unknown::Ignored };

const ID: Is = Is::Shaped(
    36,
    36,
    Shape { pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", matches: is_lower_uuid },
);

/// The id of a control plane, and of an entity in it.
const SCOPED_ID: Is = Is::Shaped(
    73,
    73,
    Shape {
        pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:\
                  [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        matches: |text| text.split_once(':').is_some_and(|(one, other)| is_lower_uuid(one) && is_lower_uuid(other)),
    },
);

/// A class of status codes: `4XX`.
const CLASS: Is = Is::Shaped(
    3,
    3,
    Shape {
        pattern: "^\\d[xX][xX]$",
        matches: |text| {
            text.strip_prefix(|c: char| c.is_ascii_digit()).is_some_and(|rest| rest.eq_ignore_ascii_case("xx"))
        },
    },
);

fn is_lower_uuid(text: &str) -> bool {
    is_uuid(text) && !text.contains(|c: char| c.is_ascii_uppercase())
}
