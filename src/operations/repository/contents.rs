//! Reads koctl's files in a platform repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::compiler::platform::{PlatformContents, files_address};
use crate::github::resources::platform::{Platform, contents};
use crate::github::{self, Repository};
use crate::platform_repository::go_tool::RELICS;
use crate::platform_repository::{FILES, Settings};
use engine::Error;
use engine::refresh::Remembered;

/// The files of this koctl, those in the state, and those of the Go koctl, as the platform repository has them. `None` if
/// there is no such repository.
pub(super) async fn read(
    client: &github::ReadClient,
    repository: &Repository,
    remembered: &Remembered,
) -> Result<Option<PlatformContents>, Error> {
    let Some(details) = client.repository_if_there(repository).await? else { return Ok(None) };
    let platform = Platform::read_upon(client, repository.clone(), details).await?;
    let outlook = platform.outlook(client).await?;
    let state = remembered.0.get(&files_address(&repository.to_string()));
    let known = state.and_then(|state| state.attributes.get("files")?.as_object());
    let known: BTreeSet<&str> = known.into_iter().flat_map(|files| files.keys()).map(String::as_str).collect();
    let is_relic = |path: &str| RELICS.iter().any(|relic| relic.path == path);
    let ours = |path: &str| known.contains(path) || is_relic(path) || FILES.iter().any(|file| file.path == path);
    let files = outlook.files.into_iter().filter(|(path, _)| ours(path)).collect();
    let texts = contents(client, repository, files, &plain_texts(&platform.branch)).await?;
    let texts = texts.into_iter().filter_map(|(path, text)| Some((path, text.as_str()?.to_owned())));
    let proposal = platform.last_proposal();
    let proposal = proposal.map(|pull| (pull.head.branch.clone(), pull.title.clone()));
    Ok(Some(PlatformContents { default_branch: platform.branch.clone(), texts: texts.collect(), proposal }))
}

/// The texts that koctl's files have by default, which need not be read.
fn plain_texts(default_branch: &str) -> BTreeMap<String, String> {
    let settings = Settings { remote: "", state: None, default_branch };
    FILES.iter().filter_map(|file| Some((file.path.to_owned(), file.text(settings, &[]).ok()?))).collect()
}
