//! Texts of a server, as long as a person would read them.

/// The longest text, in characters.
const LONGEST: usize = 1000;

/// `text`, or its beginning if it is longer than a message for a person.
#[must_use]
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_whole_and_a_flood_is_cut() {
        assert_eq!(excerpt("Bad Request"), "Bad Request");
        assert_eq!(excerpt(&"ö".repeat(LONGEST)), "ö".repeat(LONGEST));
        assert_eq!(excerpt(&"ö".repeat(5000)), format!("{}… (10000 bytes in all)", "ö".repeat(LONGEST)));
    }
}
