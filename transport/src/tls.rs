//! The cryptography under TLS, and its certificate authorities.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::regular;

/// Makes ring the cryptography of every TLS connection of this process, unless another was chosen before. Must be
/// called before the first HTTP client is built; calling it again does nothing.
pub fn install() {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The variable with a file of certificate authorities, which the library under TLS reads.
const AUTHORITIES: &str = "SSL_CERT_FILE";

/// The largest such file, in bytes. Those of machines have a quarter of a mebibyte.
const LARGEST_AUTHORITIES: u64 = 64 * 1024 * 1024;

/// Why the file of certificate authorities cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the file in the variable SSL_CERT_FILE cannot be used: {0}")]
pub struct AuthoritiesError(#[source] io::Error);

/// Checks the file of certificate authorities that a variable names. That of the process is read without a limit.
///
/// # Errors
/// If it is not a file, or too large.
pub fn check_authorities(variables: &dyn Fn(&str) -> Option<OsString>) -> Result<(), AuthoritiesError> {
    let Some(file) = variables(AUTHORITIES).filter(|file| !file.is_empty()) else { return Ok(()) };
    regular::check(Path::new(&file), LARGEST_AUTHORITIES).map_err(AuthoritiesError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_a_file_or_none_are_named() {
        assert!(check_authorities(&|_| None).is_ok() && check_authorities(&|_| Some("".into())).is_ok());
        let error = check_authorities(&|_| Some("/dev/zero".into())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file in the variable SSL_CERT_FILE cannot be used: it is a device, not a file"
        );
    }
}
