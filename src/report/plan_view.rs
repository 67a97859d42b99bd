//! How a plan is shown.

use super::schemas::Schemas;
use crate::review::{Review, Specifications};

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// The counts, the risks, and what waits.
    Summary,
    /// Also the changes: references by the addresses of their resources, new texts by their length, every specification
    /// once, and what waits in an environment in a line.
    #[default]
    Normal,
    /// Everything that the plan has.
    Full,
}

/// The look at a plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// The schemas of the resource types.
    pub schemas: Schemas<'a>,
    /// What a reviewer must see of the plan.
    pub review: &'a Review,
    /// How much is shown.
    pub detail: Detail,
}

impl<'a> PlanView<'a> {
    /// True if everything is shown.
    pub(super) fn is_full(self) -> bool {
        self.detail == Detail::Full
    }

    /// The specifications of the plan, if values are shortened and a copy of one is not shown again.
    pub(super) fn shortened(self) -> Option<&'a Specifications> {
        (!self.is_full()).then_some(&self.review.specifications)
    }
}
