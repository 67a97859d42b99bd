//! Rules about the pages and snippets of developer portals, from keys and from files.

use std::collections::BTreeMap;

use super::Rules;
use super::names;
use crate::manifest::content::INDEX;
use crate::manifest::diagnostic::counted;
use crate::manifest::markdown::PortalText;
use crate::manifest::path::KeyPath;

/// The longest title and the longest text of a page (schemas `PageTitle` and `PageContent` of `portal-management-v3`), and of
/// a snippet, for which they are the same.
const TITLE: usize = 512;
const CONTENT: usize = 1_000_000;

impl Rules<'_> {
    pub(super) fn pages(&mut self, path: &KeyPath, pages: &BTreeMap<String, String>) {
        for (page, text) in pages {
            let at = path.key(page);
            if let Some((message, help)) = self.page_path(page, pages) {
                self.report(&at, "koctl::manifest::page", message, help);
            } else if let Some((reason, help)) = unfit_text(page, text) {
                let message = format!("the page `{page}` is not valid: {reason}");
                self.report(&at, "koctl::manifest::page", message, help);
            }
        }
    }

    pub(super) fn snippets(&mut self, path: &KeyPath, snippets: &BTreeMap<String, String>) {
        for (name, text) in snippets {
            let reason = if name.contains('/') { Some("snippets are in no folders") } else { names::slug(name) };
            let (reason, help) = match (reason, unfit_text(name, text)) {
                (Some(reason), _) => (reason.to_owned(), "write a name as in `first-steps`".to_owned()),
                (None, Some(unfit)) => unfit,
                (None, None) => continue,
            };
            let message = format!("the snippet `{name}` is not valid: {reason}");
            self.report(&path.key(name), "koctl::manifest::snippet", message, help);
        }
    }

    /// The mistake in the path of a page, and the next step.
    fn page_path(&self, page: &str, pages: &BTreeMap<String, String>) -> Option<(String, String)> {
        if let Some((reason, help)) = unfit_path(page) {
            return Some((format!("`{page}` is not a valid path of a page: {reason}"), help.to_owned()));
        }
        let (above, _) = page.rsplit_once('/')?;
        if pages.contains_key(above) || !self.knows_files {
            return None;
        }
        let message = format!("the page `{page}` is below `{above}`, which is not a page");
        Some((
            message,
            format!("add a page `{above}`: as a key of `pages`, or as a file `{above}.md` or `{above}/index.md`"),
        ))
    }
}

/// The reason why a path cannot be that of a page, and the next step.
fn unfit_path(page: &str) -> Option<(String, &'static str)> {
    if let Some(reason) = page.split('/').find_map(names::slug) {
        let help = "write it as in `guides/first-steps`: it is a part of the address of the page";
        return Some((reason.to_owned(), help));
    }
    (page != INDEX && page.split('/').any(|segment| segment == INDEX)).then(|| {
        let reason = format!("`{INDEX}` is the page at the top, and the name of a file for the page of its folder");
        (reason, "give the page another name; the page of the folder `guides` is `guides`")
    })
}

/// The reason why no file can have a page of this path, which is whole, with this text. `None` if one can.
pub(crate) fn unfit_page(path: &str, text: &str) -> Option<String> {
    let unfit = unfit_path(path).map(|(reason, _)| reason).or_else(|| unfit_file(path).map(str::to_owned));
    unfit.or_else(|| unfit_text(path, text).map(|(reason, _)| reason))
}

/// The reason why no file can have a snippet of this name with this text. `None` if one can.
pub(crate) fn unfit_snippet(name: &str, text: &str) -> Option<String> {
    let unfit = if name.contains('/') { Some("it contains a slash") } else { names::slug(name) };
    let unfit = unfit.or_else(|| unfit_file(name)).map(str::to_owned);
    unfit.or_else(|| unfit_text(name, text).map(|(reason, _)| reason))
}

/// The reason why a path cannot be that of a file without its ending.
fn unfit_file(path: &str) -> Option<&'static str> {
    const ENDING: &str = ".md";
    path.split('/').find_map(|segment| {
        if segment.starts_with('.') {
            Some("files whose names begin with a dot are passed over")
        } else if segment.len() + ENDING.len() > names::FILE_NAME {
            Some("it is longer than 255 bytes with its ending, the limit of file systems")
        } else if segment.ends_with('.') || segment.contains(['<', '>', ':', '"', '|', '*']) {
            Some("not every file system can have a file of its name")
        } else {
            None
        }
    })
}

/// The reason why a page or a snippet cannot have a text, and the next step.
fn unfit_text(page: &str, text: &str) -> Option<(String, String)> {
    let slug = page.rsplit('/').next().unwrap_or(page);
    let length = PortalText::of(text).content.chars().count();
    if length > CONTENT {
        let help = "split it into several: Konnect allows 1,000,000 characters";
        return Some((format!("its text is {} long", counted(length, "character")), help.to_owned()));
    }
    if let Some((line, _)) = text.lines().enumerate().find(|(_, line)| line.chars().any(is_refused)) {
        let reason = format!("line {} of its text contains a control character", line + 1);
        return Some((reason, "remove the character".to_owned()));
    }
    let text = PortalText::of(text);
    let title = match text.title(slug) {
        Ok(title) => title,
        Err(wrong) => return Some((wrong, "write it in quotation marks".to_owned())),
    };
    if title.is_some_and(|title| title.chars().count() > TITLE) {
        let help = "shorten the first heading, or set a `title` in front matter: Konnect allows 512 characters";
        return Some(("its title, which may be its first heading, is too long".to_owned(), help.to_owned()));
    }
    let wrong = text.visibility().err().or_else(|| text.status().err()).or_else(|| text.unknown())?;
    Some((wrong, "correct it, or leave it out".to_owned()))
}

/// True for control characters other than tabs and the ends of lines.
fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_konnect_takes_is_fine() {
        for text in ["", "# Hello\r\n\tcode\r\n", "---\nvisibility: public\nstatus: unpublished\n---\n", "é 👩‍🚀"]
        {
            assert_eq!(unfit_text("start", text), None, "{text}");
        }
        assert_eq!(unfit_text("start", &"é".repeat(CONTENT)), None);
    }

    #[test]
    fn a_text_that_konnect_would_refuse_is_refused_with_the_reason() {
        for (text, reason) in [
            ("é".repeat(CONTENT + 1), "its text is 1000001 characters long"),
            ("a\nb\u{1b}[2J\n".to_owned(), "line 2 of its text contains a control character"),
            (format!("# {}\n", "a".repeat(TITLE + 1)), "its title, which may be its first heading, is too long"),
            (
                "---\nstatus: draft\n---\n".to_owned(),
                "its front matter has a `status` other than `published` and `unpublished`",
            ),
        ] {
            assert_eq!(unfit_text("start", &text).unwrap().0, reason);
        }
    }
}
