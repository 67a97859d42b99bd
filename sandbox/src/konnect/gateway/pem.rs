//! PEM: texts with a block of base64 between two lines that name it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::konnect::framework::{Invalid, Problem, Rule};

/// The bytes of the first block of this name, `CERTIFICATE`. `None` if there is none.
pub(super) fn block(text: &str, name: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {name}-----"))?;
    let (encoded, _) = rest.split_once(&format!("-----END {name}-----"))?;
    let encoded: String = encoded.chars().filter(|character| !character.is_whitespace()).collect();
    STANDARD.decode(encoded).ok().filter(|bytes| !bytes.is_empty())
}

/// The bytes of the certificate in a field, which must have one.
pub(super) fn certificate(field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let refuse = || Invalid::body(field, Rule::Named("invalid"), "must be a PEM-encoded certificate").into();
    block(text, "CERTIFICATE").ok_or_else(refuse)
}

/// True if a value is a reference into a vault, `{vault://name/secret}`.
pub(super) fn is_reference(text: &str) -> bool {
    text.starts_with("{vault://") && text.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_by_its_name_and_must_hold_base64() {
        for text in ["", "aGk=", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", "-----BEGIN KEY-----"] {
            assert_eq!(block(text, "CERTIFICATE"), None, "{text}");
        }
        let text = "noise\n-----BEGIN CERTIFICATE-----\naG\nk=\n-----END CERTIFICATE-----\n";
        assert_eq!(block(text, "CERTIFICATE").as_deref(), Some(&b"hi"[..]));
        assert_eq!(block(text, "PRIVATE KEY"), None);
    }
}
