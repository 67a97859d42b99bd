//! Rules about the keys that depart from the opinions: texts, labels and names of objects of Konnect.

use std::collections::BTreeMap;

use transport::visible;

use super::Rules;
use super::names;
use crate::manifest::diagnostic::counted;
use crate::manifest::model::{
    ControlPlane, ENVIRONMENT, Environment, EnvironmentService, EnvironmentTeam, ProxyUrl, SERVICE, Service,
};
use crate::manifest::path::KeyPath;
use crate::manifest::suggest::nearest;

/// The longest description of a control plane (schema `CreateControlPlaneRequest` of `control-planes-v2`).
const CONTROL_PLANE_DESCRIPTION: usize = 2048;
/// The longest description of a portal (schema `Portal` of `portal-management-v3`).
const PORTAL_DESCRIPTION: usize = 512;
/// The longest name of a portal and of an API (the same schema, and `Api` of `api-builder-v3`).
pub(super) const NAME: usize = 255;
/// The longest key of a label (schema `Labels`, which is the same in all API documents of Konnect).
const LABEL_KEY: usize = 63;
/// The beginnings of labels that Konnect keeps for itself (the same schema).
const RESERVED: [&str; 5] = ["kong", "konnect", "mesh", "kic", "_"];
/// The labels that koctl sets itself.
const OWN: [&str; 7] = ["ko-konnect-orchestrator", "env-name", "env-type", "env", "team", "team-name", "service-name"];
/// The number of labels that Konnect allows on an object (schema `Labels`), less those that koctl sets itself.
const LABELS: usize = 45;

impl Rules<'_> {
    pub(super) fn environment_overrides(&mut self, path: &KeyPath, environment: &Environment) {
        if let Some(pattern) = &environment.api_name {
            let path = path.key("api-name");
            self.api_name(&path, pattern);
            if !pattern.contains(SERVICE) {
                let message = format!("all APIs of the environment would be named `{pattern}`");
                let help = format!("write `{SERVICE}` for the name of the service, as in `{SERVICE} ({ENVIRONMENT})`");
                self.report(&path, "koctl::manifest::api_name", message, help);
            }
        }
        self.control_plane_settings(&path.key("control-plane"), &environment.control_plane);
        self.select_tags(&path.key("select-tags"), &environment.select_tags);
        self.portal(path, environment);
        self.auth_strategies(path, environment);
        self.portal_look(path, environment);
        self.portal_teams(path, environment);
        self.portal_authorization(path, environment);
    }

    pub(super) fn team_overrides(&mut self, path: &KeyPath, team: &EnvironmentTeam) {
        self.control_plane_settings(&path.key("control-plane"), &team.control_plane);
        for (key, service) in team.services.iter().flatten() {
            self.api(&path.key("services").key(key), service);
        }
    }

    pub(super) fn service_overrides(&mut self, path: &KeyPath, service: &Service) {
        self.shown_name(&path.key("display-name"), "an API", service.display_name.as_deref());
        self.slug(&path.key("slug"), service.slug.as_deref());
        self.labels(&path.key("labels"), &service.labels);
        self.select_tags(&path.key("select-tags"), &service.select_tags);
    }

    fn select_tags(&mut self, path: &KeyPath, tags: &[String]) {
        for (position, tag) in tags.iter().enumerate() {
            let Some(reason) = unfit_tag(tag) else { continue };
            let message = format!("`{tag}` is not a valid tag: {reason}");
            let help = "write a tag like `team-orders`: without spaces around it, and without `,`, `/` and quotes";
            self.report(&path.index(position), "koctl::manifest::tag", message, help);
        }
        self.check_unique(path, "tag", tags, str::to_owned);
    }

    fn api(&mut self, path: &KeyPath, service: &EnvironmentService) {
        if let Some(pattern) = &service.api_name {
            self.api_name(&path.key("api-name"), pattern);
        }
        self.slug(&path.key("slug"), service.slug.as_deref());
        self.labels(&path.key("labels"), &service.labels);
    }

    fn control_plane_settings(&mut self, path: &KeyPath, settings: &ControlPlane) {
        let description = settings.description.as_deref();
        self.length(&path.key("description"), "a control plane", description, CONTROL_PLANE_DESCRIPTION);
        self.proxy_urls(&path.key("proxy-urls"), settings.proxy_urls.as_deref().unwrap_or_default());
        self.labels(&path.key("labels"), &settings.labels);
    }

    fn proxy_urls(&mut self, path: &KeyPath, urls: &[String]) {
        if urls.len() > ProxyUrl::MOST {
            let message = format!("there are {} addresses, more than Konnect allows", urls.len());
            let help = format!("remove some: a control plane has at most {}", ProxyUrl::MOST);
            self.report(path, "koctl::manifest::proxy_url", message, help);
        }
        for (index, url) in urls.iter().enumerate() {
            if let Err(reason) = url.parse::<ProxyUrl>() {
                // The address may have a password in it, which is not repeated.
                let message = format!("this is not a valid address of data planes: {reason}");
                let help = "write a protocol, a host and a port, such as `https://api.example.com:8443`";
                self.report(&path.index(index), "koctl::manifest::proxy_url", message, help);
            }
        }
    }

    fn portal(&mut self, of_environment: &KeyPath, environment: &Environment) {
        let (path, portal) = (of_environment.key("portal"), &environment.portal);
        self.shown_name(&path.key("name"), "a portal", portal.name.as_deref());
        self.shown_name(&path.key("display-name"), "a portal", portal.display_name.as_deref());
        self.length(&path.key("description"), "a portal", portal.description.as_deref(), PORTAL_DESCRIPTION);
        self.labels(&path.key("labels"), &portal.labels);
        let is_known = !self.locations.is_wrong(&of_environment.key("type"));
        if portal.rbac == Some(true) && !environment.signs_in() && is_known {
            self.report(
                &path.key("rbac"),
                "koctl::manifest::missing_key",
                "`rbac` needs developers who sign in, and the portal has no sign-in".to_owned(),
                "add `authentication: true`, or remove `rbac`",
            );
        }
    }

    /// Checks the name that an API gets, with its placeholders.
    fn api_name(&mut self, path: &KeyPath, pattern: &str) {
        self.shown_name(path, "an API", Some(pattern));
        let mut rest = pattern;
        while let Some((_, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').unwrap_or((after, ""));
            let written = format!("{{{word}}}");
            rest = after;
            if [SERVICE, ENVIRONMENT].contains(&written.as_str()) {
                continue;
            }
            let help = match nearest(&written, [SERVICE, ENVIRONMENT]) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write `{SERVICE}` or `{ENVIRONMENT}`, or no braces"),
            };
            let message = format!("`{written}` stands for nothing in the name of an API");
            self.report(path, "koctl::manifest::api_name", message, help);
        }
    }

    pub(super) fn shown_name(&mut self, path: &KeyPath, what: &str, name: Option<&str>) {
        let Some(name) = name else { return };
        let Some(reason) = unfit_shown_name(name) else { return };
        let message = format!("`{name}` is not a valid name for {what}: {reason}");
        let help = format!("write a name of 1 to {NAME} visible characters, without spaces around it");
        self.report(path, "koctl::manifest::name", message, help);
    }

    fn length(&mut self, path: &KeyPath, what: &str, text: Option<&str>, longest: usize) {
        let length = text.map_or(0, |text| text.chars().count());
        if length > longest {
            let message = format!("the description of {what} is too long: it has {length} characters");
            let help = format!("shorten it to {longest} characters, the limit of Konnect");
            self.report(path, "koctl::manifest::too_long", message, help);
        }
    }

    fn slug(&mut self, path: &KeyPath, slug: Option<&str>) {
        let Some(slug) = slug.filter(|slug| !is_slug(slug)) else { return };
        let message = format!("`{slug}` is not a valid slug: it contains a character that is not allowed in it");
        let replaced: String = slug.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let help = match replaced.trim_matches('-') {
            "" => "use letters, digits, `_` and `-`".to_owned(),
            proposal => format!("use letters, digits, `_` and `-`, for example `{proposal}`"),
        };
        self.report(path, "koctl::manifest::slug", message, help);
    }

    pub(super) fn labels(&mut self, path: &KeyPath, labels: &BTreeMap<String, String>) {
        if labels.len() > LABELS {
            let message = format!("there are {} labels, more than Konnect allows", labels.len());
            let help = format!("remove some: Konnect allows 50, of which koctl sets up to {}", 50 - LABELS);
            self.report(path, "koctl::manifest::label", message, help);
        }
        for (key, value) in labels {
            let path = path.key(key);
            if let Some((reason, help)) = unfit_key(key) {
                let message = format!("`{key}` is not a valid label: {reason}");
                self.report(&path, "koctl::manifest::label", message, help);
            } else if let Some(problem) = names::label_value(value) {
                let message = format!("`{value}` is not a valid value of the label `{key}`: {}", problem.reason);
                self.report(&path, "koctl::manifest::label", message, problem.help);
            }
        }
    }
}

/// The reason why neither a portal nor an API can have this name. `None` if they can.
pub(crate) fn unfit_shown_name(name: &str) -> Option<String> {
    let length = name.chars().count();
    if name.is_empty() {
        Some("it is empty".to_owned())
    } else if name.trim() != name {
        Some("it begins or ends with a space".to_owned())
    } else if name.chars().any(visible::is_hidden) {
        Some("it contains a character that is not visible".to_owned())
    } else {
        (length > NAME).then(|| format!("it is {} long", counted(length, "character")))
    }
}

/// The labels that the configuration may set as they are: not those of koctl and of Konnect. None if there are too many.
pub(crate) fn fit_labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let fit = labels.filter(|(key, value)| unfit_key(key).is_none() && names::label_value(value).is_none());
    let fit: BTreeMap<String, String> = fit.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if fit.len() > LABELS { BTreeMap::new() } else { fit }
}

/// True if a text can be the slug of an API.
pub(crate) fn is_slug(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// The reason why an object of a gateway cannot have this tag. `None` if it can. Kong takes neither commas nor slashes in
/// tags, and decK reads the values of `--select-tag` as lines of CSV.
fn unfit_tag(tag: &str) -> Option<&'static str> {
    if tag.is_empty() {
        Some("it is empty")
    } else if tag.trim() != tag {
        Some("it begins or ends with a space")
    } else if tag.chars().any(visible::is_hidden) {
        Some("it contains a character that is not visible")
    } else if tag.contains([',', '/', '"', '\'']) {
        Some("it contains `,`, `/` or a quote")
    } else {
        tag.starts_with("ko-api-name=").then_some("koctl sets tags that begin with `ko-api-name=` itself")
    }
}

/// The reason why a label cannot have this key, and the next step.
fn unfit_key(key: &str) -> Option<(&'static str, &'static str)> {
    let reserved = RESERVED.iter().any(|reserved| key.starts_with(reserved));
    if OWN.contains(&key) {
        Some(("koctl sets it itself", "choose another key"))
    } else if reserved {
        Some(("Konnect keeps keys that begin like this for itself", "begin it with another word"))
    } else if key.is_empty() || key.chars().count() > LABEL_KEY {
        Some(("a key has 1 to 63 characters", "shorten it"))
    } else {
        let rule = "use letters, digits, `-`, `_` and `.`, with a letter or digit first and last";
        names::label_value(key).map(|problem| (problem.reason, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::{unfit_key, unfit_tag};

    #[test]
    fn a_tag_is_one_that_deck_and_gateways_take() {
        for tag in ["koctl", "team: orders", "größe", "a.b_c-d"] {
            assert_eq!(unfit_tag(tag), None, "{tag}");
        }
        for tag in ["", " a", "a,b", "a/b", "\"a\"", "a\nb", "a\u{200b}", "ko-api-name=x"] {
            assert!(unfit_tag(tag).is_some(), "{tag}");
        }
    }

    #[test]
    fn a_label_may_have_any_key_except_those_of_konnect_and_of_koctl() {
        for key in ["owner", "cost.center", "Tier", &"a".repeat(63)] {
            assert_eq!(unfit_key(key), None, "{key}");
        }
        for key in [
            "",
            "kong-x",
            "konnect",
            "mesh.a",
            "kic",
            "_x",
            "env-name",
            "team",
            &"a".repeat(64),
            "a\u{200b}",
            "bad key!",
        ] {
            assert!(unfit_key(key).is_some(), "{key}");
        }
    }
}
