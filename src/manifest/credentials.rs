//! Credentials in any text: in addresses, and tokens that show by their beginning what they are. Errors repeat what a
//! user wrote, and appear in logs and pull requests.
//!
//! Every byte of a credential becomes a `*`, so that locations do not change.

use std::ops::Range;

use transport::suspect;

/// True if a text looks like a name, and not like a piece of a broken line, which can have a secret in it.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

/// The longest name that is shown where any text may be.
const LONGEST_NAME: usize = 100;

/// `text` without the credentials in it.
pub(super) fn without(text: &str) -> String {
    masked(text, &found(text))
}

/// The credentials in a text.
pub(super) fn found(text: &str) -> Vec<Range<usize>> {
    let mut ranges = suspect::tokens(text);
    for (at, scheme_end) in text.match_indices("://") {
        let start = at + scheme_end.len();
        let authority = text[start..].split(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or_default();
        ranges.extend(authority.rfind('@').filter(|end| &authority[..*end] != SSH_USER).map(|end| start..start + end));
    }
    ranges.extend(mistyped(text));
    ranges
}

/// The users of addresses without `://`, as in `https//user@host` and `user:password@host`. An email address has neither
/// a slash nor a colon before its `@`.
fn mistyped(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}' | '(' | ')' | '`');
    let words = text.split(ends).filter(|word| !word.contains("://"));
    words.filter_map(|word| {
        let end = word.rfind('@').filter(|end| word[..*end].contains(['/', ':']))?;
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        Some(start..start + end)
    })
}

/// The user of SSH addresses, which is not a secret.
const SSH_USER: &str = "git";

/// The address of a repository, a store or a page, without what could be a credential if the address is mistyped: its
/// user, its query and its fragment, and anything after white space.
pub(super) fn address(text: &str) -> String {
    masked(text, &in_address(text))
}

/// The parts of an address that could be a credential.
pub(super) fn in_address(text: &str) -> Vec<Range<usize>> {
    let mut ranges = found(text);
    if !text.contains("://") {
        // It may be a token in the wrong place.
        ranges.extend(suspect::found(text));
    }
    let start = text.find("://").map_or(0, |scheme| scheme + "://".len());
    let authority_end = text[start..].find(['/', '?', '#']).map_or(text.len(), |length| start + length);
    // Without a user in its place, any `@` may be the end of a password with a slash in it.
    let end = text[start..authority_end].rfind('@').or_else(|| text[start..].rfind('@')).map(|length| start + length);
    ranges.extend(end.filter(|end| &text[start..*end] != SSH_USER).map(|end| start..end));
    // A colon without a port after it is that of a password whose `@` is missing.
    let authority = &text[start..authority_end];
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if start > 0 && end.is_none() && authority.rsplit_once(':').is_some_and(|(_, port)| !is_port(port)) {
        ranges.push(start..authority_end);
    }
    let after = text.find(|c: char| c.is_whitespace() || matches!(c, '?' | '#'));
    ranges.extend(after.map(|after| after + text[after..].chars().next().map_or(0, char::len_utf8)..text.len()));
    ranges
}

/// The text with these parts masked, except for white space. The ranges begin and end between characters.
pub(super) fn masked(text: &str, ranges: &[Range<usize>]) -> String {
    let mut shown = text.as_bytes().to_vec();
    for byte in ranges.iter().cloned().flatten() {
        if let Some(byte) = shown.get_mut(byte).filter(|byte| !byte.is_ascii_whitespace()) {
            *byte = b'*';
        }
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_masked_anywhere() {
        assert_eq!(without("not `kpat_a1-B2_c` but AGE-SECRET-KEY-1Q"), "not `************` but *****************");
        assert_eq!(without("the plan of high_traffic"), "the plan of high_traffic");
    }

    #[test]
    fn passwords_in_addresses_are_masked() {
        assert_eq!(without("remote: https://me:hush@example.com/a/b"), "remote: https://*******@example.com/a/b");
        assert_eq!(without("remote: https://hush@example.com/a/b"), "remote: https://****@example.com/a/b");
        assert_eq!(without("remote: ssh://git@example.com/a@b"), "remote: ssh://git@example.com/a@b");
        assert_eq!(without("remote: https//hush@example.com/a"), "remote: ***********@example.com/a");
        assert_eq!(without("users: [ada@example.com, 'bo@example.com']"), "users: [ada@example.com, 'bo@example.com']");
        assert_eq!(without("remote: git@example.com:a/b"), "remote: git@example.com:a/b");
    }

    #[test]
    fn a_mistyped_address_shows_no_password() {
        for (written, shown) in [
            ("https://github.com/air/flights", "https://github.com/air/flights"),
            ("git@github.com:air/flights.git", "git@github.com:air/flights.git"),
            ("ssh://git@github.com:22/a/b", "ssh://git@github.com:22/a/b"),
            ("file:.koctl/state", "file:.koctl/state"),
            ("https:/me:hush@example.com/a", "**************@example.com/a"),
            ("me:hush@example.com/a", "*******@example.com/a"),
            ("hush@example.com/a", "****@example.com/a"),
            ("https://me:hu/sh@example.com/a", "https://********@example.com/a"),
            ("postgres://h/db?password=hush", "postgres://h/db?*************"),
            ("postgres://me:hushh.example.com/db", "postgres://********************/db"),
            ("9XyZ2mQ4rT6vB8nL0pS3hush", "************************"),
            ("https://a.com/b the password is hush", "https://a.com/b *** ******** ** ****"),
        ] {
            assert_eq!(address(written), shown);
        }
    }
}
