//! `/system-accounts`: accounts of programs, such as a pipeline, with tokens of their own.

use crate::konnect::framework::collection::Listing;
use crate::konnect::framework::resource::{self, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::{Document, Field, Filter, Initial, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::{ASSIGNED_ROLES, SUBJECT, SYSTEM_ACCOUNT_TOKENS, SYSTEM_ACCOUNTS, TEAM_SYSTEM_ACCOUNTS};
use crate::store::{Body, Kind, Taken};

const COLLECTION: &str = "/v3/system-accounts";
const ITEM: &str = "/v3/system-accounts/{accountId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::Identity, COLLECTION, resource::list::<SystemAccount>),
    Route::post(Document::Identity, COLLECTION, resource::create::<SystemAccount>),
    Route::get(Document::Identity, ITEM, resource::get::<SystemAccount>),
    Route::patch(Document::Identity, ITEM, resource::update::<SystemAccount>),
    Route::delete(Document::Identity, ITEM, resource::delete::<SystemAccount>),
];

static CREATE: Schema = Schema {
    fields: &[
        Field::new("name", Is::ANY_TEXT).required(),
        Field::new("description", Is::ANY_TEXT).required(),
        Field::new("konnect_managed", Is::Boolean).or(Initial::Boolean(false)),
    ],
    unknown: Unknown::Ignored,
};

static UPDATE: Schema = Schema {
    fields: &[Field::new("name", Is::ANY_TEXT), Field::new("description", Is::ANY_TEXT)],
    unknown: Unknown::Ignored,
};

pub(super) struct SystemAccount;

impl Resource for SystemAccount {
    const KIND: &'static Kind = &SYSTEM_ACCOUNTS;
    const NOUN: &'static str = "system account";
    const ID: &'static str = "accountId";
    const LISTING: &'static Listing = &Listing::new(
        &[
            Filter::new("name", &["eq", "contains"]),
            Filter::new("description", &["eq", "contains"]),
            Filter::flag("konnect_managed"),
        ],
        &[],
    );
    const SHOWN: &'static [&'static str] =
        &["id", "name", "description", "konnect_managed", "created_at", "updated_at"];
    const OWNS: &'static [(&'static Kind, &'static str)] =
        &[(&SYSTEM_ACCOUNT_TOKENS, "account_id"), (&TEAM_SYSTEM_ACCOUNTS, "account_id"), (&ASSIGNED_ROLES, SUBJECT)];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE
    }

    fn change(_: &Body) -> &'static Schema {
        &UPDATE
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("The organization already has a system account of this name.")
    }
}
