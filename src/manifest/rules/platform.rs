//! Rules about the platform repository, the store of the state, and everything that names a repository or a secret.

use secrecy::ExposeSecret;

use super::Rules;
use crate::manifest::git::{Remote, RemoteError};
use crate::manifest::model::{Encryption, GitAuth, GitAuthType};
use crate::manifest::path::KeyPath;
use crate::manifest::secret::{Secret, is_variable_name};
use crate::manifest::suggest::{nearest, one_of};

/// The kinds of stores that hold a state.
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
        let Some((scheme, rest)) = url.split_once(':') else {
            let help = format!("for a folder write `file:{url}`; else it begins with {}", schemes());
            return self.report(path, code, format!("`{url}` does not say what kind of store it is"), help);
        };
        if !STATE_SCHEMES.contains(&scheme) {
            let help = match nearest(scheme, STATE_SCHEMES) {
                Some(meant) => format!("did you mean `{meant}`? The address begins with {}", schemes()),
                None => format!("the address begins with {}", schemes()),
            };
            self.report(path, code, format!("there is no store of the kind `{scheme}`"), help);
        } else if rest.trim_start_matches('/').is_empty() && !(scheme == "file" && rest == "/") {
            let help = "write the address whole, like `file:.koctl/state` or `s3://bucket/prefix`";
            self.report(path, code, format!("`{url}` names no place to store anything"), help);
        }
    }

    fn encryption(&mut self, path: &KeyPath, encryption: &Encryption) {
        for (index, recipient) in encryption.recipients.iter().enumerate() {
            if recipient.trim().parse::<age::x25519::Recipient>().is_err() {
                // The text is not repeated: who takes one for the other has written a secret.
                let help = "write a public key as `age-keygen` prints it: it begins with `age1`";
                let path = path.key("recipients").index(index);
                self.report(&path, "koctl::manifest::recipient", "this is no age recipient".to_owned(), help);
            }
        }
        if encryption.passphrase.is_none() && encryption.recipients.is_empty() {
            let message = format!("{path} says nothing to encrypt states with");
            let help = "add `recipients`, or a `passphrase`, which the variable KOCTL_STATE_PASSPHRASE can also hold";
            self.report(path, "koctl::manifest::encryption", message, help);
        }
    }

    pub(super) fn check_remote(&mut self, path: &KeyPath, address: &str) {
        let Err(reason) = Remote::parse(address) else {
            return;
        };
        let message = match reason {
            RemoteError::Password => {
                format!("the address of the repository cannot be used: {reason}")
            }
            _ => format!("`{address}` is no address of a git repository: {reason}"),
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
            let message = format!("{path} has a type that needs `{key}`, and has none");
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

/// The messages say nothing of the value: who misunderstands the types may have written the secret itself.
fn secret_problem(secret: &Secret) -> Option<(&'static str, &'static str)> {
    match secret {
        Secret::Env(name) if !is_variable_name(name) => Some((
            "this cannot be the name of an environment variable",
            "write the name alone, like `KONNECT_TOKEN`, without `$` and without a value",
        )),
        Secret::File(file) if file.trim().is_empty() => {
            Some(("the path of the secret's file is blank", "write the path of the file that holds it"))
        }
        Secret::Literal(value) if value.expose_secret().trim().is_empty() => {
            Some(("the secret is blank", "write it, or better, name a file or an environment variable"))
        }
        _ => None,
    }
}

fn schemes() -> String {
    let with_colon: Vec<String> = STATE_SCHEMES.iter().map(|scheme| format!("{scheme}:")).collect();
    one_of(with_colon.iter().map(String::as_str))
}
