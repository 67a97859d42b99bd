//! What JSON can say and YAML cannot: a character beyond 16 bits, escaped as two surrogates.

use serde::de::IgnoredAny;

/// The text of a JSON document with each escaped surrogate pair written as YAML escapes one character, and for each of
/// its characters the byte of `text` that it comes from. `None` if the text is not JSON, or has no such pair.
pub(super) fn without_surrogate_pairs(text: &str) -> Option<(String, Vec<usize>)> {
    let json = text.trim_start_matches('\u{feff}');
    if !json.trim_start().starts_with(['{', '[']) || !(json.contains("\\ud") || json.contains("\\uD")) {
        return None;
    }
    serde_json::from_str::<IgnoredAny>(json).ok()?;
    let mut rewritten = String::with_capacity(text.len());
    let mut offsets = Vec::with_capacity(text.len());
    let mut push = |written: &str, offset: usize, step: usize| {
        for (position, c) in written.chars().enumerate() {
            rewritten.push(c);
            offsets.push(offset + position * step);
        }
    };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        // In JSON a backslash is always the beginning of an escape.
        let taken = match (c, pair(&text[at..])) {
            ('\\', Some(character)) => {
                push(&format!("\\U{:08x}", u32::from(character)), at, 1);
                PAIR
            }
            ('\\', None) => {
                let escaped = 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
                push(&text[at..at + escaped], at, 1);
                escaped
            }
            _ => {
                push(c.encode_utf8(&mut [0; 4]), at, 0);
                c.len_utf8()
            }
        };
        at += taken;
    }
    Some((rewritten, offsets))
}

/// The length of an escaped pair, `\ud83d\ude00`.
const PAIR: usize = 12;

/// The character of the escaped surrogate pair at the beginning of the text.
fn pair(text: &str) -> Option<char> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)
    };
    char::decode_utf16([unit(0)?, unit(6)?]).next()?.ok().filter(|c| u32::from(*c) > 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_becomes_one_character_and_the_rest_stays() {
        let text = r#"{"ä": "\\ud83d\ud83d\uDE00\n"}"#;
        let (rewritten, offsets) = without_surrogate_pairs(text).unwrap();
        assert_eq!(rewritten, r#"{"ä": "\\ud83d\U0001f600\n"}"#);
        assert_eq!(offsets.len(), rewritten.chars().count());
        assert_eq!(&text[*offsets.last().unwrap()..], "}");
    }

    #[test]
    fn other_texts_are_read_as_they_are() {
        for text in ["{}", r#"{"a": "\ud83d"}"#, r"'\ud83d\ude00'", r"{a: '\ud83d\ude00'}", r#"{"a": "\u00e9"}"#] {
            let rewritten = without_surrogate_pairs(text).map(|(rewritten, _)| rewritten);
            assert!(rewritten.is_none_or(|rewritten| rewritten == text), "{text}");
        }
    }
}
