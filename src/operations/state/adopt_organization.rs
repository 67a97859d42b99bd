//! Makes a state that of another Konnect organization (R14), when an organization has moved on purpose.

use futures::join;

use super::edit::Edit;
use crate::operations::connect::clients;
use crate::operations::failure::Failure;
use crate::operations::owners::{check_unowned, owner};
use crate::operations::session::Session;
use engine::state::{LockOptions, Owner};

/// A state that is ready to become that of another organization.
pub struct Adoption {
    /// The organization that it is about now, if that is known.
    pub before: Option<Owner>,
    /// The organization that the token opens.
    pub owner: Owner,
    /// How many resources it has.
    pub resources: usize,
    /// Makes the change.
    pub edit: Edit,
}

/// Prepares the state of `scope` to become that of the organization that its token opens. Its records stay: the next
/// plan compares them with that organization.
///
/// Unlike other edits, it is made also after an unfinished apply: the next apply looks for what that began.
///
/// # Errors
/// If there is no such organization or no state of it, and if another state is about the organization already.
pub async fn adopt_organization(session: &Session, scope: &str, options: &LockOptions) -> Result<Adoption, Failure> {
    let organization = session.organization(scope)?;
    let clients = clients(session, scope, organization)?;
    let (owner, unowned) = join!(owner(session, &clients), session.workspace().states_of_others(scope));
    let owner = owner?;
    check_unowned(scope, &owner, &unowned?)?;
    let locked = session.store().lock(scope, options).await.map_err(|error| Failure::from(error).of(scope))?;
    let state = locked.state();
    if locked.revision().is_none() {
        locked.release().await?;
        let failure = Failure::new(format!("there is no state of `{scope}` in {}", session.store().describe()));
        return Err(failure.help("run `koctl apply` or `koctl import`, which records the organization"));
    }
    let mut edit = Edit::default();
    let recorded = owner.clone();
    edit.add(locked, move |state| state.owner = Some(recorded));
    Ok(Adoption { before: state.owner.clone(), owner, resources: state.resources.len(), edit })
}
