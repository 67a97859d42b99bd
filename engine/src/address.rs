//! The name of a resource.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The scope of the platform repository itself; every other scope is an organization.
pub const PLATFORM_SCOPE: &str = "@platform";

/// `<scope>/<type>/<key>`, for example `KongAirlines/control_plane/dev/flight-data-dev`.
///
/// Parsed once: the scope and the type contain no slash and are not empty; the key is not empty and may contain
/// slashes. Cheap to clone, ordered as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    text: Arc<str>,
    type_start: usize,
    key_start: usize,
}

impl Address {
    /// The address of the resource `key` of type `type_name` in `scope`.
    ///
    /// The manifest refuses scopes with a slash, so that the text can be split again.
    #[must_use]
    pub fn new(scope: &str, type_name: &str, key: &str) -> Self {
        debug_assert!(!scope.contains('/') && !type_name.contains('/') && !key.is_empty());
        let text = format!("{scope}/{type_name}/{key}");
        Self { type_start: scope.len() + 1, key_start: scope.len() + type_name.len() + 2, text: text.into() }
    }

    /// The organization, or [`PLATFORM_SCOPE`].
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.text[..self.type_start - 1]
    }

    /// The resource type: `control_plane`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.text[self.type_start..self.key_start - 1]
    }

    /// The part that is unique within the scope and the type.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.text[self.key_start..]
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Hash for Address {
    /// The text is enough: the parts follow from it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.text)
    }
}

/// A text that is not an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an address: expected <scope>/<type>/<key>, as KongAirlines/team/flight-data")]
pub struct InvalidAddress(String);

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(scope), Some(type_name), Some(key))
                if !scope.is_empty() && !type_name.is_empty() && !key.is_empty() =>
            {
                Ok(Self::new(scope, type_name, key))
            }
            _ => Err(InvalidAddress(text.to_owned())),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Globs over addresses, as in `--target`: `*` stays within a segment, `**` crosses them.
#[derive(Debug, Clone)]
pub struct Targets {
    globs: GlobSet,
    patterns: Vec<String>,
}

impl Targets {
    /// Compiles `patterns`.
    ///
    /// # Errors
    /// A pattern is not a valid glob.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, InvalidTarget> {
        let invalid = |pattern: &str, error: &globset::Error| InvalidTarget {
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        };
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let glob =
                GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| invalid(pattern, &error))?;
            set.add(glob);
        }
        let globs = set.build().map_err(|error| invalid("", &error))?;
        Ok(Self { globs, patterns: patterns.iter().map(|pattern| pattern.as_ref().to_owned()).collect() })
    }

    /// The patterns that match none of `addresses`.
    pub fn without_match<'a>(&'a self, addresses: impl IntoIterator<Item = &'a Address>) -> Vec<&'a str> {
        let hit: BTreeSet<usize> = addresses.into_iter().flat_map(|one| self.globs.matches(one.as_str())).collect();
        let missed = self.patterns.iter().enumerate().filter(|(index, _)| !hit.contains(index));
        missed.map(|(_, pattern)| pattern.as_str()).collect()
    }

    /// True if one of the globs may match an address below `folder`. It may be true of one that matches none.
    #[must_use]
    pub fn reach_below(&self, folder: &Address) -> bool {
        self.patterns.iter().any(|pattern| reaches_below(pattern, folder.as_str()))
    }

    /// True if one of the globs matches `address`.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.globs.is_match(address.as_str())
    }
}

/// True if a glob may match a text that begins with `folder` and a slash.
fn reaches_below(pattern: &str, folder: &str) -> bool {
    // A slash between braces or brackets divides no segments.
    if pattern.contains(['{', '[']) {
        return true;
    }
    let mut segments = pattern.split('/');
    for part in folder.split('/') {
        match segments.next() {
            Some(segment) if segment.contains("**") => return true,
            Some(segment) if Targets::new(&[segment]).is_ok_and(|targets| targets.globs.is_match(part)) => {}
            _ => return false,
        }
    }
    segments.next().is_some()
}

/// A `--target` that is not a valid glob.
#[derive(Debug, thiserror::Error)]
#[error("`--target {pattern}` is not a valid pattern: {reason}")]
pub struct InvalidTarget {
    pattern: String,
    reason: String,
}

impl InvalidTarget {
    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_reaches_below_a_folder_if_it_goes_on_after_it() {
        let folder = Address::new("Acme", "api_document", "dev/flights");
        let reaches = |pattern: &str| Targets::new(&[pattern]).unwrap().reach_below(&folder);
        for pattern in [
            "Acme/api_document/dev/flights/a",
            "Acme/api_document/dev/flights/a/b",
            "*/api_document/d*/*/*",
            "Acme/**",
            "**/a",
            "Acme/{api_document,team}/dev/flights/a",
        ] {
            assert!(reaches(pattern), "{pattern}");
        }
        for pattern in [
            "Acme/api_document/dev/flights",
            "Acme/api_document/dev/*",
            "Acme/api_document/qa/flights/a",
            "Acme/api/dev/flights",
            "Beta/**",
        ] {
            assert!(!reaches(pattern), "{pattern}");
        }
    }

    #[test]
    fn an_address_gives_back_its_parts() {
        let address = Address::new("KongAirlines", "control_plane", "dev/flight-data-dev");
        assert_eq!(address.to_string(), "KongAirlines/control_plane/dev/flight-data-dev");
        assert_eq!(address.scope(), "KongAirlines");
        assert_eq!(address.type_name(), "control_plane");
        assert_eq!(address.key(), "dev/flight-data-dev");
    }

    #[test]
    fn a_text_without_three_parts_is_refused() {
        for text in ["", "a", "a/b", "a/b/", "/b/c", "a//c"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_star_stays_within_a_segment_and_two_cross_them() {
        let address = Address::new("Acme", "api", "dev/orders");
        let hit = |pattern: &str| Targets::new(&[pattern]).unwrap().contains(&address);
        assert!(hit("Acme/*/dev/**"));
        assert!(hit("Acme/**"));
        assert!(!hit("Acme/*"));
        assert!(!hit("Acme/*/prd/**"));
        assert!(hit("Acme/api/dev/orders"));
    }

    proptest! {
        #[test]
        fn parsing_is_the_inverse_of_display(scope in "[^/]{1,8}", kind in "[a-z_]{1,8}", key in ".{1,20}") {
            let address = Address::new(&scope, &kind, &key);
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<Address>();
        }
    }
}
