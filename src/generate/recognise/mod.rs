//! Guesses from the objects of an organization, each of which is [checked](super::proof) afterwards.
//!
//! Labels count first. If koctl's labels are missing, names and references count.

mod apis;
mod environments;
mod identity;
mod members;
mod names;
mod notifications;
mod pages;
mod portal_look;
mod portal_sign_in;
mod portals;
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
    portals::recognise(inventory, &mut draft);
    pages::recognise(inventory, &mut draft);
    portal_look::recognise(inventory, &mut draft);
    portal_sign_in::recognise(inventory, &mut draft);
    identity::recognise(inventory, &mut draft);
    draft
}
