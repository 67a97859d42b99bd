//! Texts as parts of URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `text` as one segment of a path, or as the value of a query: slashes are encoded.
#[must_use]
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// `path` with each of its segments encoded: slashes stay.
#[must_use]
pub fn path(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_stay_and_all_others_are_encoded() {
        assert_eq!(segment("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(segment("a b/c?d&e=ü+%"), "a%20b%2Fc%3Fd%26e%3D%C3%BC%2B%25");
    }

    #[test]
    fn slashes_of_a_path_stay() {
        assert_eq!(path("heads/a b/ü"), "heads/a%20b/%C3%BC");
    }
}
