//! Texts that cannot be read, such as after a syntax error. It is not known which of their values are secret.

use std::ops::Range;

use crate::manifest::credentials;
use crate::manifest::shape::{Shape, Words};

/// Characters of YAML between keys and values.
pub(super) const STRUCTURE: &str = "{}[],:-?|>\"'#";

/// The text with everything masked except for structure, the words of every manifest, names, and values on the line of a
/// key that has plain text.
pub(super) fn masked(text: &str) -> String {
    let words = Shape::manifest().words();
    let mut masked = credentials::found(text);
    let mut secret = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if secret.is_some_and(|key_indent| indent <= key_indent) && !line.trim().is_empty() {
            secret = None;
        }
        let row = Line::new(line, &words, secret.is_some());
        let shown = row.shown();
        let hidden = line.char_indices().filter(|(at, c)| !STRUCTURE.contains(*c) && !shown[*at]);
        masked.extend(hidden.map(|(at, c)| start + at..start + at + c.len_utf8()));
        if secret.is_none() && row.names_a_secret() {
            secret = Some(indent);
        }
        start += line.len();
    }
    credentials::masked(text, &masked)
}

struct Line<'t> {
    line: &'t str,
    words: &'t Words,
    /// True if it belongs to the value of a secret's key.
    below_secret: bool,
    /// The length of the dashes and spaces at its beginning.
    dashes: usize,
    /// The length of these and of quotes.
    lead: usize,
}

impl<'t> Line<'t> {
    fn new(line: &'t str, words: &'t Words, below_secret: bool) -> Self {
        let leading = |characters: &[char]| line.len() - line.trim_start_matches(characters).len();
        let (dashes, lead) = (leading(&['-', ' ']), leading(&['-', ' ', '"', '\'']));
        Self { line, words, below_secret, dashes, lead }
    }

    /// True for each byte that is shown.
    fn shown(&self) -> Vec<bool> {
        let mut shown = vec![false; self.line.len()];
        let mut show = |part: Range<usize>| shown[part].fill(true);
        for word in self.words_of_line() {
            let text = &self.line[word.clone()];
            let is_name = !self.below_secret && self.is_key(&word) && credentials::is_name(text);
            if self.words.all.contains(text) || is_name {
                show(word.clone());
            }
            if is_name && self.begins_with(&word) && self.words.plain.contains(text) {
                self.value_after(word.end).into_iter().for_each(&mut show);
            }
        }
        shown
    }

    fn names_a_secret(&self) -> bool {
        self.words_of_line()
            .iter()
            .any(|word| self.is_key(word) && self.words.secret.contains(&self.line[word.clone()]))
    }

    /// The parts between white space and structure, colons within a word included.
    fn words_of_line(&self) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut start = None;
        for (at, c) in self.line.char_indices() {
            let ends = c.is_whitespace() || "{}[],\"'#".contains(c) || (c == ':' && self.ends_key(at));
            match (start, ends) {
                (None, false) => start = Some(at),
                (Some(from), true) => {
                    words.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        words.extend(start.map(|from| from..self.line.len()));
        words
    }

    fn ends_key(&self, colon: usize) -> bool {
        self.line[colon + 1..].chars().next().is_none_or(|c| c.is_whitespace() || "{[\"'".contains(c))
    }

    /// True if a word has a colon after it, and is where a key begins.
    fn is_key(&self, word: &Range<usize>) -> bool {
        let before = self.line[..word.start].trim_end_matches(['"', '\'', ' ', '\t']);
        let is_first = before.len() <= self.dashes;
        let after = self.line[word.end..].trim_start_matches(['"', '\'']);
        (is_first || before.ends_with(['{', ','])) && after.starts_with(':')
    }

    fn begins_with(&self, word: &Range<usize>) -> bool {
        word.start <= self.lead
    }

    /// The text after the colon of a key, up to anything that can begin something else.
    fn value_after(&self, key_end: usize) -> Option<Range<usize>> {
        let colon = key_end + self.line[key_end..].find(':')?;
        let rest = &self.line[colon + 1..];
        let start = colon + 1 + (rest.len() - rest.trim_start_matches([' ', '"', '\'']).len());
        let length = self.line[start..].find(|c| "{}[]:,#&*!|>\"'".contains(c)).unwrap_or(self.line.len() - start);
        Some(start..start + length)
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_broken_text_shows_keys_and_plain_values() {
        assert_eq!(
            masked("teams:\n  flight-data:\n    description: Takes: orders\n    users: [\n"),
            "teams:\n  flight-data:\n    description: Takes: ******\n    users: [\n"
        );
    }

    #[test]
    fn a_broken_text_shows_no_value_of_a_secret() {
        for (text, shown) in [
            ("t: {type: literal, \"value\": hush", "t: {type: literal, \"value\": ****"),
            ("{\"type\":\"literal\",\"value\":\"hush\":", "{\"type\":\"literal\",\"value\":\"****\":"),
            ("value: |\n  hush: hush\n\n  hush\nname: d", "value: |\n  ****: ****\n\n  ****\nname: d"),
            ("client-id: koctl  client-secret: hush", "client-id: koctl  client-secret: ****"),
            ("access-token\n  value:hush", "access-token\n  *****:****"),
            ("acces_token: hush # hush", "acces_token: **** # ****"),
            ("remote: https:/me:hush@a.com", "remote: ********************"),
            ("type: literal value: hush", "type: literal value: ****"),
            ("? hush\n: hush", "? ****\n: ****"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
