//! `repository`: the platform repository itself, if koctl created it (`repos/get`, `repos/create-in-org`).
//!
//! It is created private, with a first commit. It holds the history and the work of people: koctl never deletes it, and
//! manages nothing else about it.

use async_trait::async_trait;
use futures::future::try_join_all;

use super::planned::{parse, text};
use crate::github::client::{ReadClient, WriteClient};
use crate::github::resource::{GitHubType, PLAIN};
use crate::resource_type::{Generate, KeyShape};
use engine::refresh::Scan;
use engine::schema::OnRemoval;
use engine::{Attributes, Error, ErrorKind, Reader, Remote, Schema, Writer};

engine::schema! {
    /// The platform repository.
    Repository = "repository" {
        NAME: Attribute::plain("name").forces_replacement(),
    }
    natural_key: &[NAME.text()],
    guarded: true,
    on_removal: OnRemoval::Forget,
    ..PLAIN
}

/// Everything that is said of repositories.
pub static TYPE: GitHubType = GitHubType {
    schema: &SCHEMA,
    key: KeyShape::Own,
    reader: |client| Box::new(Over(client.clone())),
    writer: Some(|client| Box::new(Over(client.clone()))),
    watch: &[],
    generate: Generate::NotRead,
};

const DESCRIPTION: &str = "The platform repository of the Konnect Reference Platform.";

/// The type over a client.
struct Over<C>(C);

fn remote(name: &str) -> Remote {
    Remote { id: name.to_owned(), attributes: Attributes::from([("name".to_owned(), name.into())]) }
}

#[async_trait]
impl Reader for Over<ReadClient> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    /// No list has only these, so each is read by its name. A scope has one.
    async fn list(&self, scan: &Scan<'_>) -> Result<Vec<Remote>, Error> {
        let names = scan.distinct("name");
        let found = try_join_all(names.iter().map(async |name| {
            let found = self.0.repository_if_there(&parse(name)?).await?;
            Ok::<_, Error>(found.map(|_| remote(name)))
        }));
        Ok(found.await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Writer for Over<WriteClient> {
    async fn create(&self, planned: &Attributes) -> Result<Remote, Error> {
        let name = text(planned, "name")?;
        self.0.create_repository(&parse(name)?, DESCRIPTION).await?;
        Ok(remote(name))
    }

    async fn delete(&self, id: &str, _: &Attributes) -> Result<(), Error> {
        let error =
            Error::new(ErrorKind::Refused, format!("delete the repository {id}"), "koctl never deletes repositories");
        Err(error.help("delete it on GitHub if it is no longer needed"))
    }
}
