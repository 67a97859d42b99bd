//! The tokens and variables of the organizations of a sandbox.

/// The token that opens an organization of the sandbox if its own cannot be read.
#[must_use]
pub fn sandbox_token(organization: &str) -> String {
    format!("sandbox-{organization}")
}

/// The variable with a secret of an organization, if the configuration names none: `KONG_AIR_KONNECT_TOKEN` for an
/// organization `Kong-Air`.
pub(in crate::operations) fn secret_variable(organization: &str, secret: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = organization.chars().map(word).collect();
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    format!("{}{name}_{secret}", if digit { "_" } else { "" })
}
