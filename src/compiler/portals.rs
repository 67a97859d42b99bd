//! One developer portal an environment: open in production, for members elsewhere, unless the configuration says
//! otherwise.

use serde_json::Value;

use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal::{
    AUTHENTICATION_ENABLED, AUTO_APPROVE_APPLICATIONS, AUTO_APPROVE_DEVELOPERS, DEFAULT_API_VISIBILITY,
    DEFAULT_PAGE_VISIBILITY, DESCRIPTION, DISPLAY_NAME, LABELS, NAME, NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED,
    Portal, RBAC_ENABLED, REGION, SIPR_ENABLED,
};
use crate::konnect::resources::portal_page::{self, PortalPage};
use engine::{Desired, Expr};

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let environment = scope.environment;
    let configured = &environment.portal;
    let portal = portal(scope)
        .with(REGION, scope.region())
        .with(NAME, environment.portal_name(scope.name))
        .with(DISPLAY_NAME, environment.portal_display_name(scope.organization.name, scope.name))
        .with_some(DESCRIPTION, configured.description.as_deref())
        .with(AUTHENTICATION_ENABLED, environment.signs_in())
        .with_some(RBAC_ENABLED, configured.rbac)
        .with_some(SIPR_ENABLED, configured.ip_allow_list)
        .with(DEFAULT_API_VISIBILITY, environment.api_visibility().as_str())
        .with(DEFAULT_PAGE_VISIBILITY, environment.page_visibility().as_str())
        .with_some(AUTO_APPROVE_DEVELOPERS, configured.auto_approve_developers)
        .with_some(AUTO_APPROVE_APPLICATIONS, configured.auto_approve_applications)
        .with_some(NOTIFICATIONS_DEVELOPER_PII_VISIBILITY_ENABLED, configured.developers_in_notifications)
        .with(LABELS, scope.labels(&configured.labels))
        .protect(scope.protect());
    out.extend(configured.pages.iter().map(|(path, content)| page(scope, path, content)));
    out.push(portal);
}

/// The portal of an environment, by its address alone.
pub(super) fn portal(scope: &EnvironmentScope<'_>) -> Desired<Portal> {
    Desired::of(scope.organization.name, scope.name)
}

/// A page of the portal. A path with folders is that of a page below others.
fn page(scope: &EnvironmentScope<'_>, path: &str, content: &str) -> Desired<PortalPage> {
    let (parent, slug) = match path.rsplit_once('/') {
        Some((parent, slug)) => (scope.resource::<PortalPage>(parent).id(), slug),
        None => (Expr::Value(Value::Null), path),
    };
    scope
        .resource(path)
        .with(portal_page::REGION, scope.region())
        .with(portal_page::PORTAL_ID, portal(scope).id())
        .with(portal_page::PARENT_PAGE_ID, parent)
        .with(portal_page::SLUG, slug)
        .with_some(portal_page::TITLE, title(content, slug))
        .with(portal_page::CONTENT, content)
        .with(portal_page::STATUS, "published")
        .protect(scope.protect())
}

/// The first heading, or without one the slug, so that a title does not stay when its heading goes. `None` if the front
/// matter sets the title.
fn title<'t>(content: &'t str, slug: &'t str) -> Option<&'t str> {
    let mut lines = content.lines();
    if content.starts_with("---\n") || content.starts_with("---\r\n") {
        let front_matter = lines.by_ref().skip(1).take_while(|line| line.trim_end() != "---");
        if front_matter.filter(|line| line.starts_with("title:")).count() > 0 {
            return None;
        }
    }
    Some(heading(lines).unwrap_or(slug))
}

/// The first heading of the first level that is not code.
fn heading<'t>(lines: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut fence: Option<&str> = None;
    for line in lines {
        let text = line.trim_start_matches(' ');
        // Four blanks begin a block of code.
        if line.len() - text.len() > 3 {
            continue;
        }
        let marks = text.len() - text.trim_start_matches(['`', '~']).len();
        match fence {
            Some(open) if marks >= open.len() && text.starts_with(open) && text[marks..].trim().is_empty() => {
                fence = None
            }
            Some(_) => {}
            None if text.starts_with("```") || text.starts_with("~~~") => fence = Some(&text[..marks]),
            None => {
                let heading = text.strip_prefix("# ").map(|text| text.trim().trim_end_matches('#').trim_end());
                if let Some(heading) = heading.filter(|heading| !heading.is_empty()) {
                    return Some(heading);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn the_title_of_a_page_is_its_first_heading() {
        for (content, expected) in [
            ("# Hello\n", "Hello"),
            ("text\n  #  Hello world ##\n# Later\n", "Hello world"),
            ("```sh\n# a comment\n```\n# Hello\n", "Hello"),
            ("~~~\n```\n# a comment\n~~~\n# Hello\n", "Hello"),
            ("````\n```\n# a comment\n````\n# Hello\n", "Hello"),
            ("    # code\n# Hello\n", "Hello"),
            ("---\ntags: [a]\n---\n# Hello\n", "Hello"),
        ] {
            assert_eq!(title(content, "start"), Some(expected), "{content}");
        }
    }

    #[test]
    fn r6_a_page_without_a_heading_is_named_after_its_slug() {
        for content in ["", "text", "## Part\n", "#\n", "```\n# a comment\n"] {
            assert_eq!(title(content, "start"), Some("start"), "{content}");
        }
    }

    #[test]
    fn konnect_reads_the_title_of_front_matter() {
        assert_eq!(title("---\ntitle: Hello\n---\n# Other\n", "start"), None);
    }
}
