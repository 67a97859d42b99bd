//! Texts that may be secrets by mistake, such as a token in the place of the name of a variable.

use std::ops::Range;

/// The beginnings of access tokens of Konnect, GitHub and GitLab, and of identities of age.
const TOKENS: [&str; 10] =
    ["kpat_", "spat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "AGE-SECRET-KEY-"];

/// The length from which a word can be a token. Shorter ones are names.
const LONGEST_NAME: usize = 16;

/// True if a text begins like an access token.
#[must_use]
pub fn is_token(text: &str) -> bool {
    TOKENS.iter().any(|token| text.starts_with(token))
}

/// The parts of a text that begin like access tokens.
#[must_use]
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for token in TOKENS {
        let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        for (start, _) in text.match_indices(token).filter(|(at, _)| begins(*at)) {
            let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let length = text[start..].find(|c| !inside(c)).unwrap_or(text.len() - start);
            ranges.push(start..start + length);
        }
    }
    ranges
}

/// The parts of a text that look like tokens: by their beginning, or because they are long and mix letters and digits as
/// no name does. Names, paths and UUIDs do not.
#[must_use]
pub fn found(text: &str) -> Vec<Range<usize>> {
    let mut ranges = tokens(text);
    let mut start = 0;
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let length = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
        if is_dense(&word[..length]) {
            ranges.push(start..start + length);
        }
        start += word.len();
    }
    ranges
}

/// True if a part of the text looks like a token.
#[must_use]
pub fn may_be_secret(text: &str) -> bool {
    !found(text).is_empty()
}

/// The text with a `*` for each character that looks like one of a token.
#[must_use]
pub fn without(text: &str) -> String {
    let ranges = found(text);
    let is_hidden = |at: usize| ranges.iter().any(|range| range.contains(&at));
    text.char_indices().map(|(at, c)| if is_hidden(at) { '*' } else { c }).collect()
}

/// True if every fifth character of a long word, or more, is of another kind than the one before it. A capital before a
/// small letter is the beginning of a word.
fn is_dense(word: &str) -> bool {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let is_change = |pair: &&[u8]| {
        let begins_word = pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase();
        kind(pair[0]) != kind(pair[1]) && !begins_word
    };
    word.len() >= LONGEST_NAME && word.as_bytes().windows(2).filter(is_change).count() * 5 >= word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_names_paths_and_identifiers_are_not_suspected() {
        for text in [
            "",
            "KONGAIRLINES_KONNECT_TOKEN",
            "KonnectTokenForProduction2026",
            "TOKEN_OF_TEAM_1_IN_2026",
            "~/.config/koctl/flight-data-2026-11-29.pat",
            "/run/secrets/7f3f9c1a-2b4d-4e6f-8a90-b1c2d3e4f506",
            "https://us.api.konghq.com/v2/control-planes",
        ] {
            assert!(!may_be_secret(text), "{text}");
        }
    }

    #[test]
    fn r11_tokens_are_suspected_wherever_they_stand() {
        for text in [
            "kpat_short",
            "my-ghp_1",
            "9XyZ2mQ4rT6vB8nL0pS3uW5aC7eG1iK",
            "2de61f6cff2db159c24e92e5",
            "JBSWY3DPEHPK3PXP",
            "https://hooks.example.com/T0A1/b2C3d4E5f6G7h8I9",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x",
        ] {
            assert!(may_be_secret(text), "{text}");
        }
        assert_eq!(without("ö `kpat_a-1` 9XyZ2mQ4rT6vB8nL0pS3/x"), "ö `********` ********************/x");
        assert!(is_token("github_pat_1") && !is_token("GITHUB_TOKEN"));
    }
}
