//! `koctl validate`

use super::common::ManifestArgs;
use super::outcome::Outcome;
use super::output::Output;
use crate::manifest::check_document;
use crate::manifest::model::Manifest;
use crate::operations::{self, Failures, stray_warnings};
use crate::report::count;

/// Check the configuration, and show all errors in it.
///
/// Reads neither Konnect nor GitHub, and no secrets.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    manifest: ManifestArgs,
}

pub(super) fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    let checked = args.manifest.load();
    if args.json {
        output.json(&format!("{:#}", check_document(checked.as_ref().err())));
    }
    let loaded = checked?;
    output.warnings(&operations::stale_patterns(&loaded.manifest));
    if !args.json {
        show(&loaded.manifest, args, output);
        output.warnings(&stray_warnings(&loaded));
    }
    Ok(Outcome::Done)
}

fn show(manifest: &Manifest, args: &Args, output: &Output) {
    let services: usize = manifest.teams.values().map(|team| team.services.len()).sum();
    let environments: usize = manifest.organizations.values().map(|one| one.environments.len()).sum();
    let counts = [
        count(manifest.teams.len(), "team"),
        count(services, "service"),
        count(manifest.organizations.len(), "organization"),
        count(environments, "environment"),
    ];
    output.screen(&format!("{} {}.", output.good("The configuration is valid:"), counts.join(", ")));
    output.next(&format!("koctl plan{}", args.manifest.flags()));
}
