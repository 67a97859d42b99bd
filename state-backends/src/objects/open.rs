//! From a URL to a bucket of one of the clouds.

use transport::variable;

use super::address::{self, Opened};
use super::{azure, google, s3};
use crate::{OpenError, Variables, settings};

/// Opens the store that `url` names.
pub(super) fn open(url: &str, variables: Variables<'_>) -> Result<Opened, OpenError> {
    // A variable that is set to nothing counts as unset.
    let variables = |name: &str| variable(variables, name);
    let address = address::parse(url)?;
    let settings = settings::of_objects(url, &variables)?;
    match address.scheme {
        "s3" => s3::open(url, &address, &settings, &variables),
        "gs" => google::open(url, &address, &settings, &variables),
        _ => azure::open(url, &address, &settings, &variables),
    }
}
