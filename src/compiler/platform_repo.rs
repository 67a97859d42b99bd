//! The files that are staged in the platform repository for one environment, which decK turns into gateways.

use serde_json::{Map, Value};

use super::moves::former_environments;
use super::scope::{EnvironmentScope, Output};
use super::specification::Spec;
use crate::github::resources::pull_request::{BRANCH, FILES, FOLDER, FORMER_FOLDERS, PullRequest, REPOSITORY, TITLE};
use crate::manifest::model::{Placement, Service};
use crate::manifest::quote;
use engine::{Address, Desired};

pub(super) fn compile(scope: &EnvironmentScope<'_>, services: &[(Placement<'_>, &Spec)], out: &mut Output) {
    let organization = scope.organization.name;
    let mut files = Map::new();
    for (placement, spec) in services {
        let [specification, tags] = paths(scope, placement);
        files.insert(specification, Value::String(spec.content.clone()));
        files.insert(tags, Value::String(patch(&scope.tag(placement.service), &placement.service.select_tags)));
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

/// The path of the staged specification of a service in an environment.
#[must_use]
pub fn staged_specification(organization: &str, environment: &str, placement: &Placement<'_>) -> String {
    let Placement { team_name, key, .. } = placement;
    let [specification, _] = Service::STAGED_FILES;
    format!("{}/{team_name}/services/{key}/{specification}", folder_of(organization, environment))
}

/// The paths of the staged files of a service: its specification, and the patch for decK.
pub(super) fn paths(scope: &EnvironmentScope<'_>, placement: &Placement<'_>) -> [String; 2] {
    let service = format!("{}/{}/services/{}", folder(scope), placement.team_name, placement.key);
    Service::STAGED_FILES.map(|name| format!("{service}/{name}"))
}

/// A patch that makes decK tag the gateway services of a specification with the name of the API, and everything with the tags
/// of the service.
fn patch(name: &str, tags: &[String]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| quote::in_flow(tag)).collect();
    let of_services = [vec![format!("ko-api-name={name}")], tags.clone()].concat();
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
        assert_eq!(super::patch("flights-dev", &[]), expected);
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
        assert_eq!(super::patch("flights", &["air".to_owned(), "team: air".to_owned()]), expected);
    }
}
