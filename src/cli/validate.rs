//! `koctl validate`

use super::common::ManifestArgs;
use super::output::Output;
use super::{DONE, FAILED};

/// Check the configuration, and show everything that is wrong with it.
///
/// Nothing is asked of Konnect or GitHub, and no secret is read.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> u8 {
    let Some(loaded) = args.manifest.load(output) else { return FAILED };
    let manifest = &loaded.manifest;
    let services: usize = manifest.teams.values().map(|team| team.services.len()).sum();
    let environments: usize = manifest.organizations.values().map(|one| one.environments.len()).sum();
    let counts = [
        count(manifest.teams.len(), "team"),
        count(services, "service"),
        count(manifest.organizations.len(), "organization"),
        count(environments, "environment"),
    ];
    output.data(&format!("{} {}.", output.good("The configuration is valid:"), counts.join(", ")));
    DONE
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
