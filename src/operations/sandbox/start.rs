//! Starts a sandbox for one run, and prepares its repositories.

use std::collections::BTreeMap;
use std::path::Path;

use super::secrets::sandbox_token;
use crate::compiler::moves::former_names;
use crate::manifest::Loaded;
use crate::manifest::git::{PlatformRepository, Remote};
use crate::manifest::model::Manifest;
use crate::operations::failure::Failure;
use crate::operations::workspace::Environment;
use ::sandbox::{self, Sandbox};

/// The platform repository of the sandbox: the configured one, or `<first organization>/platform`.
pub(in crate::operations) fn default_platform(
    first: Option<&str>,
    platform: &mut PlatformRepository,
) -> Result<Remote, Failure> {
    if let Some(remote) = &platform.remote {
        return Ok(remote.clone());
    }
    let first = first.unwrap_or("sandbox");
    let owner: String = first.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let remote = Remote::parse(&format!("https://github.com/{owner}/platform.git"))
        .map_err(|error| Failure::new(format!("could not name the sandbox's platform repository: {error}")))?;
    platform.remote = Some(remote.clone());
    Ok(remote)
}

/// The name under which the sandbox in `directory` keeps an organization of the configuration: one that was renamed keeps
/// the name that the sandbox knows, as an organization of Konnect does not change its name with a configuration.
pub(in crate::operations) fn tenant(directory: &Path, manifest: &Manifest, name: &str) -> Result<String, Failure> {
    let former = former_names(manifest, name);
    if former.is_empty() {
        return Ok(name.to_owned());
    }
    let unstartable = |error| unstartable(directory, &error);
    let used = sandbox::organizations_in_use(directory).map_err(unstartable)?;
    let known = sandbox::organizations(directory).map_err(unstartable)?;
    let names: Vec<&str> = std::iter::once(name).chain(former.into_iter().map(|(_, name)| name)).collect();
    // A plan with the new name, before it was in `moved`, leaves an empty organization of that name.
    let is_in = |names: &[String], name: &str| names.iter().any(|one| one == name);
    let kept = names.iter().find(|name| is_in(&used, name)).or_else(|| names.iter().find(|name| is_in(&known, name)));
    Ok((*kept.unwrap_or(&name)).to_owned())
}

fn unstartable(directory: &Path, error: &sandbox::SandboxError) -> Failure {
    Failure::new(format!("could not start the sandbox in {}: {error}", directory.display()))
}

/// Starts the sandbox in `directory`, with the organizations of the configuration and, if it is to be provided, the
/// platform repository.
pub(in crate::operations) async fn start_sandbox(
    directory: &Path,
    loaded: &Loaded,
    platform: Option<&Remote>,
    environment: &Environment,
) -> Result<Sandbox, Failure> {
    let mut organizations = Vec::new();
    for (name, organization) in &loaded.manifest.organizations {
        let token = organization.access_token.resolve(&loaded.directory, environment);
        let token = token.unwrap_or_else(|_| sandbox_token(name).into());
        let organization = tenant(directory, &loaded.manifest, name)?;
        organizations.push(sandbox::Account { organization, token });
    }
    prepare_repositories(directory, &loaded.directory, platform)?;
    let options = sandbox::SandboxOptions { dir: directory.to_owned(), port: 0, organizations };
    Sandbox::start_with(options, sandbox::Wire::default()).await.map_err(|error| unstartable(directory, &error))
}

/// On first use, service repositories are created from the folder `services/` next to `konnect/`, and the platform
/// repository with only a README.
pub(super) fn prepare_repositories(
    directory: &Path,
    manifest: &Path,
    platform: Option<&Remote>,
) -> Result<(), Failure> {
    let root = directory.join("github");
    let failed = |error: sandbox::github::GitHubSandboxError| {
        Failure::new(format!("could not prepare the repositories of the sandbox in {}: {error}", root.display()))
    };
    let services = manifest.join("services");
    if services.is_dir() {
        sandbox::github::seed(&root, &services).map_err(failed)?;
    }
    if let Some((owner, name)) = platform.and_then(Remote::owner_and_name) {
        let readme = format!("# {name}\n\nThe platform repository of {owner}.\n");
        let files = BTreeMap::from([("README.md".to_owned(), readme.into_bytes())]);
        sandbox::github::ensure_repository(&root, owner, name, &files).map_err(failed)?;
    }
    Ok(())
}
