//! The cryptography under TLS.

/// Makes ring the cryptography of every TLS connection of this process, unless another was chosen before. Must be
/// called before the first HTTP client is built; calling it again does nothing.
pub fn install() {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
