//! `koctl import`

mod generate;

use super::FAILED;
use super::apply::{ApprovalArgs, Run};
use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use crate::operations::{Choice, PlanRequest};
use engine::address::Address;
use engine::{Mode, StateOnly};

/// Take over what exists already, and change nothing about it.
///
/// Finds what the configuration declares and the state does not know among what exists, by its name; shows what it
/// found, and what the next plan would change about it; asks; and writes the state, nothing else.
///
/// With ADDRESS and ID, takes over that one object under that address, whatever its name is.
///
/// With --generate, writes the configuration, too, where there is none yet.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The address of the one resource to take over, as `koctl graph` shows it: `Acme/portal/dev`.
    #[arg(requires = "id", conflicts_with = "targets")]
    address: Option<Address>,

    /// The id of the object, as Konnect has it.
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: Option<String>,

    /// Only addresses that match this glob, and what they depend on; may be given more than once.
    #[arg(long = "target", value_name = "GLOB")]
    targets: Vec<String>,

    /// Do not ask.
    #[arg(long)]
    auto_approve: bool,

    /// How long to wait for a state that somebody else has locked, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    lock_timeout: u64,

    /// Print one JSON event a line instead of text. Needs --auto-approve.
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

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    if args.generate.is_asked_for() {
        return generate::run(&args.generate, &args.system, output).await;
    }
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let approval = ApprovalArgs::of_state_only(args.auto_approve, args.lock_timeout, args.json);
    let run = Run {
        session: &session,
        request: args.request(),
        approval: &approval,
        output,
        stop: super::interrupt::watch(),
    };
    let code = run.once().await;
    session.close().await;
    code
}
