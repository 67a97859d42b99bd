//! Azure's Blob Storage, by the variables of Azure's own tools, and of Terraform if those have none.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey as Key, MicrosoftAzureBuilder};
use transport::Settings;

use super::address::{self, Address, Opened};
use super::bucket::{Bucket, Versioning};
use super::service::Dated;
use crate::{AddressError, OpenError, Variables};

/// The settings that are taken from variables. Of two for one setting, the later one counts.
const SETTINGS: &[(&str, Key)] = &[
    ("AZURE_STORAGE_ACCOUNT_NAME", Key::AccountName),
    ("AZURE_STORAGE_ACCOUNT", Key::AccountName),
    ("ARM_ACCESS_KEY", Key::AccessKey),
    ("AZURE_STORAGE_ACCOUNT_KEY", Key::AccessKey),
    ("AZURE_STORAGE_KEY", Key::AccessKey),
    ("ARM_SAS_TOKEN", Key::SasKey),
    ("AZURE_STORAGE_SAS_TOKEN", Key::SasKey),
    ("AZURE_STORAGE_TOKEN", Key::Token),
    ("ARM_CLIENT_ID", Key::ClientId),
    ("AZURE_CLIENT_ID", Key::ClientId),
    ("ARM_CLIENT_SECRET", Key::ClientSecret),
    ("AZURE_CLIENT_SECRET", Key::ClientSecret),
    ("ARM_TENANT_ID", Key::AuthorityId),
    ("AZURE_TENANT_ID", Key::AuthorityId),
    ("AZURE_AUTHORITY_HOST", Key::AuthorityHost),
    ("ARM_OIDC_TOKEN_FILE_PATH", Key::FederatedTokenFile),
    ("AZURE_FEDERATED_TOKEN_FILE", Key::FederatedTokenFile),
    ("AZURE_IDENTITY_ENDPOINT", Key::MsiEndpoint),
    ("AZURE_USE_AZURE_CLI", Key::UseAzureCli),
];

/// The address of the account, if it is not `https://<account>.blob.core.windows.net`.
const ENDPOINT: &str = "AZURE_STORAGE_ENDPOINT";

/// Opens a container of an Azure storage account.
pub(super) fn open(
    url: &str,
    place: &Address,
    settings: &Settings,
    variables: Variables<'_>,
) -> Result<Opened, OpenError> {
    if ["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"].iter().all(|name| variables(name).is_none()) {
        let reason = "the variable `AZURE_STORAGE_ACCOUNT` does not say in which account the container is";
        return Err(AddressError::new(url, reason).into());
    }
    let endpoint = variables(ENDPOINT);
    let allow_http = variables("AZURE_ALLOW_HTTP").is_some_and(|value| value == "true");
    address::check_endpoint(url, ENDPOINT, endpoint.as_deref(), allow_http)?;

    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(&place.bucket)
        .with_client_options(address::client_options(settings, endpoint.as_deref(), allow_http))
        .with_retry(address::retries(settings))
        .with_http_connector(Dated);
    for (name, key) in SETTINGS {
        if let Some(value) = variables(name) {
            builder = builder.with_config(*key, value);
        }
    }
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let description = place.description(endpoint.as_deref());
    let store = builder.build().map_err(|error| address::misconfigured(&description, &error))?;
    let (url, prefix) = (place.bucket_url(), place.prefix.clone());
    Ok(Opened { bucket: Bucket { store: Arc::new(store), versioning: Versioning::ETag, url, prefix }, description })
}
