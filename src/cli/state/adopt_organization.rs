//! `koctl state adopt-organization`

use super::edit::EditArgs;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::operations::state::{Adoption, adopt_organization};
use crate::operations::{Failures, Session};
use crate::report;

/// Make the state of an organization that of another Konnect organization: the one that its token opens now.
///
/// A token that opens another organization than before is refused, because it is nearly always a mistake. Use this when
/// the organization has really moved. The next plan compares the records with the other organization: objects that are
/// not there are created again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The organization, as the configuration calls it.
    #[arg(value_name = "ORGANIZATION", add = crate::cli::complete::organization(), value_hint = clap::ValueHint::Other)]
    organization: String,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

pub(super) async fn run(args: &Args, session: &Session, output: &Output) -> Result<(), Failures> {
    let scope = &args.organization;
    let adoption = adopt_organization(session, scope, &args.edit.lock("state adopt-organization")).await?;
    let Adoption { before, owner, resources, edit } = adoption;
    let (name, owner) = (report::safe(scope), report::safe(&owner.to_string()));
    if before.as_ref().is_some_and(|before| report::safe(&before.to_string()) == owner) {
        output.note(&format!("The state of `{name}` is about the Konnect organization {owner} already."));
        return edit.cancel().await.none_or(());
    }
    let before = before.map_or("an organization that is not recorded".to_owned(), |before| before.to_string());
    let what = report::count(resources, "resource");
    output.screen(&format!("The state of `{name}`, with {what}: {} -> {owner}", report::safe(&before)));
    if args.edit.carry_out(edit, "Make it the state of that organization?", output).await? {
        output.screen(&format!("The state of `{name}` is about the Konnect organization {owner} now."));
    }
    Ok(())
}
