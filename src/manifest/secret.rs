//! Sources of secrets. The manifest refers to secrets, which are read as late as possible. It contains a secret only as
//! a `literal`, which nothing here shows.

use std::env::VarError;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;
use transport::suspect;

use super::files;

/// The replacement for a literal secret in output.
const REDACTED: &str = "(sensitive)";

/// The source of a secret. Serializing, printing or debugging it never shows a literal secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "SecretDocument")]
pub enum Secret {
    /// A file. Its path may begin with `~`, and contain variables as `$NAME` or `${NAME}`.
    File(String),
    /// The environment variable of this name.
    Env(String),
    /// The manifest itself.
    Literal(SecretString),
}

/// A reference to a secret.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Secret")]
struct SecretDocument {
    /// The kind of source.
    r#type: SecretType,
    /// The path of the file, the name of the variable, or the secret itself.
    value: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SecretType {
    /// A file. Its path may begin with `~` and contain variables as `$NAME`.
    File,
    /// An environment variable.
    Env,
    /// The configuration itself, where a secret is easily exposed.
    Literal,
}

impl From<SecretDocument> for Secret {
    fn from(document: SecretDocument) -> Self {
        match document.r#type {
            SecretType::File => Self::File(document.value),
            SecretType::Env => Self::Env(document.value),
            SecretType::Literal => Self::Literal(document.value.into()),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, value) = match self {
            Self::File(path) => (SecretType::File, path.as_str()),
            Self::Env(name) => (SecretType::Env, name.as_str()),
            Self::Literal(_) => (SecretType::Literal, REDACTED),
        };
        SecretDocument { r#type: kind, value: value.to_owned() }.serialize(serializer)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        SecretDocument::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        SecretDocument::json_schema(generator)
    }
}

/// The source of the secret, for messages.
impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", shown_path(path)),
            Self::Env(name) => write!(f, "the variable {}", shown_name(name)),
            Self::Literal(_) => write!(f, "a literal {REDACTED}"),
        }
    }
}

/// The reason why a secret could not be read. No error contains any part of a secret: names and paths are shown only if
/// they look like ones.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The environment variable does not exist.
    #[error(
        "the environment variable {} is not set; export it, or configure another source for this secret",
        shown_name(.0)
    )]
    VariableMissing(String),
    /// The value of the environment variable is not text.
    #[error(
        "the environment variable {} is not valid UTF-8; set it again, or configure another source for this secret",
        shown_name(.0)
    )]
    VariableNotText(String),
    /// The environment variable is empty.
    #[error("the environment variable {} is empty; set it to the secret", shown_name(.0))]
    VariableEmpty(String),
    /// The path of the file contains a variable that does not exist.
    #[error(
        "the environment variable {} in the path {} is not set; export it, or write the path without it",
        shown_name(variable),
        shown_path(path)
    )]
    PathVariableMissing {
        /// The path as the manifest has it.
        path: String,
        /// The variable's name.
        variable: String,
    },
    /// The file does not exist, its permissions forbid reading it, or it is not a file.
    #[error("cannot read the secret file {file}: {reason}; create it, or configure another source for this secret")]
    FileUnreadable {
        /// The file, as messages show it.
        file: String,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// The file contains only white space.
    #[error("the secret file {0} is empty; write the secret to it")]
    FileEmpty(String),
    /// The literal value is empty.
    #[error("the literal secret is empty; configure a file or an environment variable for it")]
    LiteralEmpty,
}

/// The name of a variable for messages. What does not look like one is not shown: it may be the secret itself, in the
/// wrong place.
fn shown_name(name: &str) -> String {
    if is_shown(name) { format!("`{name}`") } else { unshown(name) }
}

/// True if a text looks like the name of a variable, and not like a secret.
fn is_shown(name: &str) -> bool {
    let is_usual = name.contains('_') || !name.contains(|c: char| c.is_ascii_lowercase());
    is_usual && is_variable_name(name) && !suspect::may_be_secret(name)
}

/// The path of a file for messages, as it was written: a variable in it may have the secret. What does not look like a
/// path is not shown.
fn shown_path(path: &str) -> String {
    let is_variable = || path.strip_prefix('$').is_some_and(|name| is_variable_name(name.trim_matches(['{', '}'])));
    let is_path = path.contains(['/', '\\']) || has_extension(path) || is_variable();
    if is_path && !suspect::may_be_secret(path) { format!("`{path}`") } else { unshown(path) }
}

/// True if a text is like `token.txt`.
fn has_extension(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(stem, extension)| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        stem.chars().all(is_name) && extension.len() <= 5 && extension.chars().all(|c| c.is_ascii_lowercase())
    })
}

fn unshown(text: &str) -> String {
    let length = text.chars().count();
    format!("whose name is not shown, as it may be the secret itself ({length} characters),")
}

impl Secret {
    /// The name of the variable with the secret, if there is one, and if its name looks like one.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name.as_str()).filter(|name| is_shown(name)),
            Self::File(_) | Self::Literal(_) => None,
        }
    }

    /// Reads the secret. Relative files are in `base`. Variables, including `HOME`, come from `env`, so that tests and
    /// the sandbox need not change the environment of the process. Trailing line ends are removed.
    ///
    /// # Errors
    ///
    /// The source is missing, unreadable or empty.
    pub fn resolve(&self, base: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<SecretString, SecretError> {
        match self {
            Self::Literal(secret) => trimmed(secret.expose_secret()).ok_or(SecretError::LiteralEmpty),
            Self::Env(name) => {
                let secret = env(name).ok_or_else(|| SecretError::VariableMissing(name.clone()))?;
                if secret.contains(char::REPLACEMENT_CHARACTER) {
                    return Err(SecretError::VariableNotText(name.clone()));
                }
                trimmed(&secret).ok_or_else(|| SecretError::VariableEmpty(name.clone()))
            }
            Self::File(written) => {
                let path = base.join(expand(written, env)?);
                match files::read_text(&path, files::LARGEST_TEXT) {
                    Ok(secret) => trimmed(&secret).ok_or_else(|| SecretError::FileEmpty(in_directory(written, base))),
                    Err(reason) => Err(SecretError::FileUnreadable { file: in_directory(written, base), reason }),
                }
            }
        }
    }
}

/// True if a shell can set an environment variable of this name.
pub(super) fn is_variable_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The file of a secret for messages, with the directory that its path is relative to.
fn in_directory(written: &str, base: &Path) -> String {
    let is_relative = Path::new(written).is_relative() && !written.starts_with(['~', '$']);
    let is_elsewhere = is_relative && base != Path::new(".");
    let directory = if is_elsewhere { format!(" in {}", base.display()) } else { String::new() };
    format!("{}{directory}", shown_path(written))
}

fn trimmed(secret: &str) -> Option<SecretString> {
    let secret = secret.trim_end_matches(['\n', '\r']);
    (!secret.trim().is_empty()).then(|| secret.into())
}

fn expand(path: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, SecretError> {
    let home = || env("HOME");
    let lookup = |name: &str| env(name).map(Some).ok_or(VarError::NotPresent);
    shellexpand::full_with_context(path, home, lookup)
        .map(|expanded| expanded.into_owned())
        .map_err(|missing| SecretError::PathVariableMissing { path: path.to_owned(), variable: missing.var_name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(kind: &str, value: &str) -> Secret {
        serde_json::from_value(json!({"type": kind, "value": value})).unwrap()
    }

    fn resolve(secret: &Secret, base: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
        let env = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        secret.resolve(base, &env).map(|secret| secret.expose_secret().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_literal_is_itself() {
        assert_eq!(resolve(&secret("literal", "hush"), Path::new("/"), &[]).as_deref(), Ok("hush"));
    }

    #[test]
    fn a_variable_is_read_and_its_trailing_newline_dropped() {
        let found = resolve(&secret("env", "TOKEN"), Path::new("/"), &[("TOKEN", "hush\n")]);
        assert_eq!(found.as_deref(), Ok("hush"));
    }

    #[test]
    fn a_file_is_found_beside_the_manifest_through_variables_and_through_the_home() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pat"), "hush hush\r\n").unwrap();
        let home = folder.path().to_str().unwrap();
        for (path, base) in [
            ("pat", folder.path()),
            ("$H/pat", Path::new("/")),
            ("${H}/pat", Path::new("/")),
            ("~/pat", Path::new("/")),
        ] {
            let found = resolve(&secret("file", path), base, &[("HOME", home), ("H", home)]);
            assert_eq!(found.as_deref(), Ok("hush hush"), "{path}");
        }
    }

    #[test]
    fn a_missing_or_empty_source_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("empty"), " \n").unwrap();
        let error = |kind, value| resolve(&secret(kind, value), folder.path(), &[("BLANK", "\n")]).unwrap_err();
        assert!(error("env", "NOPE").starts_with("the environment variable `NOPE` is not set"));
        assert!(error("env", "BLANK").starts_with("the environment variable `BLANK` is empty"));
        assert!(error("file", "$NOPE/pat").contains("the environment variable `NOPE` in the path `$NOPE/pat`"));
        assert!(error("file", "./absent").starts_with("cannot read the secret file `./absent` in "));
        assert!(error("file", "./empty").ends_with(" is empty; write the secret to it"));
        assert!(error("literal", "").starts_with("the literal secret is empty"));
    }

    #[test]
    fn a_literal_is_never_shown() {
        let literal = secret("literal", "hush");
        let shown = format!("{literal} {literal:?} {literal:#?} {}", serde_json::to_string(&literal).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
        assert_eq!(serde_json::to_value(&literal).unwrap(), json!({"type": "literal", "value": "(sensitive)"}));
    }

    #[test]
    fn r11_a_secret_in_the_place_of_a_name_or_a_path_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let variables = [("LEAK", "hush"), ("EMPTY", "")];
        for (kind, value) in [
            ("env", "kpat_hush"),
            ("env", "hush"),
            ("env", "HUSHhush"),
            ("env", "9XyZ2mQ4rT6vB8nL0pS3hush"),
            ("file", "ghp_hush"),
            ("file", "hush"),
            ("file", "hush hush"),
            ("file", "hu$sh"),
            ("file", "a/9XyZ2mQ4rT6vB8nL0pS3hush+/"),
            ("file", "$LEAK"),
            ("file", "${LEAK}/pat"),
        ] {
            let source = secret(kind, value);
            let message = resolve(&source, folder.path(), &variables).unwrap_err();
            let shown = format!("{message} {source}").replace(folder.path().to_str().unwrap(), "");
            assert!(!shown.contains("hush") && !shown.contains("hu$sh"), "{shown}");
        }
        let message = resolve(&secret("env", "hush"), folder.path(), &[]).unwrap_err();
        assert_eq!(
            message,
            "the environment variable whose name is not shown, as it may be the secret itself (4 characters), is not \
             set; export it, or configure another source for this secret"
        );
    }

    #[test]
    fn other_sources_are_shown_as_they_are() {
        assert_eq!(secret("env", "TOKEN").to_string(), "the variable `TOKEN`");
        assert_eq!(serde_json::to_value(secret("file", "~/pat")).unwrap(), json!({"type": "file", "value": "~/pat"}));
    }
}
