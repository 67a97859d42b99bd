//! Adding a service: the repository is chosen, the rest is asked on one page, what would change is shown, and the pull
//! request is opened.

mod choose;
mod form;
mod send;

pub(super) use choose::choose;
pub(super) use form::ask;
pub(super) use send::send;
