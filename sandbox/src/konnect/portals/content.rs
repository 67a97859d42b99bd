//! `/portals/{portalId}/pages`, `/snippets` and `/default-content`.

use serde_json::json;

use super::portal::of_path;
use crate::konnect::framework::collection::{Listing, create, fields, text};
use crate::konnect::framework::query::Filter;
use crate::konnect::framework::resource::{self, Owner, Resource};
use crate::konnect::framework::schema::Kind as Is;
use crate::konnect::framework::tree::{self, Tree, first_heading, front_matter};
use crate::konnect::framework::{
    Answer, Call, Document, Field, Initial, Invalid, Konnect, Problem, Route, Rule, Schema, Unknown,
};
use crate::konnect::kinds::{PAGES, SNIPPETS};
use crate::store::{Batch, Body, Kind, Partition, Record, Taken, World};

const PAGE: &str = "/v3/portals/{portalId}/pages/{pageId}";
const SNIPPET: &str = "/v3/portals/{portalId}/snippets/{snippetId}";

pub(super) static ROUTES: &[Route] = &[
    Route::post(Document::Portals, "/v3/portals/{portalId}/default-content", create_default_content),
    Route::get(Document::Portals, "/v3/portals/{portalId}/pages", tree::list::<Page>),
    Route::post(Document::Portals, "/v3/portals/{portalId}/pages", resource::create::<Page>),
    Route::get(Document::Portals, PAGE, resource::get::<Page>),
    Route::patch(Document::Portals, PAGE, resource::update::<Page>),
    Route::delete(Document::Portals, PAGE, resource::delete::<Page>),
    Route::post(Document::Portals, "/v3/portals/{portalId}/pages/{pageId}/move", move_page),
    Route::get(Document::Portals, "/v3/portals/{portalId}/snippets", resource::list::<Snippet>),
    Route::post(Document::Portals, "/v3/portals/{portalId}/snippets", resource::create::<Snippet>),
    Route::get(Document::Portals, SNIPPET, resource::get::<Snippet>),
    Route::patch(Document::Portals, SNIPPET, resource::update::<Snippet>),
    Route::delete(Document::Portals, SNIPPET, resource::delete::<Snippet>),
];

/// The default content of a portal: slug or name, title, content.
const DEFAULT_PAGES: [(&str, &str, &str); 4] = [
    ("home", "Home", "# Welcome\n\nFind and use our APIs.\n"),
    ("apis", "APIs", "# APIs\n\n:apis-list\n"),
    ("getting-started", "Getting started", "# Getting started\n\nChoose an API, read its reference, call it.\n"),
    ("guides", "Guides", "# Guides\n"),
];

const DEFAULT_SNIPPETS: [(&str, &str, &str); 2] = [
    ("guides-sidebar", "Sidebar of the guides", "- [Getting started](/getting-started)\n"),
    ("footer", "Footer", "Made with the developer portal.\n"),
];

const TITLE: Field = Field::new("title", Is::Text(0, 512));
const CONTENT: Field = Field::new("content", Is::Text(0, 1_000_000));
const VISIBILITY: Field = Field::new("visibility", Is::Choice(&["public", "private"]));
const STATUS: Field = Field::new("status", Is::Choice(&["published", "unpublished"]));
const DESCRIPTION: Field = Field::new("description", Is::Text(0, 160));
const SLUG: Field = Field::new("slug", Is::Text(0, 512));
const NAME: Field = Field::new("name", Is::Text(0, 512));
const PARENT: Field = Field::new("parent_page_id", Is::Uuid).nullable();
const UNPUBLISHED: Initial = Initial::Text("unpublished");

static CREATE_PAGE: Schema = Schema {
    fields: &[
        SLUG.required(),
        TITLE,
        CONTENT.required(),
        VISIBILITY,
        STATUS.or(UNPUBLISHED),
        DESCRIPTION,
        PARENT.or(Initial::Null),
    ],
    unknown: Unknown::Refused,
};

static CHANGE_PAGE: Schema =
    Schema { fields: &[SLUG, TITLE, CONTENT, VISIBILITY, STATUS, DESCRIPTION, PARENT], unknown: Unknown::Refused };

static CREATE_SNIPPET: Schema = Schema {
    fields: &[NAME.required(), TITLE, CONTENT.required(), VISIBILITY, STATUS.or(UNPUBLISHED), DESCRIPTION],
    unknown: Unknown::Refused,
};

static CHANGE_SNIPPET: Schema =
    Schema { fields: &[NAME, TITLE, CONTENT, VISIBILITY, STATUS, DESCRIPTION], unknown: Unknown::Refused };

/// The portal that the path names, as the owner of its content.
fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
    Ok(Some(("portal_id", of_path(world, call)?.id.to_string())))
}

/// Fills in the fields that new content leaves out. Title and description come from its front matter, which overrides
/// the request; without either, the title is the first heading or the key. The visibility comes from the portal.
fn complete(world: &World, call: &Call, fields: &mut Body, key: &str) -> Result<(), Problem> {
    let content = text(fields, "content").to_owned();
    let matter = front_matter(&content);
    for name in ["title", "description"] {
        if let Some(value) = matter.get(name) {
            fields.insert(name.to_owned(), json!(value));
        }
    }
    let title = first_heading(&content).unwrap_or_else(|| text(fields, key).to_owned());
    fields.entry("title").or_insert(json!(title));
    let visibility = of_path(world, call)?.body["default_page_visibility"].clone();
    fields.entry("visibility").or_insert(visibility);
    Ok(())
}

/// The documents list no conflict for content: a taken value is an invalid parameter.
fn taken(taken: &Taken) -> Problem {
    let field = taken.fields.first().copied().unwrap_or_default();
    Invalid::body(field, Rule::Named("invalid"), "is already in use here").into()
}

struct Page;

impl Resource for Page {
    const KIND: &'static Kind = &PAGES;
    const NOUN: &'static str = "page of this portal";
    const ID: &'static str = "pageId";
    const LISTING: &'static Listing = &Listing::new(
        &[
            Filter::id("id"),
            Filter::text("slug"),
            Filter::text("title"),
            Filter::text("visibility"),
            Filter::time("created_at"),
            Filter::time("updated_at"),
        ],
        &["created_at", "updated_at", "slug", "title", "visibility"],
    );
    const SHOWN: &'static [&'static str] = &[
        "id",
        "slug",
        "title",
        "content",
        "visibility",
        "status",
        "description",
        "parent_page_id",
        "created_at",
        "updated_at",
    ];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE_PAGE
    }

    fn change(_: &Body) -> &'static Schema {
        &CHANGE_PAGE
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        owner(world, call)
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        if old.is_none() {
            complete(world, call, fields, "slug")?;
        }
        tree::check_parent::<Page>(world, call, fields)
    }

    fn remove(world: &World, batch: &mut Batch, call: &Call, page: &Record) -> Result<(), Problem> {
        tree::remove_below::<Page>(world, batch, call, page);
        Ok(())
    }

    fn taken(names: Taken) -> Problem {
        taken(&names)
    }
}

impl Tree for Page {
    const PARENT: &'static str = "parent_page_id";
    const LISTED: &'static [&'static str] =
        &["id", "slug", "title", "visibility", "status", "description", "parent_page_id", "created_at", "updated_at"];
    const MOVE: &'static Schema =
        &Schema { fields: &[PARENT, Field::new("index", Is::Integer(i64::MIN, i64::MAX))], unknown: Unknown::Ignored };
}

fn move_page(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    tree::relocate::<Page>(konnect, call, Answer::created_silently)
}

struct Snippet;

impl Resource for Snippet {
    const KIND: &'static Kind = &SNIPPETS;
    const NOUN: &'static str = "snippet of this portal";
    const ID: &'static str = "snippetId";
    const LISTING: &'static Listing = &Listing::new(
        &[
            Filter::id("id"),
            Filter::text("name"),
            Filter::text("title"),
            Filter::text("visibility"),
            Filter::time("created_at"),
            Filter::time("updated_at"),
        ],
        &["created_at", "updated_at", "name", "title", "visibility"],
    );
    const SHOWN: &'static [&'static str] =
        &["id", "name", "title", "content", "visibility", "status", "description", "created_at", "updated_at"];
    const UNLISTED: &'static [&'static str] = &["content"];

    fn creation(_: &Body) -> &'static Schema {
        &CREATE_SNIPPET
    }

    fn change(_: &Body) -> &'static Schema {
        &CHANGE_SNIPPET
    }

    fn owner(world: &World, call: &Call) -> Result<Option<Owner>, Problem> {
        owner(world, call)
    }

    fn complete(world: &World, call: &Call, fields: &mut Body, old: Option<&Body>) -> Result<(), Problem> {
        match old {
            None => complete(world, call, fields, "name"),
            Some(_) => Ok(()),
        }
    }

    fn taken(names: Taken) -> Problem {
        taken(&names)
    }
}

/// Creates the missing default content, and answers with what was created.
fn create_default_content(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        let pages = create_missing(world, batch, &call.partition, portal, &PAGES, "slug", &DEFAULT_PAGES)?;
        let snippets = create_missing(world, batch, &call.partition, portal, &SNIPPETS, "name", &DEFAULT_SNIPPETS)?;
        Ok(Answer::created(json!({ "pages": pages, "snippets": snippets })))
    })
}

fn create_missing(
    world: &World,
    batch: &mut Batch,
    partition: &Partition,
    portal: &Record,
    kind: &'static Kind,
    key: &str,
    content: &[(&'static str, &str, &str)],
) -> Result<Vec<&'static str>, Problem> {
    let existing: Vec<&str> =
        world.referring(partition, kind, "portal_id", portal.id).map(|record| text(&record.body, key)).collect();
    let mut created = Vec::new();
    for (name, title, content) in content.iter().filter(|(name, ..)| !existing.contains(name)) {
        let body = json!({
            key: name,
            "portal_id": portal.id,
            "parent_page_id": null,
            "title": title,
            "content": content,
            "visibility": portal.body["default_page_visibility"],
            "status": "published",
        });
        create(world, batch, partition, kind, fields(body))?;
        created.push(*name);
    }
    Ok(created)
}
