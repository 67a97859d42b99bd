//! `koctl state mv`

use super::edit::EditArgs;
use super::show::parse;
use super::store::StoreArgs;
use crate::cli::output::Output;
use crate::compiler::rename::Rename;
use crate::operations::state::{Moves, rename, rename_one};
use crate::operations::{Failure, Failures};
use crate::report;
use engine::state::Store;

/// Move resources to other addresses, so that what was renamed in the configuration keeps its objects.
///
/// With --team, --service, --environment or --organization, everything that is named after it moves along. The next plan
/// then changes the names in place, instead of destroying and creating.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The old address, or the old name; for an environment, ORGANIZATION/NAME.
    #[arg(value_name = "FROM", add = crate::cli::complete::address(), value_hint = clap::ValueHint::Other)]
    from: String,

    /// The new address, or the new name.
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    kind: Kind,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

/// What FROM and TO are names of; without any of these, they are addresses.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Kind {
    /// A team was renamed.
    #[arg(long)]
    team: bool,

    /// A service was renamed: its `name`.
    #[arg(long)]
    service: bool,

    /// An environment was renamed.
    #[arg(long)]
    environment: bool,

    /// An organization was renamed.
    #[arg(long)]
    organization: bool,
}

pub(super) async fn run(args: &Args, store: &Store, scopes: &[String], output: &Output) -> Result<(), Failures> {
    let options = args.edit.lock("state mv");
    let Moves { moved, edit } = match renamed(args)? {
        Some(what) => rename(store, scopes, &what, &options).await?,
        None => rename_one(store, &parse(&args.from)?, &parse(&args.to)?, &options).await?,
    };
    for one in &moved {
        output.screen(&format!("{} -> {}", report::safe(one.from.as_str()), report::safe(one.to.as_str())));
    }
    let what = report::count(moved.len(), "resource");
    if args.edit.carry_out(edit, &format!("Move {what}?"), output).await? {
        output.screen(&format!("Moved {what}."));
    }
    Ok(())
}

fn renamed(args: &Args) -> Result<Option<Rename>, Failure> {
    let (from, to) = (name(&args.from), name(&args.to));
    let Kind { team, service, environment, organization } = args.kind;
    if !(team || service || environment || organization) {
        return Ok(None);
    }
    if environment {
        let Some((organization, from)) = args.from.split_once('/').filter(|(_, from)| !from.contains('/')) else {
            return Err(Failure::new(format!("`{}` is not an environment of an organization", args.from))
                .help("write it as ORGANIZATION/NAME, and the new name alone"));
        };
        return Ok(Some(Rename::Environment { organization: organization.to_owned(), from: name(from)?, to: to? }));
    }
    let (from, to) = (from?, to?);
    Ok(Some(match (team, service) {
        (true, _) => Rename::Team { from, to },
        (_, true) => Rename::Service { from, to },
        _ => Rename::Organization { from, to },
    }))
}

/// A name is one segment of an address.
fn name(text: &str) -> Result<String, Failure> {
    if text.is_empty() || text.contains('/') {
        return Err(Failure::new(format!("`{text}` is not a valid name: it is empty, or contains a slash"))
            .help("to move one resource, omit the flag and give whole addresses"));
    }
    Ok(text.to_owned())
}
