//! What is said of the files that the Go koctl left in a platform repository.

use crate::operations::warning::Warning;
use crate::platform_repository::go_tool::FoundRelic;

/// Warnings about those that stay.
pub(super) fn warnings(relics: &[FoundRelic]) -> Vec<Warning> {
    let (unedited, edited): (Vec<_>, Vec<_>) = relics.iter().partition(|found| found.is_unedited);
    let clash = (!unedited.is_empty()).then(|| Warning {
        message: format!("{} Both tools would do that, and revert what the other one did.", describe(&unedited)),
        help: Some(format!(
            "delete these files with `koctl init --remove-go-koctl`, in its pull request, or by hand: `{}`",
            git_rm(&unedited)
        )),
    });
    let stays = (!edited.is_empty()).then(|| Warning {
        message: format!(
            "{} They are not as the Go koctl wrote them, so koctl does not delete them.",
            describe(&edited)
        ),
        help: Some(format!("take over what is yours, and delete them by hand: `{}`", git_rm(&edited))),
    });
    clash.into_iter().chain(stays).collect()
}

/// Which files there are, and what they do.
fn describe(relics: &[&FoundRelic]) -> String {
    let described = |found: &&FoundRelic| match found.relic.clash {
        Some(clash) => format!("{} {clash}", found.relic.path),
        None => format!("{} has rules for those workflows", found.relic.path),
    };
    let described: Vec<_> = relics.iter().map(described).collect();
    format!("The repository has files of the Go koctl: {}.", described.join(", "))
}

/// The command that deletes them.
fn git_rm(relics: &[&FoundRelic]) -> String {
    let paths: Vec<_> = relics.iter().map(|found| found.relic.path).collect();
    format!("git rm {}", paths.join(" "))
}

/// The question to a person who sets the repository up. `None` if there is nothing to delete.
pub(super) fn question(relics: &[FoundRelic]) -> Option<String> {
    let unedited: Vec<_> = relics.iter().filter(|found| found.is_unedited).collect();
    let described = || format!("{} Both tools would do that.", describe(&unedited));
    (!unedited.is_empty()).then(described)
}
