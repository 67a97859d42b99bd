//! Folders beside the configuration that no environment has.

use super::warning::Warning;
use crate::manifest::{Loaded, Stray};

/// Warnings about folders with the content of portals that no environment of the configuration has: their names may be
/// mistaken.
#[must_use]
pub fn stray_warnings(loaded: &Loaded) -> Vec<Warning> {
    let warning = |Stray { folder, organization, environment, near }: &Stray| {
        let help = match near {
            Some(near) => format!("did you mean `{near}`? Otherwise delete the folder"),
            None => "rename the folder to the name of an environment, or delete it".to_owned(),
        };
        Warning {
            message: format!(
                "The files in {folder} are not used: the configuration has no environment `{environment}` of \
                 `{organization}`."
            ),
            help: Some(help),
        }
    };
    loaded.strays.iter().map(warning).collect()
}
