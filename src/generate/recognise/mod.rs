//! Guesses from the objects of an organization, each of which is [checked](super::proof) afterwards.
//!
//! Labels count first. If koctl's labels are missing, names and references count.

mod apis;
mod environments;
mod identity;
mod members;
mod notifications;
mod teams;

use std::collections::BTreeMap;

use super::draft::{Draft, RecogniseOptions};
use super::inventory::Inventory;

/// Recognises everything that a manifest can describe.
#[must_use]
pub fn recognise(inventory: &Inventory, options: RecogniseOptions) -> Draft {
    let mut draft = Draft {
        options,
        teams: BTreeMap::new(),
        environments: BTreeMap::new(),
        authorization: None,
        notifications: notifications::channels(inventory),
        custom_reports: true,
        given_up: BTreeMap::new(),
    };
    teams::recognise(inventory, &mut draft);
    environments::recognise(inventory, &mut draft);
    members::recognise(inventory, &mut draft);
    apis::recognise(inventory, &mut draft);
    identity::recognise(inventory, &mut draft);
    draft
}

/// The environment that an object without labels is in by its name, `<something>-<environment>`, and that something.
fn by_suffix<'a, 'e>(name: &'a str, environments: impl Iterator<Item = &'e str>) -> Option<(&'a str, &'e str)> {
    let parts = environments.filter_map(|environment| {
        let rest = name.strip_suffix(environment)?.strip_suffix('-')?;
        (!rest.is_empty()).then_some((rest, environment))
    });
    // Of `dev` and `big-dev`, the longer one is meant.
    parts.max_by_key(|(_, environment)| environment.len())
}

#[cfg(test)]
mod tests {
    use super::by_suffix;

    #[test]
    fn a_name_without_an_environment_at_its_end_is_in_none() {
        let environments = || ["dev", "big-dev"].into_iter();
        assert_eq!(by_suffix("flights", environments()), None);
        assert_eq!(by_suffix("-dev", environments()), None);
        assert_eq!(by_suffix("flights-dev", environments()), Some(("flights", "dev")));
        assert_eq!(by_suffix("flights-big-dev", environments()), Some(("flights", "big-dev")));
    }
}
