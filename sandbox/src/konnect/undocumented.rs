//! Operations that no document here describes, and clients ask for: older addresses of documented ones.

use super::control_planes::list_control_planes;
use super::framework::{Answer, Call, Document, Konnect, Problem, Route};
use super::identity;
use crate::store::{GLOBAL, Partition};

/// These operations.
pub(super) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(&super::gateway::UNDOCUMENTED)
}

static ROUTES: [Route; 2] = [
    Route::get(Document::ControlPlanes, "/v2/organizations/me", organization),
    Route::get(Document::ControlPlanes, "/konnect-api/api/runtime_groups", list_control_planes),
];

/// The organization, as the operation of the identity document shows it in the global region.
fn organization(konnect: &Konnect, call: &Call) -> Result<Answer, Problem> {
    let global = Partition { organization: call.partition.organization.clone(), region: GLOBAL.to_owned() };
    Ok(Answer::ok(identity::shown_organization(&konnect.store.read(), &global)?))
}
