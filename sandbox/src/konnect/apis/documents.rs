//! `/apis/{apiId}/documents`: Markdown documents of an API, in a tree.

use serde_json::json;
use uuid::Uuid;

use super::path;
use super::slug::{self, SLUG};
use crate::konnect::framework::collection::{Listing, text};
use crate::konnect::framework::query::Filter;
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::tree::{self, Tree, first_heading, front_matter};
use crate::konnect::framework::{Answer, Call, Document, Field, Initial, Konnect, Problem, Route, Schema, Unknown};
use crate::konnect::kinds::DOCUMENTS;
use crate::store::{Batch, Body, Kind, Record, Taken, World};

const COLLECTION: &str = "/v3/apis/{apiId}/documents";
const ITEM: &str = "/v3/apis/{apiId}/documents/{documentId}";

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ApiCatalog, COLLECTION, tree::list::<ApiDocument>),
    Route::post(Document::ApiCatalog, COLLECTION, resource::create::<ApiDocument>).json_only(),
    Route::get(Document::ApiCatalog, ITEM, resource::get::<ApiDocument>),
    Route::patch(Document::ApiCatalog, ITEM, resource::update::<ApiDocument>).json_only(),
    Route::delete(Document::ApiCatalog, ITEM, resource::delete::<ApiDocument>),
    Route::post(Document::ApiCatalog, "/v3/apis/{apiId}/documents/{documentId}/move", move_document),
];

const STATUS: Is = Is::Choice(&["published", "unpublished"]);

static CREATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("content", Is::ANY_TEXT).required(),
        Field::new("title", Is::ANY_TEXT),
        Field::new("slug", SLUG),
        Field::new("status", STATUS),
        Field::new("parent_document_id", Is::Uuid).nullable().or(Initial::Null),
    ],
    unknown: Unknown::Refused,
};

static UPDATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("content", Is::ANY_TEXT),
        Field::new("title", Is::ANY_TEXT),
        Field::new("slug", SLUG),
        Field::new("status", STATUS),
        Field::new("parent_document_id", Is::Uuid).nullable(),
    ],
    unknown: Unknown::Refused,
};

struct ApiDocument;

impl Resource for ApiDocument {
    const KIND: &'static Kind = &DOCUMENTS;
    const NOUN: &'static str = "document of this API";
    const ID: &'static str = "documentId";
    const LISTING: &'static Listing = &Listing::new(&[Filter::text("status")], &[]);
    const SHOWN: &'static [&'static str] =
        &["id", "content", "title", "slug", "status", "parent_document_id", "created_at", "updated_at"];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE
    }

    fn change(_: &Body) -> &'static Schema {
        &UPDATE
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        Ok(Some(("api_id", path::api(world, call)?.id.to_string())))
    }

    /// Fields that the request leaves out come from the content's front matter, and otherwise from the content or the
    /// title.
    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        if old.is_none() {
            let content = text(fields, "content").to_owned();
            let matter = front_matter(&content);
            let given = |name: &str| matter.get(name).cloned();
            let title = given("title").or_else(|| first_heading(&content)).unwrap_or_else(|| "Untitled".to_owned());
            fields.entry("title").or_insert(json!(title));
            let slug =
                given("slug").filter(|slug| slug::is_slug(slug)).or_else(|| slug::slug(&[text(fields, "title")]));
            // Every document has a slug, even if no letter of its title is allowed in one.
            fields.entry("slug").or_insert_with(|| json!(slug.unwrap_or_else(|| Uuid::new_v4().to_string())));
            let published = given("status").is_some_and(|status| status == "published");
            fields.entry("status").or_insert(json!(if published { "published" } else { "unpublished" }));
        }
        tree::check_parent::<ApiDocument>(world, call, fields)
    }

    fn remove(world: &World, batch: &mut Batch, call: &Call, document: &Record) -> Result<(), Problem> {
        tree::remove_below::<ApiDocument>(world, batch, call, document);
        Ok(())
    }

    fn taken(_: Taken) -> Problem {
        Problem::conflict("Another document under the same parent has the same slug.")
    }
}

impl Tree for ApiDocument {
    const PARENT: &'static str = "parent_document_id";
    const LISTED: &'static [&'static str] =
        &["id", "title", "slug", "status", "parent_document_id", "created_at", "updated_at"];
    const MOVE: &'static Schema = &Schema {
        fields: &[
            Field::new("parent_document_id", Is::Uuid).nullable(),
            Field::new("index", Is::Integer(i64::MIN, i64::MAX)),
        ],
        unknown: Unknown::Ignored,
    };
}

fn move_document(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    tree::relocate::<ApiDocument>(konnect, call, Answer::no_content)
}
