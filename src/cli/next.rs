//! What is left to do after an apply.

use super::common::SystemArgs;
use crate::report::safe;
use engine::plan::Waiting;

/// How to merge the pull requests that `waiting` is about. `None` if there are none. The pages of a sandbox are gone with
/// it, so a command stands in their place.
pub(super) fn merge(waiting: &[&Waiting], system: &SystemArgs) -> Option<String> {
    let mut links: Vec<String> =
        waiting.iter().filter(|one| !one.by_apply).filter_map(|waiting| waiting.link.as_deref()).map(safe).collect();
    links.sort_unstable();
    links.dedup();
    match (links.as_slice(), system.sandbox_directory_flag()) {
        ([], _) => None,
        (_, Some(directory)) => Some(format!("koctl sandbox merge{directory}")),
        ([link], None) => Some(format!("merge {link}")),
        (links, None) => Some(format!("merge these pull requests:\n  {}", links.join("\n  "))),
    }
}
