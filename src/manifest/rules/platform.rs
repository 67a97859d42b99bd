//! Rules about the platform repository, the state's store, and all references to repositories and secrets.

use globset::GlobBuilder;
use secrecy::ExposeSecret;
use transport::suspect;

use super::Rules;
use crate::manifest::credentials;
use crate::manifest::git::{Remote, RemoteError};
use crate::manifest::model::{Encryption, GitAuth, GitAuthType};
use crate::manifest::path::KeyPath;
use crate::manifest::secret::{Secret, is_variable_name};
use crate::manifest::suggest::{nearest, one_of};

/// The kinds of stores for states.
const STATE_SCHEMES: [&str; 9] = ["file", "github", "s3", "gs", "az", "postgres", "postgresql", "https", "http"];

impl Rules<'_> {
    pub(super) fn platform(&mut self) {
        let Some(platform) = &self.manifest.platform else {
            return;
        };
        let path = KeyPath::from(["platform"]);
        if let Some(state) = &platform.state {
            let path = path.key("state");
            if let Some(url) = &state.url {
                self.state_url(&path.key("url"), url);
            }
            if let Some(encryption) = &state.encryption {
                self.encryption(&path.key("encryption"), encryption);
            }
        }
        if let Some(drift) = &platform.drift {
            let path = path.key("drift").key("ignore");
            for (index, pattern) in drift.ignore.iter().enumerate() {
                self.drift_pattern(&path.index(index), pattern);
            }
        }
        let Some(git) = &platform.git else { return };
        let path = path.key("git");
        if let Some(remote) = &git.remote {
            self.check_remote(&path.key("remote"), remote);
        }
        if let Some(auth) = &git.auth {
            self.check_git_auth(&path.key("auth"), auth);
        }
    }

    fn state_url(&mut self, path: &KeyPath, url: &str) {
        let code = "koctl::manifest::state_url";
        let url = &credentials::address(url);
        let Some((scheme, rest)) = url.split_once(':') else {
            let help = format!("write `file:{url}` for a directory; other addresses begin with {}", schemes());
            return self.report(path, code, format!("the kind of store is missing in `{url}`"), help);
        };
        if !STATE_SCHEMES.contains(&scheme) {
            let help = match nearest(scheme, STATE_SCHEMES) {
                Some(meant) => format!("did you mean `{meant}`? Addresses begin with {}", schemes()),
                None => format!("addresses begin with {}", schemes()),
            };
            self.report(path, code, format!("`{scheme}` is not a valid kind of store"), help);
        } else if rest.trim_start_matches('/').is_empty() && !(scheme == "file" && rest == "/") {
            let help = "write a complete address, like `file:.koctl/state` or `s3://bucket/prefix`";
            self.report(path, code, format!("the location of the store is missing in `{url}`"), help);
        }
    }

    /// A pattern that can match nothing would hide nothing, and nobody would notice.
    fn drift_pattern(&mut self, path: &KeyPath, pattern: &str) {
        let code = "koctl::manifest::drift_pattern";
        let message = |cause: &str| format!("`{pattern}` is not a valid pattern of addresses: {cause}");
        if let Err(error) = GlobBuilder::new(pattern).literal_separator(true).build() {
            let help = "write a glob over addresses, like `Acme/portal/**`";
            return self.report(path, code, message(&error.kind().to_string()), help);
        }
        let parts = pattern.split('/').skip(1);
        if !pattern.contains("**") && parts.filter(|part| !part.is_empty()).count() < 2 {
            let help = format!("write `{}/**` for everything below it", pattern.trim_end_matches('/'));
            self.report(path, code, message("an address is ORGANIZATION/TYPE/KEY"), help);
        }
    }

    fn encryption(&mut self, path: &KeyPath, encryption: &Encryption) {
        for (index, recipient) in encryption.recipients.iter().enumerate() {
            if recipient.trim().parse::<age::x25519::Recipient>().is_err() {
                // The message does not repeat the text, which may be an identity, and so a secret.
                let help = "write a public key as `age-keygen` prints it, beginning with `age1`";
                let path = path.key("recipients").index(index);
                self.report(&path, "koctl::manifest::recipient", "this is not a valid age recipient".to_owned(), help);
            }
        }
        if encryption.passphrase.is_none() && encryption.recipients.is_empty() {
            let message = format!("{path} has no key to encrypt states with");
            let help = "add `recipients`, or a `passphrase` such as `{type: env, value: KOCTL_STATE_PASSPHRASE}`";
            self.report(path, "koctl::manifest::encryption", message, help);
        }
    }

    pub(super) fn check_remote(&mut self, path: &KeyPath, address: &str) {
        let Err(reason) = Remote::parse(address) else {
            return;
        };
        let message = match reason {
            RemoteError::Password => {
                format!("invalid address of a repository: {reason}")
            }
            _ => {
                let address = credentials::address(address);
                format!("`{address}` is not a valid address of a git repository: {reason}")
            }
        };
        let help = "write it like `https://github.com/owner/repository.git` or `git@github.com:owner/repository.git`";
        self.report(path, "koctl::manifest::git_remote", message, help);
    }

    pub(super) fn check_git_auth(&mut self, path: &KeyPath, auth: &GitAuth) {
        let (missing, key, example) = match auth.r#type {
            GitAuthType::Ssh => {
                (auth.ssh.is_none(), "ssh.key", "add `ssh: {key: {type: file, value: $HOME/.ssh/id_ed25519}}`")
            }
            GitAuthType::Token => (auth.token.is_none(), "token", "add `token: {type: env, value: GIT_TOKEN}`"),
        };
        if missing {
            let message = format!("{path} has a type that requires `{key}`, which is missing");
            self.report(&path.key("type"), "koctl::manifest::missing_key", message, example);
        }
    }

    pub(super) fn secrets(&mut self) {
        for (path, secret) in self.manifest.secrets() {
            let Some((message, help)) = secret_problem(secret) else {
                continue;
            };
            self.report(&path.key("value"), "koctl::manifest::secret", message.to_owned(), help);
        }
    }
}

/// A problem of a secret's source, and its solution. Messages do not repeat the value, which may be the secret itself
/// by mistake.
fn secret_problem(secret: &Secret) -> Option<(&'static str, &'static str)> {
    match secret {
        Secret::Env(text) | Secret::File(text) if suspect::is_token(text) => Some((
            "this is a token itself, and not its source",
            "write the token to a file or a variable, and its path or name here; revoke a token that others have seen",
        )),
        Secret::Env(name) if !is_variable_name(name) => Some((
            "this is not a valid name of an environment variable",
            "write only the name, like `KONNECT_TOKEN`, without `$` and without a value",
        )),
        Secret::File(file) if file.trim().is_empty() => {
            Some(("the path of the secret's file is empty", "write the path of the file that contains it"))
        }
        Secret::Literal(value) if value.expose_secret().trim().is_empty() => {
            Some(("the secret is empty", "configure a file or an environment variable for it"))
        }
        _ => None,
    }
}

fn schemes() -> String {
    let with_colon: Vec<String> = STATE_SCHEMES.iter().map(|scheme| format!("{scheme}:")).collect();
    one_of(with_colon.iter().map(String::as_str))
}
