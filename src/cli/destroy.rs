//! `koctl destroy`

use super::FAILED;
use super::apply::{ApprovalArgs, Run};
use super::common::{ManifestArgs, SystemArgs, open};
use super::output::Output;
use super::plan::RequestArgs;
use engine::Mode;

/// Destroy everything that the state knows, after somebody said yes.
///
/// People are forgotten, never deleted. The files of the platform repository go through a pull request.
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

pub(super) async fn run(args: &Args, output: &Output) -> u8 {
    let Some(session) = open(&args.manifest, &args.system, output).await else { return FAILED };
    let run = Run {
        session: &session,
        request: args.request.request(Mode::Destroy),
        approval: &args.approval,
        output,
        stop: super::interrupt::watch(),
    };
    let code = run.once().await;
    session.close().await;
    code
}
