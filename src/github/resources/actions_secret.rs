//! `actions_secret`: a secret that the platform repository's workflows get (`actions/list-repo-secrets`,
//! `actions/create-or-update-repo-secret`). GitHub shows names, never values.

use async_trait::async_trait;
use futures::future::try_join_all;
use secrecy::SecretString;

use super::planned::{parse, text};
use super::repository::Repository;
use crate::github::client::{ReadClient, WriteClient};
use crate::github::resource::{GitHubType, PLAIN};
use crate::resource_type::{Generate, KeyShape};
use engine::refresh::Scan;
use engine::resource::Update;
use engine::typed::Typed;
use engine::{Attributes, Error, Reader, Remote, Schema, Writer};

engine::schema! {
    /// An Actions secret of the platform repository. GitHub lists names, never values.
    ActionsSecret = "actions_secret" {
        REPOSITORY: Attribute::plain("repository").forces_replacement(),
        NAME: Attribute::plain("name").forces_replacement(),
        VALUE: Attribute::write_only("value"),
    }
    natural_key: &[REPOSITORY.text(), NAME.text()],
    reads_after: &[Repository::SCHEMA.type_name],
    ..PLAIN
}

/// Everything that is said of Actions secrets.
pub static TYPE: GitHubType = GitHubType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: |client| Box::new(Over(client.clone())),
    writer: Some(|client| Box::new(Over(client.clone()))),
    watch: &[],
    generate: Generate::NotRead,
};

/// The type over a client.
struct Over<C>(C);

fn remote(repository: &str, name: &str) -> Remote {
    let attributes = [("repository", repository), ("name", name)];
    Remote {
        id: format!("{repository}:{name}"),
        attributes: attributes.map(|(key, value)| (key.to_owned(), value.into())).into(),
    }
}

#[async_trait]
impl Reader for Over<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let repositories = scan.distinct("repository");
        let found = try_join_all(repositories.iter().map(async |repository| {
            let names = self.0.secrets(&parse(repository)?).await?;
            Ok::<_, Error>(names.into_iter().map(|name| remote(repository, &name)).collect::<Vec<_>>())
        }));
        Ok(found.await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for Over<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let (repository, name) = (text(planned, "repository")?, text(planned, "name")?);
        let value = SecretString::from(text(planned, "value")?);
        self.0.set_secret(&parse(repository)?, name, &value).await?;
        Ok(remote(repository, name))
    }

    /// Its creation again: the value is all that can differ.
    async fn update(&self, update: &Update<'_>) -> Result<Remote, Error> {
        self.create(update.after).await
    }

    async fn delete(&self, _: &str, prior: &Attributes) -> Result<(), Error> {
        self.0.delete_secret(&parse(text(prior, "repository")?)?, text(prior, "name")?).await
    }
}
