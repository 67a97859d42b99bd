//! Google Cloud Storage, by the variables of Google's own tools.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey as Key};
use transport::{Settings, regular};

use super::address::{self, Address, Opened};
use super::bucket::{Bucket, Versioning};
use super::service::Dated;
use crate::{AddressError, OpenError, Variables};

/// The variables with credentials: the first that is set counts. Without any, those that
/// `gcloud auth application-default login` left, or those of the machine.
const CREDENTIALS: &[(&str, Key)] = &[
    ("GOOGLE_OAUTH_ACCESS_TOKEN", Key::BearerToken),
    ("GOOGLE_SERVICE_ACCOUNT_KEY", Key::ServiceAccountKey),
    ("GOOGLE_SERVICE_ACCOUNT", Key::ServiceAccount),
    ("GOOGLE_APPLICATION_CREDENTIALS", Key::ApplicationCredentials),
];

/// The variable by which Google's libraries find an emulator.
const ENDPOINT: &str = "STORAGE_EMULATOR_HOST";

/// Opens a bucket of Google Cloud Storage.
pub(super) fn open(
    url: &str,
    place: &Address,
    settings: &Settings,
    variables: Variables<'_>,
) -> Result<Opened, OpenError> {
    let endpoint = variables(ENDPOINT);
    // Google's libraries take it with and without a scheme.
    let endpoint = endpoint.map(|host| if host.contains("://") { host } else { format!("http://{host}") });
    let allow_http = variables("GOOGLE_ALLOW_HTTP").is_some_and(|value| value == "true");
    address::check_endpoint(url, ENDPOINT, endpoint.as_deref(), allow_http)?;

    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&place.bucket)
        .with_client_options(address::client_options(settings, endpoint.as_deref(), allow_http))
        .with_retry(address::retries(settings))
        .with_http_connector(Dated);
    if let Some((name, value, key)) = CREDENTIALS.iter().find_map(|(name, key)| Some((name, variables(name)?, *key))) {
        check_file(url, name, key, &value)?;
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = &endpoint {
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    }
    let description = place.description(endpoint.as_deref());
    let store = builder.build().map_err(|error| address::misconfigured(&description, &error))?;
    let (url, prefix) = (place.bucket_url(), place.prefix.clone());
    let bucket = Bucket { store: Arc::new(store), versioning: Versioning::Generation, url, prefix };
    Ok(Opened { bucket, description })
}

/// The largest file with credentials, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Checks the file of a variable, which the library reads whatever it is. The library says if there is none.
fn check_file(url: &str, variable: &str, key: Key, value: &str) -> Result<(), AddressError> {
    let is_path = matches!(key, Key::ServiceAccount | Key::ApplicationCredentials);
    match regular::check(Path::new(value), LARGEST) {
        Err(error) if is_path && error.kind() != ErrorKind::NotFound => Err(AddressError::new(
            url,
            format!("the file that the variable `{variable}` names cannot be used: {error}"),
        )
        .help(format!("Correct {variable}: the path of a file with credentials."))),
        _ => Ok(()),
    }
}
