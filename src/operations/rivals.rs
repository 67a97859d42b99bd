//! Open pull requests of the Go koctl, which stage the same files as koctl's own ones.

use super::connect::platform_repository;
use super::request::PlanRequest;
use super::session::Session;
use super::warning::Warning;
use crate::github::{Pull, Repository};
use crate::manifest::model::Organization;
use engine::Mode;

/// Warnings about the open pull requests of the Go koctl for the environments of these organizations, among those that
/// were listed when the staged files were read.
///
/// A list that could not be read is no warning: the staged files could not be read then either, and that is the error.
pub(super) fn rivals(
    session: &Session,
    request: &PlanRequest,
    organizations: &[(&String, &Organization)],
) -> Vec<Warning> {
    if request.mode != Mode::Normal || request.no_refresh || !request.targets.is_empty() {
        return Vec::new();
    }
    let environments: Vec<(&str, &str)> = organizations
        .iter()
        .flat_map(|(name, organization)| {
            organization.environments.keys().map(|environment| (name.as_str(), environment.as_str()))
        })
        .collect();
    if environments.is_empty() {
        return Vec::new();
    }
    let Ok(repository) = platform_repository(session) else { return Vec::new() };
    let pulls = session.listed.pulls(&repository);
    let rival =
        |pull: &Pull| environments.iter().find(|(_, environment)| is_rival(pull, &repository, environment)).copied();
    let warning = |pull: &Pull| rival(pull).map(|(organization, environment)| warning(pull, organization, environment));
    pulls.iter().filter_map(warning).collect()
}

/// True for the pull request of the Go koctl for an environment: by its branch, which does not name the organization, and
/// by its title.
fn is_rival(pull: &Pull, repository: &Repository, environment: &str) -> bool {
    let home = pull.head.repo.as_ref().map(|repository| repository.full_name.as_str());
    home.is_some_and(|home| home.eq_ignore_ascii_case(&repository.to_string()))
        && pull.head.branch == format!("{environment}-konnect-orchestrator-apply")
        && pull.title.contains(&format!("[{environment}]"))
}

fn warning(pull: &Pull, organization: &str, environment: &str) -> Warning {
    let link = pull.html_url.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
    Warning {
        message: format!(
            "Pull request #{}{link} of the Go koctl is open for the environment {environment}. koctl stages the same files \
             in a pull request of its own, from the branch {organization}-{environment}-konnect-orchestrator-apply.",
            pull.number
        ),
        help: Some(format!(
            "close it, and delete its branch {}: koctl's brings the same files as they are now",
            pull.head.branch
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pull(branch: &str, title: &str, home: &str) -> Pull {
        serde_json::from_value(json!({
            "number": 1, "title": title, "html_url": null,
            "head": {"ref": branch, "sha": "c", "repo": {"full_name": home}}, "base": {"ref": "main"},
        }))
        .unwrap()
    }

    #[test]
    fn a_pull_request_of_the_go_tool_is_known_by_its_branch_and_its_title() {
        let repository = "Acme/platform".parse().unwrap();
        let is_rival = |branch: &str, title: &str, home: &str| is_rival(&pull(branch, title, home), &repository, "dev");
        let (branch, title) =
            ("dev-konnect-orchestrator-apply", "[Konnect Orchestrator] - Changes for [dev] environment");
        assert!(is_rival(branch, title, "acme/Platform"));
        assert!(is_rival(branch, "[Konnect] [dev] Konnect Orchestrator applied changes", "Acme/platform"));
        assert!(!is_rival(branch, title, "fork/platform"));
        assert!(!is_rival(branch, "[Konnect Orchestrator] - Stage the APIs of dev / dev", "Acme/platform"));
        assert!(!is_rival("Acme-dev-konnect-orchestrator-apply", title, "Acme/platform"));
    }
}
