//! Plans that may be applied (R12).

use engine::plan::{Moved, ResourceChange};
use engine::{Mode, Plan};

/// A plan with approval: the only kind that can be applied.
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a>(&'a Plan);

/// The approval of the flags is not enough for this plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan deletes or replaces what holds other people's work")]
pub struct NeedsPerson;

/// The review of another plan does not cover this plan (R7).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotReviewed<'a> {
    /// The reviewed plan destroys everything, or writes the state alone.
    #[error("the reviewed plan is not a plan of what the configuration says")]
    OtherMode,
    /// It is about other systems.
    #[error("the reviewed plan is about {reviewed}, but this run is about {found}")]
    OtherSystems {
        /// Those of the reviewed plan.
        reviewed: String,
        /// Those of this run.
        found: String,
    },
    /// The token opens another organization now.
    #[error("`{scope}` was another organization of Konnect in the reviewed plan than the one that its token opens now")]
    OtherOwner {
        /// The organization of the configuration.
        scope: String,
    },
    /// There are changes that the reviewed plan does not have.
    #[error("the plan has changes that were not reviewed")]
    Changes(Vec<&'a ResourceChange>),
    /// There are moves that the reviewed plan does not have.
    #[error("the plan moves resources to addresses that were not reviewed")]
    Moves(Vec<&'a Moved>),
    /// The review is not enough for what the plan destroys.
    #[error(transparent)]
    Destroys(#[from] NeedsPerson),
}

impl<'a> Approved<'a> {
    /// A person saw the plan, including what it destroys, and approved it.
    #[must_use]
    pub fn by_a_person(plan: &'a Plan) -> Self {
        Self(plan)
    }

    /// Flags approved the plan. They cover guarded deletions and replacements only with `allow_destroy`.
    ///
    /// # Errors
    /// If they do not cover what the plan destroys.
    pub fn by_flags(plan: &'a Plan, allow_destroy: bool) -> Result<Self, NeedsPerson> {
        if allow_destroy || plan.guarded().next().is_none() { Ok(Self(plan)) } else { Err(NeedsPerson) }
    }

    /// People reviewed another plan, which has all changes of this one. That covers guarded deletions and replacements
    /// only with `allow_destroy`.
    ///
    /// # Errors
    /// If the reviewed plan is about something else, or the plan does more than that.
    pub fn by_review(plan: &'a Plan, reviewed: &Plan, allow_destroy: bool) -> Result<Self, NotReviewed<'a>> {
        if reviewed.mode() != Mode::Normal {
            return Err(NotReviewed::OtherMode);
        }
        if reviewed.systems != plan.systems {
            let (reviewed, found) = (reviewed.systems.clone(), plan.systems.clone());
            return Err(NotReviewed::OtherSystems { reviewed, found });
        }
        let mut owners = plan.owners.iter();
        if let Some((scope, _)) =
            owners.find(|(scope, owner)| reviewed.owners.get(*scope).is_some_and(|one| !one.is(owner)))
        {
            return Err(NotReviewed::OtherOwner { scope: scope.clone() });
        }
        let moves = plan.moved_unlike(reviewed);
        if !moves.is_empty() {
            return Err(NotReviewed::Moves(moves));
        }
        match plan.not_in(reviewed) {
            changes if changes.is_empty() => Ok(Self::by_flags(plan, allow_destroy)?),
            changes => Err(NotReviewed::Changes(changes)),
        }
    }

    /// The plan.
    #[must_use]
    pub fn plan(self) -> &'a Plan {
        self.0
    }
}
