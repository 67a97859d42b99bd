//! Plans that may be applied (R12).

use engine::Plan;

/// A plan with approval: the only kind that can be applied.
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a>(&'a Plan);

/// The approval of the flags is not enough for this plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan deletes or replaces what holds other people's work")]
pub struct NeedsPerson;

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

    pub(super) fn plan(self) -> &'a Plan {
        self.0
    }
}
