//! `koctl destroy`

use super::approval::ApprovalArgs;
use super::common::{ManifestArgs, SystemArgs, same_place, with_session};
use super::outcome::Outcome;
use super::output::Output;
use super::request::RequestArgs;
use super::rounds::Rounds;
use super::{interrupt, next};
use crate::operations::Failures;
use engine::Mode;
use engine::plan::Waiting;

/// Destroy everything in the state, after approval.
///
/// People are removed from the state only, never deleted. Files of the platform repository are removed by a pull request.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    request: RequestArgs,

    #[command(flatten)]
    approval: ApprovalArgs,

    #[command(flatten)]
    manifest: ManifestArgs,

    #[command(flatten)]
    system: SystemArgs,
}

impl Args {
    /// True if a program reads what happens, as JSON events on stdout.
    pub(super) fn streams_events(&self) -> bool {
        self.approval.streams_events()
    }
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<Outcome, Failures> {
    with_session(&args.manifest, &args.system, output, async |session| {
        let (request, approval) = (args.request.request(Mode::Destroy), &args.approval);
        let flags = same_place(&args.manifest, &args.system);
        let next = |waiting: &[&Waiting]| next::merge(waiting, &args.system);
        Rounds { session, request, approval, reviewed: None, output, flags, stop: interrupt::watch(), next: &next }
            .once()
            .await
    })
    .await
}
