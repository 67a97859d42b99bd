//! The files that are staged in the platform repository for one environment, which decK turns into gateways.

use serde_json::{Map, Value};

use super::moves::former_environments;
use super::scope::{EnvironmentScope, Output, Version};
use crate::github::resources::pull_request::{BRANCH, FILES, FOLDER, FORMER_FOLDERS, PullRequest, REPOSITORY, TITLE};
use crate::manifest::model::{Placement, Service};
use crate::manifest::quote;
use engine::{Address, Desired};

pub(super) fn compile(scope: &EnvironmentScope<'_>, services: &[(Placement<'_>, Vec<Version<'_>>)], out: &mut Output) {
    let organization = scope.organization.name;
    let mut files = Map::new();
    for (placement, versions) in services {
        for (position, Version { name, spec }) in versions.iter().enumerate() {
            let [specification, tags] = paths(scope, placement, *name);
            files.insert(specification, Value::String(spec.content.clone()));
            let own = own_tags(&scope.tag(placement.service), *name, position + 1 == versions.len());
            files.insert(tags, Value::String(patch(&own, &placement.service.select_tags)));
        }
    }
    if files.is_empty() {
        return;
    }
    let pull_request = pull_request(scope)
        .with(REPOSITORY, scope.organization.input.platform_repository)
        .with(BRANCH, staging_branch(organization, scope.name))
        .with(FOLDER, folder(scope))
        .with(TITLE, format!("[Konnect Orchestrator] - Stage the APIs of {organization} / {}", scope.name))
        .with(FILES, Value::Object(files));
    let former = former_environments(scope.organization.input.manifest, organization, scope.name);
    let former: Vec<Value> = former.iter().map(|(organization, name)| folder_of(organization, name).into()).collect();
    let pull_request = pull_request.with_some(FORMER_FOLDERS, (!former.is_empty()).then_some(Value::Array(former)));
    out.push(pull_request);
}

/// The branch of the pull request that stages the files of an environment.
#[must_use]
pub fn staging_branch(organization: &str, environment: &str) -> String {
    format!("{organization}-{environment}-konnect-orchestrator-apply")
}

/// The staged files of an environment, without attributes yet.
fn pull_request(scope: &EnvironmentScope<'_>) -> Desired<PullRequest> {
    Desired::of(scope.organization.name, scope.name)
}

/// The address of the staged files of an environment.
pub(super) fn address(scope: &EnvironmentScope<'_>) -> Address {
    pull_request(scope).address
}

/// The folder of the staged files of an environment.
fn folder(scope: &EnvironmentScope<'_>) -> String {
    folder_of(scope.organization.name, scope.name)
}

fn folder_of(organization: &str, environment: &str) -> String {
    format!("konnect/{organization}/envs/{environment}/teams")
}

/// The path of the staged specification of a service in an environment, or of one of its versions.
#[must_use]
pub fn staged_specification(
    organization: &str,
    environment: &str,
    placement: &Placement<'_>,
    version: Option<&str>,
) -> String {
    let [specification, _] = staged(&folder_of(organization, environment), placement, version);
    specification
}

/// The paths of the staged files of a service, or of one of its versions: its specification, and the patch for decK.
pub(super) fn paths(scope: &EnvironmentScope<'_>, placement: &Placement<'_>, version: Option<&str>) -> [String; 2] {
    staged(&folder(scope), placement, version)
}

fn staged(folder: &str, placement: &Placement<'_>, version: Option<&str>) -> [String; 2] {
    let service = format!("{folder}/{}/services/{}", placement.team_name, placement.key);
    let below = version.map(|name| format!("/{}/{name}", Service::VERSIONS_FOLDER)).unwrap_or_default();
    Service::STAGED_FILES.map(|file| format!("{service}{below}/{file}"))
}

/// koctl's own tags of gateway services. `ko-api-name` is on those that the API is linked to, and `ko-api-version` tells
/// versions apart: the conversion names the objects of a version after it.
fn own_tags(name: &str, version: Option<&str>, is_current: bool) -> Vec<String> {
    let of_version = version.map(|version| format!("ko-api-version={name}@{version}"));
    is_current.then(|| format!("ko-api-name={name}")).into_iter().chain(of_version).collect()
}

/// A patch that makes decK give the gateway services of a specification koctl's `own` tags, and everything the tags of the
/// service.
fn patch(own: &[String], tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| quote::in_flow(tag)).collect();
    let of_services = [own, tags.as_slice()].concat();
    let mut patch = "_format_version: \"1.0\"\npatches:\n".to_owned();
    patch.push_str(&tagging(&["services"], &of_services));
    if !tags.is_empty() {
        patch.push_str(&tagging(&["routes", "plugins", "upstreams"], &tags));
    }
    patch
}

/// The entry of a patch that gives all objects of these collections these tags, which are scalars of YAML.
fn tagging(collections: &[&str], tags: &[String]) -> String {
    let mut entry = "    - selectors:\n".to_owned();
    for collection in collections {
        entry.push_str(&format!("        - $..{collection}[*]\n"));
    }
    entry.push_str("      values:\n        tags:\n");
    for tag in tags {
        entry.push_str(&format!("            - {tag}\n"));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_a_tag_of_its_own_and_the_current_one_that_of_the_api() {
        assert_eq!(own_tags("flights", Some("v1"), false), ["ko-api-version=flights@v1"]);
        assert_eq!(own_tags("flights", Some("v2"), true), ["ko-api-name=flights", "ko-api-version=flights@v2"]);
    }

    #[test]
    fn the_patch_makes_deck_tag_the_service_with_the_name_of_the_api() {
        let expected = "\
_format_version: \"1.0\"
patches:
    - selectors:
        - $..services[*]
      values:
        tags:
            - ko-api-name=flights-dev
";
        assert_eq!(patch(&own_tags("flights-dev", None, true), &[]), expected);
    }

    #[test]
    fn the_tags_of_a_service_are_on_everything_that_deck_makes_of_it() {
        let expected = "\
_format_version: \"1.0\"
patches:
    - selectors:
        - $..services[*]
      values:
        tags:
            - ko-api-name=flights
            - air
            - \"team: air\"
    - selectors:
        - $..routes[*]
        - $..plugins[*]
        - $..upstreams[*]
      values:
        tags:
            - air
            - \"team: air\"
";
        assert_eq!(patch(&own_tags("flights", None, true), &["air".to_owned(), "team: air".to_owned()]), expected);
    }
}
