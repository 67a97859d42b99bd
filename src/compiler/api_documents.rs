//! The documents of APIs, from the texts beside the specifications of services.

use serde_json::Value;

use super::documents::Documents;
use super::scope::EnvironmentScope;
use crate::konnect::resources::api::Api;
use crate::konnect::resources::api_document::{self, ApiDocument, SCHEMA};
use crate::manifest::markdown::{FrontMatter, first_heading};
use crate::manifest::model::Placement;
use engine::{Address, Desired, Expr};

/// The documents of a service in an environment.
pub(super) fn resources(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    documents: &Documents,
    api: &Desired<Api>,
) -> impl Iterator<Item = Desired<ApiDocument>> {
    documents.iter().map(move |(path, text)| document(scope, placement, api, path, text))
}

fn document(
    scope: &EnvironmentScope<'_>,
    placement: &Placement<'_>,
    api: &Desired<Api>,
    path: &str,
    text: &str,
) -> Desired<ApiDocument> {
    let at = |path: &str| scope.resource::<ApiDocument>(&format!("{}/{path}", placement.service.name));
    let (parent, slug) = match path.rsplit_once('/') {
        Some((parent, slug)) => (at(parent).id(), slug),
        None => (Expr::Value(Value::Null), path),
    };
    // Not protected: the text is in the repository, where its authors may move and remove it.
    // The texts were checked: their front matter has no other values.
    let matter = FrontMatter::of(text);
    let title = matter.title().ok().flatten().or_else(|| first_heading(text)).unwrap_or(slug);
    at(path)
        .with(api_document::REGION, scope.region())
        .with(api_document::API_ID, api.id())
        .with(api_document::PARENT_DOCUMENT_ID, parent)
        .with(api_document::SLUG, slug)
        .with(api_document::TITLE, title)
        .with(api_document::CONTENT, text)
        .with(api_document::STATUS, matter.status().ok().flatten().unwrap_or("published"))
}

/// The folder of a service's documents in an environment, as an address. It is not that of a resource: it stands for all
/// documents of the service, while it is not known which they are.
pub(super) fn folder(scope: &EnvironmentScope<'_>, placement: &Placement<'_>) -> Address {
    scope.resource::<ApiDocument>(&placement.service.name).address
}

/// True if an address is the folder of a service's documents.
#[must_use]
pub fn is_folder(address: &Address) -> bool {
    address.type_name() == SCHEMA.type_name && address.key().matches('/').count() == 1
}

/// The folder that a document is in. `None` if the address is not that of a document.
#[must_use]
pub fn folder_of(address: &Address) -> Option<Address> {
    let mut segments = address.key().splitn(3, '/');
    let (environment, service, _) = (segments.next()?, segments.next()?, segments.next()?);
    (address.type_name() == SCHEMA.type_name)
        .then(|| Address::new(address.scope(), SCHEMA.type_name, &format!("{environment}/{service}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_in_the_folder_of_its_service() {
        let folder: Address = "Acme/api_document/dev/flights".parse().unwrap();
        let document: Address = "Acme/api_document/dev/flights/guides/start".parse().unwrap();
        assert!(is_folder(&folder) && !is_folder(&document));
        assert_eq!(folder_of(&document), Some(folder.clone()));
        assert_eq!(folder_of(&folder), None);
        assert_eq!(folder_of(&"Acme/portal_team_role/dev/flights/a/b".parse().unwrap()), None);
    }
}
