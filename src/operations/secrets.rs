//! The secrets that applying a plan takes (R11).

use super::failure::{Failures, OfScope as _};
use super::session::Session;
use super::sources::secrets;
use super::unfit::Unfit;
use crate::compiler;
use crate::compiler::platform;
use crate::registry;
use engine::address::PLATFORM_SCOPE;
use engine::{Desired, ScopePlan, Secrets, secret};

/// The secrets of which the plan has the traces, if they are still the ones that it was made with.
pub(super) fn of_plan(session: &Session, plan: &ScopePlan) -> Result<Secrets, Failures> {
    if !secret::are_needed(plan, registry::schema) {
        return Ok(Secrets::default());
    }
    let secrets = of_scope(session, &plan.scope)?;
    secrets.check(plan, registry::schema).of_scope(&plan.scope)?;
    Ok(secrets)
}

fn of_scope(session: &Session, scope: &str) -> Result<Secrets, Failures> {
    if scope == PLATFORM_SCOPE {
        return Ok(Secrets::of(platform::secret(&session.work).map(Desired::untyped).as_slice()));
    }
    let organizations = session.organizations();
    let (name, organization) =
        organizations.get_key_value(scope).ok_or_else(|| Unfit::unknown(scope)).of_scope(scope)?;
    let secrets = secrets(session, &[(name, organization)]);
    compiler::secrets(&session.workspace.loaded.manifest, name, organization, &secrets).of_scope(scope)
}
