//! The keys of the state: from the configuration and from variables.

use std::path::Path;

use secrecy::SecretString;

use super::failure::Failure;
use super::workspace::Environment;
use crate::manifest::Loaded;
use crate::manifest::model::Encryption;
use crate::manifest::secret::Secret;
use engine::state::{KeySources, Keys};
use transport::variable;

/// The passphrase; wins over the configured one.
const PASSPHRASE: &str = "KOCTL_STATE_PASSPHRASE";
/// An earlier passphrase, in addition to those that are configured.
const OLD_PASSPHRASE: &str = "KOCTL_STATE_OLD_PASSPHRASE";
/// Recipients, separated by commas or white space; win over the configured ones.
const RECIPIENTS: &str = "KOCTL_STATE_RECIPIENTS";
/// The text of an identity file, in addition to those that are configured.
const IDENTITY: &str = "KOCTL_STATE_IDENTITY";
/// The path of an identity file, in addition to those that are configured.
const IDENTITY_FILE: &str = "KOCTL_STATE_IDENTITY_FILE";

/// The encryption settings of the configuration.
pub(super) fn configured(loaded: &Loaded) -> Option<&Encryption> {
    loaded.manifest.platform.as_ref()?.state.as_ref()?.encryption.as_ref()
}

/// The keys. Paths of secrets are relative to `directory`.
///
/// # Errors
/// If a key cannot be read, or is not valid.
pub(super) fn state_keys(
    encryption: Option<&Encryption>,
    directory: &Path,
    environment: &Environment,
) -> Result<Keys, Failure> {
    let nothing = Encryption::default();
    let encryption = encryption.unwrap_or(&nothing);
    let variable = |name: &str| variable(environment, name);
    let secret = |source: &Secret| source.resolve(directory, environment).map_err(|error| unusable(&error.to_string()));
    let secrets = |sources: &[Secret]| sources.iter().map(secret).collect::<Result<Vec<SecretString>, Failure>>();

    let passphrase = match variable(PASSPHRASE) {
        Some(_) => Some(secret(&Secret::Env(PASSPHRASE.to_owned()))?),
        None => encryption.passphrase.as_ref().map(secret).transpose()?,
    };
    let mut old_passphrases = secrets(&encryption.old_passphrases)?;
    let mut identities = secrets(&encryption.identities)?;
    for (name, list) in [(OLD_PASSPHRASE, &mut old_passphrases), (IDENTITY, &mut identities)] {
        if variable(name).is_some() {
            list.push(secret(&Secret::Env(name.to_owned()))?);
        }
    }
    if let Some(path) = variable(IDENTITY_FILE) {
        identities.push(secret(&Secret::File(path))?);
    }
    let recipients = match variable(RECIPIENTS) {
        Some(listed) => listed.split([',', ' ', '\t', '\n']).filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        None => encryption.recipients.clone(),
    };
    Keys::new(KeySources { passphrase, old_passphrases, recipients, identities })
        .map_err(|invalid| unusable(&invalid.to_string()))
}

fn unusable(reason: &str) -> Failure {
    let help = "see `platform.state.encryption` and the variables KOCTL_STATE_PASSPHRASE, KOCTL_STATE_RECIPIENTS and \
                KOCTL_STATE_IDENTITY_FILE";
    Failure::new(format!("could not get the keys of the state: {reason}")).help(help)
}
