//! `koctl import`

mod generate;

use std::time::Duration;

use super::approval::ApprovalArgs;
use super::common::{ManifestArgs, SystemArgs, same_place, with_session};
use super::interrupt;
use super::outcome::Outcome;
use super::output::Output;
use super::rounds::Rounds;
use crate::operations::{Choice, Failures, PlanRequest};
use engine::address::Address;
use engine::plan::Waiting;
use engine::{Mode, StateOnly};

/// Import objects that exist into the state, without changing them.
///
/// Finds the objects of resources that are in the configuration but not in the state, by their names; shows them, and
/// what the next plan would change; asks for approval; and writes the state only.
///
/// With ADDRESS and ID, imports that one object under that address, whatever its name is.
///
/// With --generate, also writes a configuration for an organization that has none.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address of the one resource to import, as `koctl graph` shows it: `Acme/portal/dev`.
    #[arg(requires = "id", conflicts_with = "targets")]
    address: Option<Address>,

    /// The id of the object in Konnect.
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: Option<String>,

    /// Only addresses that match this glob, and what they depend on; may be given more than once.
    #[arg(long = "target", value_name = "GLOB", add = super::complete::address(), value_hint = clap::ValueHint::Other)]
    targets: Vec<String>,

    /// Import without asking for approval.
    #[arg(long)]
    auto_approve: bool,

    /// How long to wait for a state lock that another process holds, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Print JSON events, one a line, instead of text. Needs --auto-approve, except with --generate.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    generate: generate::GenerateArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.json
    }

    fn request(&self) -> PlanRequest {
        let choice = self.address.clone().zip(self.id.clone());
        PlanRequest {
            targets: self.targets.clone(),
            mode: Mode::StateOnly(StateOnly::Import),
            choice: choice.map(|(address, id)| Choice { address, id }),
            ..PlanRequest::default()
        }
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    if args.generate.is_asked_for() {
        return generate::run(&args.generate, Duration::from_secs(args.lock_timeout), &args.system, output).await;
    }
    let approval = ApprovalArgs::of_state_only(args.auto_approve, args.lock_timeout, args.json);
    with_session(&args.manifest, &args.system, output, async |session| {
        let (request, approval) = (args.request(), &approval);
        let flags = same_place(&args.manifest, &args.system);
        let next = |_: &[&Waiting]| Some(format!("koctl plan{}", same_place(&args.manifest, &args.system)));
        Rounds { session, request, approval, reviewed: None, output, flags, stop: interrupt::watch(), next: &next }
            .once()
            .await
    })
    .await
}
