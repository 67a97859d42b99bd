//! `/apis`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{DOCUMENTS, IMPLEMENTATIONS, PUBLICATIONS, VERSIONS, implementations, versions};
use crate::konnect::collection::{Listing, Paging, amend, create, find, id, list, merge, pick, reference, text};
use crate::konnect::portals::PORTALS;
use crate::konnect::schema::{Kind as Is, Shape};
use crate::konnect::{Answer, Call, Document, Field, Filter, Initial, Konnect, Problem, Route, Schema, Unknown};
use crate::store::{Body, Kind, Place, Record, World};

/// APIs of a region. Name and version together are unique, and so is the slug.
pub(in crate::konnect) static APIS: Kind =
    Kind { name: "apis", unique: &[&["name", "version"], &["slug"]], references: &[] };

pub(super) static ROUTES: &[Route] = &[
    Route::get(Document::ApiCatalog, "/v3/apis", list_apis),
    Route::post(Document::ApiCatalog, "/v3/apis", create_api).json_only(),
    Route::get(Document::ApiCatalog, "/v3/apis/{apiId}", get_api),
    Route::patch(Document::ApiCatalog, "/v3/apis/{apiId}", update_api).json_only(),
    Route::delete(Document::ApiCatalog, "/v3/apis/{apiId}", delete_api),
];

/// The slug of an API or of a document.
pub(super) const SLUG: Is = Is::Shaped(1, usize::MAX, Shape { pattern: "^[\\w-]+$", matches: is_slug });

/// Whether a text can be a slug.
pub(super) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

static CREATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("current_version_summary"),
        Field::read_only("api_spec_ids"),
        Field::read_only("portals"),
        Field::read_only("implementation_mode"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("name", Is::Text(1, 255)).required(),
        Field::new("description", Is::Text(0, usize::MAX)).nullable().or(Initial::Null),
        Field::new("version", Is::Text(1, 255)).nullable().or(Initial::Null),
        Field::new("slug", SLUG).nullable(),
        Field::new("labels", Is::Labels(50)).or(Initial::Object),
        Field::new("attributes", Is::Attributes).or(Initial::Object),
        Field::new("spec_content", Is::Text(0, usize::MAX)),
    ],
    unknown: Unknown::Refused,
};

static UPDATE: Schema = Schema {
    fields: &[
        Field::read_only("id"),
        Field::read_only("current_version_summary"),
        Field::read_only("api_spec_ids"),
        Field::read_only("portals"),
        Field::read_only("implementation_mode"),
        Field::read_only("created_at"),
        Field::read_only("updated_at"),
        Field::new("name", Is::Text(1, 255)),
        Field::new("description", Is::Text(0, usize::MAX)).nullable(),
        Field::new("version", Is::Text(1, 255)).nullable(),
        Field::new("slug", SLUG).nullable(),
        Field::new("labels", Is::LabelChanges(50)).nullable(),
        Field::new("attributes", Is::Attributes),
    ],
    unknown: Unknown::Refused,
};

static LISTING: Listing = Listing {
    filters: &[
        Filter::id("id"),
        Filter::text("name"),
        Filter::text("version"),
        Filter::keys("labels", &["eq", "oeq", "neq", "contains", "ocontains"], true),
        Filter::keys("attributes", &["eq", "oeq", "neq", "contains", "ocontains"], true),
        Filter::text("implementation_mode"),
        Filter::time("created_at"),
        Filter::time("updated_at"),
    ],
    sorts: &["name", "version", "created_at", "updated_at"],
    joined: &["implementation_mode"],
    join: |world, place, api| {
        let mode = implementations::mode(world, place, id(api));
        api.insert("implementation_mode".to_owned(), json!(mode));
    },
    paging: Paging::Numbered,
};

/// The API that the path names.
pub(super) fn of_path<'a>(world: &'a World, call: &Call) -> Result<&'a Record, Problem> {
    find(world, &call.place, &APIS, "API", call.id("apiId")?)
}

/// An API with what its versions, publications and implementations add.
fn view(world: &World, place: &Place, api: &Body) -> Value {
    let mut shown = Body::clone(api);
    let id = id(api);
    shown.insert("current_version_summary".to_owned(), versions::summary(world, place, id));
    // Specifications are the versions of old; the sandbox keeps none.
    shown.insert("api_spec_ids".to_owned(), json!([]));
    shown.insert("portals".to_owned(), portals(world, place, id));
    shown.insert("implementation_mode".to_owned(), json!(implementations::mode(world, place, id)));
    Value::Object(shown)
}

fn portals(world: &World, place: &Place, api: Uuid) -> Value {
    world
        .referring(place, &PUBLICATIONS, "api_id", api)
        .filter_map(|publication| world.get(place, &PORTALS, reference(&publication.body, "portal_id")?))
        .map(|portal| Value::Object(pick(&portal.body, &["id", "name", "display_name"])))
        .collect()
}

fn list_apis(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    list(call, &world, world.all(&call.place, &APIS), &LISTING, view)
}

fn create_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let mut sent = CREATE.create(call.body()?)?;
    let content = sent.remove("spec_content");
    let default = slug(&[text(&sent, "name"), text(&sent, "version")]);
    sent.entry("slug").or_insert(json!(default));
    let version = match content.as_ref().and_then(Value::as_str) {
        Some(content) => Some(versions::contents(content, sent["version"].as_str())?),
        None => None,
    };
    let id = konnect.store.write(|world, batch| {
        let api = create(world, batch, &call.place, &APIS, sent)?;
        if let Some(mut version) = version {
            version.insert("api_id".to_owned(), api["id"].clone());
            create(world, batch, &call.place, &VERSIONS, version)?;
        }
        Ok::<_, Problem>(id(&api))
    })?;
    let world = konnect.store.read();
    let api = find(&world, &call.place, &APIS, "API", id)?;
    Ok(Answer::created(view(&world, &call.place, &api.body)))
}

fn get_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let world = konnect.store.read();
    let api = of_path(&world, call)?;
    Ok(Answer::ok(view(&world, &call.place, &api.body)))
}

/// `force` has no effect: nothing in the sandbox enforces access by operation.
fn update_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    call.query.flag("force")?;
    konnect.store.write(|world, batch| {
        let api = of_path(world, call)?;
        let mut body = Body::clone(&api.body);
        merge(&mut body, UPDATE.change(call.body()?)?);
        let api = amend(world, batch, &call.place, &APIS, api, body)?;
        Ok(Answer::ok(view(world, &call.place, &api)))
    })
}

fn delete_api(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    konnect.store.write(|world, batch| {
        let api = of_path(world, call)?;
        batch.remove(&call.place, &APIS, api);
        for kind in [&DOCUMENTS, &VERSIONS, &PUBLICATIONS, &IMPLEMENTATIONS] {
            batch.remove_referring(world, &call.place, kind, "api_id", api.id);
        }
        Ok(Answer::no_content())
    })
}

/// Words in lower case with hyphens between them: `myAPI` and `v1` become `my-api-v1`, as in the document's
/// example. None where there is no letter or digit that a slug can have.
pub(super) fn slug(parts: &[&str]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for part in parts {
        let characters: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (index, c) in characters.iter().enumerate() {
            let before = index.checked_sub(1).map(|index| characters[index]);
            let after = characters.get(index + 1);
            let starts_word = c.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase() || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
                });
            if starts_word || !c.is_ascii_alphanumeric() {
                words.push(std::mem::take(&mut word));
            }
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            }
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    (!words.is_empty()).then(|| words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_lower_case_words_with_hyphens() {
        let slug = |parts| slug(parts).unwrap_or_default();
        assert_eq!(slug(&["flights", ""]), "flights");
        assert_eq!(slug(&["myAPI", "v1"]), "my-api-v1");
        assert_eq!(slug(&["myAPIPackage", "v1"]), "my-api-package-v1");
        assert_eq!(slug(&["flights-dev", "1.0.0"]), "flights-dev-1-0-0");
        assert_eq!(slug(&["  Two words ", ""]), "two-words");
        assert_eq!(slug(&["航班", ""]), "");
    }
}
