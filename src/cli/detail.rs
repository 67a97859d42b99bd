//! The flags that say how much of a plan is shown.

use crate::report::Detail;

/// How much of a plan is shown.
#[derive(Debug, clap::Args)]
pub(super) struct DetailArgs {
    /// Show only the counts, the risks, and what waits.
    #[arg(long, conflicts_with = "full")]
    summary: bool,

    /// Show everything: ids, whole texts, and each resource that waits.
    #[arg(long)]
    full: bool,
}

impl DetailArgs {
    /// How much of a plan is shown.
    pub(super) fn detail(&self) -> Detail {
        match (self.summary, self.full) {
            (true, _) => Detail::Summary,
            (_, true) => Detail::Full,
            (false, false) => Detail::Normal,
        }
    }

    /// True if a flag is given.
    pub(super) fn is_given(&self) -> bool {
        self.summary || self.full
    }
}
