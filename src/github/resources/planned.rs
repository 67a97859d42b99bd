//! Reading planned attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::github::{InvalidRepository, Repository};
use engine::{Attributes, Error, ErrorKind};

/// The repository of that name.
pub(super) fn parse(name: &str) -> Result<Repository, Error> {
    name.parse().map_err(|error: InvalidRepository| {
        Error::new(ErrorKind::Refused, "find the platform repository", error.to_string())
    })
}

/// The text of a planned attribute.
pub(super) fn text<'a>(attributes: &'a Attributes, name: &str) -> Result<&'a str, Error> {
    attributes.get(name).and_then(Value::as_str).ok_or_else(|| {
        Error::new(ErrorKind::Refused, "read the plan", format!("the attribute `{name}` is missing"))
            .help("make a new plan")
    })
}

/// The texts among files by path. Every other value is a digest, and stands for the present text.
pub(super) fn texts(files: Option<&Value>) -> BTreeMap<String, String> {
    let entries = files.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned()))).collect()
}

/// The paths of the files whose present text stays.
pub(super) fn digests(files: Option<&Value>) -> BTreeSet<String> {
    let entries = files.and_then(Value::as_object).into_iter().flatten();
    entries.filter(|(_, text)| !text.is_string()).map(|(path, _)| path.clone()).collect()
}
