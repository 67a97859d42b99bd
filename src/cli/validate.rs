//! `koctl validate`

use serde_json::{Value, json};

use super::common::ManifestArgs;
use super::outcome::Outcome;
use super::output::Output;
use crate::manifest::check_document;
use crate::manifest::model::Manifest;
use crate::operations::{self, Failures, Warning, staged_clashes, stray_warnings};
use crate::report::count;

/// Check the configuration, and show all errors in it.
///
/// Reads neither Konnect nor GitHub, and no secrets. In a platform repository, also compares the staged specifications of
/// services on one control plane, and warns of routes that are the same.
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
    let clashes = checked.as_ref().map(staged_clashes).unwrap_or_default();
    if args.json {
        let mut document = check_document(checked.as_ref().err());
        if !clashes.is_empty() {
            document["warnings"] = clashes.iter().map(warning).collect();
        }
        output.json(&format!("{document:#}"));
    }
    let loaded = checked?;
    output.warnings(&operations::stale_patterns(&loaded.manifest));
    if !args.json {
        show(&loaded.manifest, args, output);
        output.warnings(&stray_warnings(&loaded));
        output.warnings(&clashes);
    }
    Ok(Outcome::Done)
}

/// A warning for programs.
fn warning(Warning { message, help }: &Warning) -> Value {
    json!({ "message": message, "help": help })
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
