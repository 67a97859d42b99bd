//! `api`: an API of the catalog in a region (`api-builder-v3`, `/apis`).

use async_trait::async_trait;
use serde_json::Value;

use crate::konnect::client::WriteClient;
use crate::konnect::collection::Collection;
use crate::konnect::resource::{KonnectType, PLAIN, Resource, reader, writer};
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::{Attributes, Error, ErrorKind, Remote};

engine::schema! {
    /// An API of the catalog.
    Api = "api" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        NAME: Attribute::plain("name"),
        VERSION: Attribute::plain("version").nullable(),
        SLUG: Attribute::plain("slug"),
        DESCRIPTION: Attribute::plain("description").nullable(),
        LABELS: Attribute::labels("labels"),
    }
    natural_key: &[REGION.text(), NAME.text(), VERSION.text()],
    distinct: &[&[REGION.text(), SLUG.text()]],
    identity_labels: &["ko-konnect-orchestrator", "env-name", "service-name"],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of APIs.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::EnvironmentAndService,
    reader: reader::<Api>,
    writer: Some(writer::<Api>),
    watch: &[Watch::Address {
        attribute: SLUG.text(),
        effect: "its address in portals changes, and links to the old one end nowhere",
    }],
    generate: Generate::Read {
        plural: "the APIs",
        listing: Listing::Regions { except: &[] },
        part: Some(Part::Api),
        unmanaged: Some(Unmanaged {
            reason: "no service has it as its API",
            below: &[],
            title: &[Title::Attribute(NAME.text())],
        }),
    },
};

const PATH: &str = "/v3/apis";

/// Another slug for an API, if one of `all` blocks the one that it would get. `None` if that is not what blocks it.
fn free_slug(all: &[Value], planned: &Attributes) -> Option<String> {
    let planned = |name: &str| planned.get(name).unwrap_or(&Value::Null);
    let (name, version) = (planned(NAME.text()), planned(VERSION.text()));
    if all.iter().any(|api| api["name"] == *name && api["version"] == *version) {
        return None;
    }
    let slugs: Vec<&str> = all.iter().filter_map(|api| api["slug"].as_str()).collect();
    let wanted = letters(&format!("{}{}", name.as_str()?, version.as_str().unwrap_or_default()));
    let blocking = slugs.iter().find(|slug| letters(slug) == wanted)?;
    (2..).map(|number| format!("{blocking}-{number}")).find(|slug| !slugs.contains(&slug.as_str()))
}

/// The letters and digits of a text, which are what a slug keeps of it.
fn letters(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The id of the current version, which the list of APIs contains. It is not an attribute.
pub(super) const CURRENT_VERSION: &str = "current_version_id";
/// The time of that version's last change.
pub(super) const CURRENT_VERSION_UPDATED: &str = "current_version_updated_at";

#[async_trait]
impl Resource for Api {
    const COLLECTION: Collection = Collection::new(&SCHEMA, PATH);

    /// An API keeps the slug of its first name and version, because published addresses contain it, unless the configuration
    /// chooses one. So another API can block the slug of a new one, which gets another then.
    async fn create(client: &WriteClient, planned: &Attributes) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(planned)?;
        let mut body = Self::body(planned)?;
        match client.post(&region, &path, &body).await {
            Err(error)
                if matches!(error.kind, ErrorKind::Refused | ErrorKind::Conflict)
                    && !planned.contains_key(SLUG.text()) =>
            {
                let all = client.reader().list(&region, &path).await?;
                body["slug"] = free_slug(&all, planned).ok_or(error)?.into();
                Self::read(planned, client.post(&region, &path, &body).await?)
            }
            made => Self::read(planned, made?),
        }
    }

    /// Keeps what shows whether the current version changed, so that an unchanged specification needs no request of its
    /// own.
    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let mut api = Self::COLLECTION.remote(address, &json)?;
        let current = &json["current_version_summary"];
        api.attributes.entry(VERSION.text().to_owned()).or_insert(Value::Null);
        for (name, field) in [(CURRENT_VERSION, "id"), (CURRENT_VERSION_UPDATED, "updated_at")] {
            api.attributes.insert(name.to_owned(), current[field].clone());
        }
        Ok(api)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slug_that_another_api_blocks_is_replaced_by_the_next_one_that_is_free() {
        let planned = |version: &str| {
            Attributes::from([("name".to_owned(), "My API".into()), ("version".to_owned(), version.into())])
        };
        let renamed = json!({ "name": "other", "version": "1.0", "slug": "my-api-1-0" });
        let second = json!({ "name": "more", "version": "1.0", "slug": "my-api-1-0-2" });
        let all = [renamed.clone(), second];
        assert_eq!(free_slug(&all, &planned("1.0")), Some("my-api-1-0-3".to_owned()));
        assert_eq!(free_slug(&all, &planned("2.0")), None);
        let same = json!({ "name": "My API", "version": "1.0", "slug": "mine" });
        assert_eq!(free_slug(&[renamed, same], &planned("1.0")), None);
    }
}
