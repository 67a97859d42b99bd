//! `/portals/{portalId}/default-content`, `/pages` and `/snippets`.

use serde_json::{Value, json};

use super::of_path;
use crate::sandbox::konnect::collection::{Listing, create, fields, list, pick, reference, text};
use crate::sandbox::konnect::query::{self, Filter};
use crate::sandbox::konnect::{Answer, Call, Document, Konnect, Problem, Route};
use crate::sandbox::store::{Batch, Body, Kind, Place, Record, World};

/// Pages of all portals of a region. A slug is unique under its parent page.
pub(in crate::sandbox::konnect) static PAGES: Kind = Kind {
    name: "portal_pages",
    unique: &[&["slug", "portal_id", "parent_page_id"]],
    references: &["portal_id", "parent_page_id"],
};

/// Snippets of all portals of a region. A name is unique in its portal.
pub(in crate::sandbox::konnect) static SNIPPETS: Kind =
    Kind { name: "portal_snippets", unique: &[&["name", "portal_id"]], references: &["portal_id"] };

pub(super) static ROUTES: &[Route] = &[
    Route::post(Document::Portals, "/v3/portals/{portalId}/default-content", create_default_content),
    Route::get(Document::Portals, "/v3/portals/{portalId}/pages", list_pages),
    Route::get(Document::Portals, "/v3/portals/{portalId}/pages/{pageId}", get_page),
    Route::get(Document::Portals, "/v3/portals/{portalId}/snippets", list_snippets),
    Route::get(Document::Portals, "/v3/portals/{portalId}/snippets/{snippetId}", get_snippet),
];

/// What a portal starts with: slug or name, title, content.
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

static PAGE_LISTING: Listing = Listing::new(
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

static SNIPPET_LISTING: Listing = Listing::new(
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

/// Creates what is missing of the default content, and answers what that was.
fn create_default_content(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let portal = of_path(world, call)?;
        let pages = create_missing(world, batch, &call.place, portal, &PAGES, "slug", &DEFAULT_PAGES)?;
        let snippets = create_missing(world, batch, &call.place, portal, &SNIPPETS, "name", &DEFAULT_SNIPPETS)?;
        Ok(Answer::created(json!({ "pages": pages, "snippets": snippets })))
    })
}

fn create_missing(
    world: &World,
    batch: &mut Batch,
    place: &Place,
    portal: &Record,
    kind: &'static Kind,
    key: &str,
    content: &[(&'static str, &str, &str)],
) -> Result<Vec<&'static str>, Problem> {
    let existing: Vec<&str> =
        world.referring(place, kind, "portal_id", portal.id).map(|record| text(&record.body, key)).collect();
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
        create(world, batch, place, kind, fields(body))?;
        created.push(*name);
    }
    Ok(created)
}

/// A page and, below it, the pages whose parent it is.
fn tree(page: &Body, all: &[&Body]) -> Value {
    let shown =
        ["id", "slug", "title", "visibility", "status", "description", "parent_page_id", "created_at", "updated_at"];
    let children: Vec<Value> = all
        .iter()
        .filter(|other| other.get("parent_page_id") == page.get("id"))
        .map(|child| tree(child, all))
        .collect();
    let mut node = pick(page, &shown);
    node.insert("children".to_owned(), Value::Array(children));
    Value::Object(node)
}

fn list_pages(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let conditions = call.query.conditions(PAGE_LISTING.filters)?;
    let sorts = call.query.sorts(PAGE_LISTING.sorts)?;
    let world = konnect.store.read();
    let portal = of_path(&world, call)?;
    let mut pages: Vec<&Body> = world
        .referring(&call.place, &PAGES, "portal_id", portal.id)
        .map(|page| &*page.body)
        .filter(|page| conditions.iter().all(|condition| condition.holds(page)))
        .collect();
    pages.sort_by(|left, right| query::compare(&sorts, left, right));
    let is_listed = |id: &Value| pages.iter().any(|page| page.get("id") == Some(id));
    let roots = pages.iter().filter(|page| !page.get("parent_page_id").is_some_and(is_listed));
    let data: Vec<Value> = roots.map(|page| tree(page, &pages)).collect();
    Ok(Answer::ok(json!({ "data": data })))
}

fn get_page(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let shown = [
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
    get(konnect, call, &PAGES, "pageId", &shown)
}

fn list_snippets(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let portal = of_path(&world, call)?;
    let snippets = world.referring(&call.place, &SNIPPETS, "portal_id", portal.id);
    list(call, &world, snippets, &SNIPPET_LISTING, |_, _, snippet| {
        let shown = ["id", "name", "title", "visibility", "status", "description", "created_at", "updated_at"];
        Value::Object(pick(snippet, &shown))
    })
}

fn get_snippet(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let shown = ["id", "name", "title", "content", "visibility", "status", "description", "created_at", "updated_at"];
    get(konnect, call, &SNIPPETS, "snippetId", &shown)
}

fn get(
    konnect: &Konnect,
    call: &Call,
    kind: &'static Kind,
    parameter: &str,
    shown: &[&str],
) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let portal = of_path(&world, call)?.id;
    let id = call.id(parameter)?;
    world
        .get(&call.place, kind, id)
        .filter(|record| reference(&record.body, "portal_id") == Some(portal))
        .map(|record| Answer::ok(pick(&record.body, shown)))
        .ok_or_else(|| Problem::not_found("content of this portal", &id.to_string()))
}
