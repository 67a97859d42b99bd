//! `koctl validate`

use super::common::ManifestArgs;
use super::outcome::Outcome;
use super::output::Output;
use crate::operations::Failures;
use crate::report::count;

/// Check the configuration, and show all errors in it.
///
/// Reads neither Konnect nor GitHub, and no secrets.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let loaded = args.manifest.load()?;
    let manifest = &loaded.manifest;
    let services: usize = manifest.teams.values().map(|team| team.services.len()).sum();
    let environments: usize = manifest.organizations.values().map(|one| one.environments.len()).sum();
    let counts = [
        count(manifest.teams.len(), "team"),
        count(services, "service"),
        count(manifest.organizations.len(), "organization"),
        count(environments, "environment"),
    ];
    output.screen(&format!("{} {}.", output.good("The configuration is valid:"), counts.join(", ")));
    Ok(Outcome::Done)
}
