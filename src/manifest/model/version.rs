//! Versions of an API beside each other, each with a specification of its own.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment_type::EnvironmentType;

/// A version of the service's APIs, beside others.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceVersion {
    /// The path of the version's OpenAPI document in the repository. Without it, that of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_path: Option<String>,
    /// The version's branch for environments of type PROD. Without it, the `branch` of the service in an environment, or its
    /// `prod-branch-name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prod_branch_name: Option<String>,
    /// The version's branch for environments of type DEV. Without it, the `branch` of the service in an environment, or its
    /// `dev-branch-name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_branch_name: Option<String>,
}

impl ServiceVersion {
    /// The branch of this version alone. `None` if it is that of the service.
    #[must_use]
    pub fn branch(&self, environment: EnvironmentType) -> Option<&str> {
        match environment {
            EnvironmentType::Dev => self.dev_branch_name.as_deref(),
            EnvironmentType::Prod => self.prod_branch_name.as_deref(),
        }
    }
}

/// The order of the names of versions: numbers in them count as numbers, so that `v2` is before `v10`.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    parts(one).cmp(&parts(other)).then_with(|| one.cmp(other))
}

/// A run of digits, which is compared by its length first, or a run of other characters.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Number(usize, &'a str),
    Text(&'a str),
}

fn parts(name: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        parts.push(if is_number {
            let digits = run.trim_start_matches('0');
            Part::Number(digits.len(), digits)
        } else {
            Part::Text(run)
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_the_names_of_versions_count_as_numbers() {
        let mut names = ["v10", "v2", "v2-beta", "v1", "v02", "1.10", "1.9"];
        names.sort_by(|one, other| order(one, other));
        assert_eq!(names, ["1.9", "1.10", "v1", "v02", "v2", "v2-beta", "v10"]);
    }
}
