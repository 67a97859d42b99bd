//! Actions secrets of a repository. Their values leave in sealed boxes, which only GitHub can open.

use serde::Deserialize;
use serde_json::json;
use transport::encode::segment;

use crate::client::{Reader, Writer};
use crate::error::Result;
use crate::repository::Repository;

/// The key for which secrets are sealed.
#[derive(Debug, Clone, Deserialize)]
pub struct PublicKey {
    /// Its id.
    pub key_id: String,
    /// The key, in Base64.
    pub key: String,
}

#[derive(Deserialize)]
struct SecretNames {
    secrets: Vec<SecretName>,
}

#[derive(Deserialize)]
struct SecretName {
    name: String,
}

impl Reader {
    /// The names of the secrets (`actions/list-repo-secrets`).
    pub async fn secrets(&self, repository: &Repository) -> Result<Vec<String>> {
        let names = self.pages(&repository.route("/actions/secrets?"), |page: SecretNames| page.secrets).await?;
        Ok(names.into_iter().map(|secret| secret.name).collect())
    }

    /// The key for which secrets are sealed (`actions/get-repo-public-key`).
    pub async fn secrets_key(&self, repository: &Repository) -> Result<PublicKey> {
        self.get(&repository.route("/actions/secrets/public-key")).await
    }
}

impl Writer {
    /// Creates or replaces a secret (`actions/create-or-update-repo-secret`). `sealed` is its value in a sealed box, in
    /// Base64.
    pub async fn set_secret(&self, repository: &Repository, name: &str, sealed: &str, key_id: &str) -> Result<()> {
        self.put(&secret(repository, name), &json!({ "encrypted_value": sealed, "key_id": key_id })).await
    }

    /// Deletes a secret (`actions/delete-repo-secret`).
    pub async fn delete_secret(&self, repository: &Repository, name: &str) -> Result<()> {
        self.delete(&secret(repository, name)).await
    }
}

fn secret(repository: &Repository, name: &str) -> String {
    repository.route(&format!("/actions/secrets/{}", segment(name)))
}
