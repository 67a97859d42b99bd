//! S3 and servers compatible with it, by the variables of AWS's own tools.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key};
use transport::Settings;

use super::address::{self, Address, Opened};
use super::bucket::{Bucket, Versioning};
use super::service::Dated;
use crate::{AddressError, OpenError, Variables};

/// The settings that are taken from variables. Of two for one setting, the later one counts.
const SETTINGS: &[(&str, Key)] = &[
    ("AWS_ACCESS_KEY_ID", Key::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", Key::SecretAccessKey),
    ("AWS_SESSION_TOKEN", Key::Token),
    ("AWS_DEFAULT_REGION", Key::Region),
    ("AWS_REGION", Key::Region),
    ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", Key::VirtualHostedStyleRequest),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", Key::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", Key::RoleArn),
    ("AWS_ROLE_SESSION_NAME", Key::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", Key::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", Key::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", Key::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Key::ContainerAuthorizationTokenFile),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", Key::MetadataEndpoint),
];

const ENDPOINTS: &[&str] = &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// Opens a bucket of S3.
pub(super) fn open(
    url: &str,
    place: &Address,
    settings: &Settings,
    variables: Variables<'_>,
) -> Result<Opened, OpenError> {
    let refused = |reason: &str| OpenError::from(AddressError::new(url, reason));
    if variables("AWS_PROFILE").is_some() && variables("AWS_ACCESS_KEY_ID").is_none() {
        return Err(refused(
            "the variable `AWS_PROFILE` is set, but profiles are not read; \
             `aws configure export-credentials --format env` gives the variables of one",
        ));
    }
    let endpoint = ENDPOINTS.iter().find_map(|name| Some((*name, variables(name)?)));
    let allow_http = variables("AWS_ALLOW_HTTP").is_some_and(|value| value == "true");
    let address = endpoint.as_ref().map(|(_, address)| address.as_str());
    address::check_endpoint(url, endpoint.as_ref().map_or("", |(name, _)| name), address, allow_http)?;

    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&place.bucket)
        .with_client_options(address::client_options(settings, address, allow_http))
        .with_retry(address::retries(settings))
        // Objects are deleted one at a time, which every compatible server can.
        .with_disable_bulk_delete(true)
        .with_http_connector(Dated);
    for (name, key) in SETTINGS {
        if let Some(value) = variables(name) {
            builder = builder.with_config(*key, value);
        }
    }
    if let Some(address) = address {
        builder = builder.with_endpoint(address);
    }
    let description = place.description(address);
    let store = builder.build().map_err(|error| address::misconfigured(&description, &error))?;
    let (url, prefix) = (place.bucket_url(), place.prefix.clone());
    Ok(Opened { bucket: Bucket { store: Arc::new(store), versioning: Versioning::ETag, url, prefix }, description })
}
