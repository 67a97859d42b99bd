//! Rules about the look of portals and their custom domains. The limits are those of `portal-management-v3`.

use super::Rules;
use crate::manifest::image;
use crate::manifest::model::{CustomDomain, Environment, MenuItem};
use crate::manifest::path::KeyPath;

/// The longest path of a link, and the longest heading of a group of links (schemas `PortalMenuItem` and
/// `PortalFooterMenuSection`).
const LINK: usize = 512;
/// The longest name in DNS.
const HOSTNAME: usize = 253;

impl Rules<'_> {
    /// Checks the look and the custom domain of the portal of the environment at `path`.
    pub(super) fn portal_look(&mut self, path: &KeyPath, environment: &Environment) {
        let (path, portal) = (path.key("portal"), &environment.portal);
        let look = path.key("customization");
        if let Some(color) = portal.customization.theme.primary_color.as_deref().filter(|color| !is_color(color)) {
            let message = format!("`{color}` is not a valid colour");
            let help = "write `#` and 3 or 6 hexadecimal digits in quotes, as in `'#0b5fff'`";
            self.report(&look.key("theme").key("primary-color"), "koctl::manifest::color", message, help);
        }
        let (menu, links) = (look.key("menu"), &portal.customization.menu);
        self.links(&menu.key("main"), links.main.as_deref());
        self.links(&menu.key("footer-bottom"), links.footer_bottom.as_deref());
        for (index, section) in links.footer_sections.iter().flatten().enumerate() {
            let path = menu.key("footer-sections").index(index);
            self.at_most(&path.key("title"), Some(section.title.as_str()), LINK);
            self.links(&path.key("items"), Some(&section.items));
        }
        for (key, image) in [("logo", &portal.logo), ("favicon", &portal.favicon)] {
            if image.as_deref().is_some_and(|image| !image::is_data_url(image)) {
                let message = format!("the {key} is not an image that Konnect takes");
                let help = format!(
                    "write it as `data:image/png;base64,…`, or put a file `{key}.png`, `.jpg`, `.gif`, `.ico` or `.svg` \
                     into the folder of the portal"
                );
                self.report(&path.key(key), "koctl::manifest::image", message, help);
            }
        }
        if let Some(domain) = &portal.custom_domain {
            self.custom_domain(&path.key("custom-domain"), domain);
        }
    }

    fn links(&mut self, path: &KeyPath, links: Option<&[MenuItem]>) {
        for (index, link) in links.unwrap_or_default().iter().enumerate() {
            let path = path.index(index);
            self.at_most(&path.key("path"), Some(link.path.as_str()), LINK);
            for (key, text) in [("path", &link.path), ("title", &link.title)] {
                if text.trim().is_empty() {
                    let message = format!("a link has an empty `{key}`");
                    let help = "write a path as in `/apis`, and the text of the link";
                    self.report(&path.key(key), "koctl::manifest::empty", message, help);
                }
            }
        }
    }

    fn custom_domain(&mut self, path: &KeyPath, domain: &CustomDomain) {
        if !is_hostname(&domain.hostname) {
            let message = format!("`{}` is not a valid name of a domain", domain.hostname);
            let help = "write the name alone, as in `developers.example.com`, without `https://` and without a path";
            self.report(&path.key("hostname"), "koctl::manifest::hostname", message, help);
        }
        let keys = [("certificate", domain.certificate.is_some()), ("private-key", domain.private_key.is_some())];
        if let [(missing, false), (present, true)] | [(present, true), (missing, false)] = keys {
            let message = format!("`{present}` needs `{missing}`");
            let help = format!("add `{missing}`, or remove `{present}`: without both, Konnect gets a certificate");
            self.report(&path.key(present), "koctl::manifest::missing_key", message, help);
        }
        if domain.skip_ca_check.is_some() && domain.certificate.is_none() {
            let message = "`skip-ca-check` is about a certificate, and there is none".to_owned();
            let help = "add `certificate` and `private-key`, or remove `skip-ca-check`";
            self.report(&path.key("skip-ca-check"), "koctl::manifest::missing_key", message, help);
        }
    }

    /// Reports portals with one custom domain: a name leads to one of them.
    pub(super) fn custom_domains(&mut self) {
        let mut seen: Vec<(String, KeyPath)> = Vec::new();
        for (organization, settings) in &self.manifest.organizations {
            for (environment, settings) in &settings.environments {
                let Some(domain) = &settings.portal.custom_domain else { continue };
                let path = KeyPath::from(["organizations", organization, "environments", environment, "portal"]);
                let (name, path) = (domain.hostname.to_lowercase(), path.key("custom-domain").key("hostname"));
                match seen.iter().find(|(other, _)| *other == name) {
                    Some((_, first)) => {
                        let message = format!("two portals have the custom domain `{name}`");
                        let help = "give each portal a name of its own";
                        self.report_alike([first, &path], "koctl::manifest::duplicate", message, help);
                    }
                    None => seen.push((name, path)),
                }
            }
        }
    }
}

/// True for a colour that Konnect takes.
fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// True for a name in DNS with at least two parts.
fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= HOSTNAME && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_3_or_6_hexadecimal_digits() {
        assert!(["#05f", "#0b5fff", "#ABCDEF"].into_iter().all(is_color));
        assert!(!["", "05f", "#05", "#05g", "#0b5fff0", "blue"].into_iter().any(is_color));
    }

    #[test]
    fn a_hostname_is_a_name_alone() {
        assert!(["developers.example.com", "a.b", "xn--bcher-kva.example"].into_iter().all(is_hostname));
        for other in
            ["", "localhost", "https://example.com", "example.com/docs", "-a.com", "a..com", "a.com.", "a b.com"]
        {
            assert!(!is_hostname(other), "{other}");
        }
    }
}
