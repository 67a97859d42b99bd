//! The mark in the description of a request: whose it is, and what it is about. GitHub does not show it.

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestMark {
    /// GitHub's number of the person who asks: no one else updates the request.
    pub owner: String,
    /// What is asked: `add`, `change`, `move`, `remove`. Empty for a request of an older version, which adds.
    pub action: String,
    /// The key of the service. Empty for a request of an older version.
    pub service: String,
}

impl RequestMark {
    /// The mark, which is the last line of a description.
    pub(super) fn line(&self) -> String {
        // As hexadecimal digits, a key cannot end the comment.
        format!("<!-- koctl request of {}: {} {} -->", self.owner, self.action, hex::encode(&self.service))
    }

    /// The mark in a description. `None` if it has none. It is the last line, where no text of others is.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let line = body.trim_end().lines().last()?.trim();
        let text = line.strip_prefix("<!-- koctl request of ")?.strip_suffix(" -->")?;
        let Some((owner, subject)) = text.split_once(": ") else {
            return Some(Self { owner: text.to_owned(), action: String::new(), service: String::new() });
        };
        let (action, service) = subject.split_once(' ')?;
        let service = String::from_utf8(hex::decode(service).ok()?).ok()?;
        Some(Self { owner: owner.to_owned(), action: action.to_owned(), service })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(owner: &str) -> RequestMark {
        RequestMark { owner: owner.to_owned(), action: "add".to_owned(), service: "acme/a --> b\n".to_owned() }
    }

    #[test]
    fn a_description_without_a_mark_is_of_no_request() {
        for body in ["", "text", "<!-- koctl request of 1: add zz -->", "<!-- koctl request of 1: add -->"] {
            assert_eq!(RequestMark::read(body), None, "{body}");
        }
    }

    #[test]
    fn a_request_belongs_to_whom_its_last_line_names() {
        let body = format!("Text of others\n{}\n\n{}\r\n", mark("2").line(), mark("1").line());
        assert_eq!(RequestMark::read(&body), Some(mark("1")));
    }

    #[test]
    fn a_request_of_an_older_version_still_belongs_to_its_owner() {
        let found = RequestMark::read("text\n\n<!-- koctl request of 7 -->\n").unwrap();
        assert_eq!((found.owner.as_str(), found.service.as_str()), ("7", ""));
    }
}
