//! The key pair of the sandbox's GitHub Apps.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// The private key, in the form in which GitHub hands one out.
const PEM: &str = include_str!("github_app.pem");

/// The private key as PEM.
pub(in crate::github) fn pem() -> &'static str {
    PEM
}

/// True if the key signed the message, with RS256.
pub(super) fn signed(message: &[u8], signature: &[u8]) -> bool {
    let lines = PEM.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).ok();
    let key = der.and_then(|der| KeyPair::from_der(&der).ok());
    key.is_some_and(|key| {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        public.verify(message, signature).is_ok()
    })
}
