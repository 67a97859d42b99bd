//! What a Markdown text says of itself: in its front matter, and in its headings.

use serde_json::{Map, Value};

use super::document::parse_value;
use super::model::Visibility;
use super::quote;

/// The mapping between two lines of three hyphens at the beginning of a text. Empty if there is none. Front matter that is
/// not YAML is ordinary text, as it is for Konnect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter(Map<String, Value>);

impl FrontMatter {
    /// The front matter of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::divided(text).map(|(matter, _)| matter).unwrap_or_default()
    }

    /// The front matter of a text, and what comes after it. `None` if there is none.
    fn divided(text: &str) -> Option<(Self, &str)> {
        let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if line.trim_end() == "---" {
                let Ok(Value::Object(keys)) = parse_value(&rest[..end]) else { return None };
                return Some((Self(keys), &rest[end + line.len()..]));
            }
            end += line.len();
        }
        None
    }

    /// True if it has this key.
    #[must_use]
    pub fn sets(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The title, if it sets one.
    ///
    /// # Errors
    /// Something other than a text.
    pub fn title(&self) -> Result<Option<&str>, String> {
        match self.0.get("title") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(title)) => Ok(Some(title.trim()).filter(|title| !title.is_empty())),
            Some(_) => Err("its front matter has a `title` that is not a text".to_owned()),
        }
    }

    /// Who sees the page, if it says so.
    ///
    /// # Errors
    /// Another value.
    pub fn visibility(&self) -> Result<Option<Visibility>, String> {
        match self.choice("visibility", ["public", "private"])? {
            None => Ok(None),
            Some("public") => Ok(Some(Visibility::Public)),
            Some(_) => Ok(Some(Visibility::Private)),
        }
    }

    /// `published` or `unpublished`, if it says so.
    ///
    /// # Errors
    /// Another value.
    pub fn status(&self) -> Result<Option<&'static str>, String> {
        self.choice("status", ["published", "unpublished"])
    }

    fn choice(&self, key: &str, choices: [&'static str; 2]) -> Result<Option<&'static str>, String> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let chosen = choices.into_iter().find(|choice| value == choice);
        let [one, other] = choices;
        chosen.map(Some).ok_or_else(|| format!("its front matter has a `{key}` other than `{one}` and `{other}`"))
    }
}

/// A text of a portal as a file has it, and what is sent of it.
///
/// Front matter with no other key than `koctl` sets what Konnect keeps beside the text, and is not sent. So a file can have
/// any text that Konnect has, with any title.
#[derive(Debug)]
pub struct PortalText<'t> {
    /// What is sent.
    pub content: &'t str,
    /// What the file sets beside that.
    own: FrontMatter,
    /// The front matter of what is sent.
    sent: FrontMatter,
}

/// The key of front matter that is not sent.
const OWN: &str = "koctl";
/// The keys below it.
const OWN_KEYS: [&str; 3] = ["title", "visibility", "status"];

impl<'t> PortalText<'t> {
    /// Divides the text of a file.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let (own, content) = match FrontMatter::divided(text) {
            Some((FrontMatter(mut keys), rest)) if keys.len() == 1 => match keys.remove(OWN) {
                Some(Value::Object(own)) => (FrontMatter(own), rest),
                Some(Value::Null) => (FrontMatter::default(), rest),
                _ => (FrontMatter::default(), text),
            },
            _ => (FrontMatter::default(), text),
        };
        Self { content, own, sent: FrontMatter::of(content) }
    }

    /// The title, if it is to be sent: the one that the file sets beside the text, or [`title`] of the text.
    ///
    /// # Errors
    /// A title that is not a text.
    pub fn title<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, String> {
        Ok(self.own.title()?.or_else(|| title(self.content, name)))
    }

    /// Who sees it, if the file says so.
    ///
    /// # Errors
    /// Another value.
    pub fn visibility(&self) -> Result<Option<Visibility>, String> {
        match self.own.visibility()? {
            Some(own) => Ok(Some(own)),
            None => self.sent.visibility(),
        }
    }

    /// `published` or `unpublished`.
    ///
    /// # Errors
    /// Another value.
    pub fn status(&self) -> Result<&'static str, String> {
        let said = match self.own.status()? {
            Some(own) => Some(own),
            None => self.sent.status()?,
        };
        Ok(said.unwrap_or("published"))
    }

    /// A key that the file sets beside the text, and that does not exist.
    #[must_use]
    pub fn unknown(&self) -> Option<String> {
        let unknown = self.own.0.keys().find(|key| !OWN_KEYS.contains(&key.as_str()))?;
        Some(format!(
            "its front matter has `{unknown}` below `{OWN}`, where `title`, `visibility` and `status` are known"
        ))
    }
}

/// The text of a file with this content, which sets `title`, `visibility` and `status` beside it.
#[must_use]
pub fn file_with(content: &str, settings: &Map<String, Value>) -> String {
    if settings.is_empty() && PortalText::of(content).content == content && !content.starts_with('\u{feff}') {
        return content.to_owned();
    }
    let line = |key: &str| Some(format!("  {key}: {}\n", quote::in_block(settings.get(key)?.as_str()?)));
    let lines: String = OWN_KEYS.into_iter().filter_map(line).collect();
    let own = if lines.is_empty() { format!("{OWN}: {{}}\n") } else { format!("{OWN}:\n{lines}") };
    format!("---\n{own}---\n{content}")
}

/// The first heading, or without one `name`, so that a title does not stay when its heading goes. `None` if the front
/// matter sets the title: then Konnect reads it there.
#[must_use]
pub fn title<'t>(text: &'t str, name: &'t str) -> Option<&'t str> {
    let mut lines = text.lines();
    if text.starts_with("---\n") || text.starts_with("---\r\n") {
        let front_matter = lines.by_ref().skip(1).take_while(|line| line.trim_end() != "---");
        if front_matter.filter(|line| line.starts_with("title:")).count() > 0 {
            return None;
        }
    }
    Some(heading(lines).unwrap_or(name))
}

/// The first heading of a text, after its front matter.
#[must_use]
pub fn first_heading(text: &str) -> Option<&str> {
    let begins = text.starts_with("---\n") || text.starts_with("---\r\n");
    let end = text.lines().skip(1).position(|line| line.trim_end() == "---").filter(|_| begins);
    heading(text.lines().skip(end.map_or(0, |end| end + 2)))
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
    use super::*;

    #[test]
    fn a_text_without_front_matter_says_nothing_of_itself() {
        for text in
            ["", "# Title", "---\nstatus: unpublished", "--- \nstatus: x\n---", "---\n- [\n---\n", "---\na\n---"]
        {
            assert_eq!(FrontMatter::of(text), FrontMatter::default(), "{text}");
        }
    }

    #[test]
    fn front_matter_says_who_sees_a_page_and_if_it_is_published() {
        let matter = FrontMatter::of("---\r\nvisibility: private\r\nstatus: unpublished\r\n---\r\n# Text\n");
        assert_eq!(matter.visibility(), Ok(Some(Visibility::Private)));
        assert_eq!(matter.status(), Ok(Some("unpublished")));
        assert!(FrontMatter::of("---\nstatus: draft\n---\n").status().is_err());
        assert!(FrontMatter::of("---\nvisibility: [public]\n---\n").visibility().is_err());
        assert_eq!(FrontMatter::of("---\ntags: [a]\n---\n").status(), Ok(None));
    }

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
    fn the_first_heading_comes_after_front_matter() {
        assert_eq!(first_heading("# Hello\n"), Some("Hello"));
        assert_eq!(first_heading("---\n# a comment\ntitle: Other\n---\n# Hello\n"), Some("Hello"));
        assert_eq!(first_heading("---\n# Hello\n"), Some("Hello"), "a line, and no front matter");
        assert_eq!(first_heading("---\ntitle: Other\n---\n"), None);
    }

    fn settings(of: &[(&str, &str)]) -> Map<String, Value> {
        of.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect()
    }

    #[test]
    fn a_file_without_front_matter_of_its_own_is_sent_as_it_is() {
        for text in
            ["", "# Hello\n", "---\ntitle: a\n---\nb", "---\nkoctl: {}\ntitle: a\n---\n", "---\nkoctl: 1\n---\n"]
        {
            assert_eq!(PortalText::of(text).content, text);
            assert_eq!(file_with(PortalText::of(text).content, &Map::new()), text);
        }
    }

    #[test]
    fn front_matter_of_the_file_alone_is_not_sent_and_counts_before_that_of_the_text() {
        let text = "---\nkoctl:\n  title: Home\n  status: unpublished\n---\n---\nstatus: published\nvisibility: public\n---\n# Hi\n";
        let text = PortalText::of(text);
        assert_eq!(text.content, "---\nstatus: published\nvisibility: public\n---\n# Hi\n");
        assert_eq!((text.title("home"), text.status()), (Ok(Some("Home")), Ok("unpublished")));
        assert_eq!((text.visibility(), text.unknown()), (Ok(Some(Visibility::Public)), None));
        assert!(PortalText::of("---\nkoctl: {slug: a}\n---\n").unknown().unwrap().contains("`slug` below `koctl`"));
        assert!(PortalText::of("---\nkoctl: {title: [a]}\n---\n").title("a").is_err());
    }

    #[test]
    fn every_text_with_every_title_is_what_its_file_says() {
        for content in ["", "# Hi\n", "\u{feff}a", "---\ntitle: a\n---\nb", "---\nkoctl: {title: a}\n---\nb", "a\r\nb"]
        {
            for title in ["Home", "1.10", "yes", "a: b # c", "'", "\"", "- a", " ", "é 👩‍🚀"] {
                let file = file_with(content, &settings(&[("title", title), ("visibility", "private")]));
                let text = PortalText::of(&file);
                assert_eq!((text.content, text.visibility()), (content, Ok(Some(Visibility::Private))), "{file}");
                if !title.trim().is_empty() {
                    assert_eq!(text.title("home"), Ok(Some(title)), "{file}");
                }
            }
            let plain = file_with(content, &Map::new());
            assert_eq!(PortalText::of(&plain).content, content, "{plain}");
            assert!(!plain.starts_with('\u{feff}'), "a mark that a file loses");
        }
    }

    #[test]
    fn front_matter_sets_a_title_that_is_a_text() {
        let title = |written: &str| {
            FrontMatter::of(&format!("---\ntitle: {written}\n---\n")).title().map(|title| title.map(str::to_owned))
        };
        assert_eq!(title("First steps"), Ok(Some("First steps".to_owned())));
        assert_eq!((title(""), title("' '")), (Ok(None), Ok(None)));
        assert!(title("[a]").is_err() && title("1.10").is_err());
    }

    #[test]
    fn konnect_reads_the_title_of_front_matter() {
        assert_eq!(title("---\ntitle: Hello\n---\n# Other\n", "start"), None);
    }
}
