//! Why a scope cannot be planned.

use std::collections::HashSet;

use super::address::Address;
use super::graph::GraphError;
use super::plan::Action;
use crate::state::shell_word;

/// How many resources of one reason are named.
const MOST_LISTED: usize = 10;

/// Why a scope cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `protect: true` covers resources that would be deleted or replaced for the same reason.
    #[error(
        "{} {}, but {} protected{}; to allow it, {}",
        listed(.addresses), .action.future(), they_are(.addresses),
        because(.attributes), way_out(*.action)
    )]
    Protected {
        /// The resources.
        addresses: Vec<Address>,
        /// Delete or replace.
        action: Action,
        /// The attributes that force the replacement.
        attributes: Vec<String>,
    },
    /// Several objects have its name.
    #[error("`{address}` could be any of {} existing objects of its name: {}; take over the one that is meant with `koctl import {} ID`, or delete or rename the others", .ids.len(), .ids.join(", "), shell_word(.address.as_str()))]
    Ambiguous {
        /// The resource.
        address: Address,
        /// Their ids.
        ids: Vec<String>,
    },
    /// Another object has the name that its object is to get.
    #[error("`{address}` is the object {id}, and another object, {other}, has the name that it is to get; delete or rename {other}, or take it over with `koctl state rm {}` and `koctl import {} {other}`", shell_word(.stored.as_str()), shell_word(.address.as_str()))]
    Taken {
        /// The resource.
        address: Address,
        /// The address that the stored state has it under, if it moves with this plan.
        stored: Address,
        /// The id of its object.
        id: String,
        /// The id of the other.
        other: String,
    },
    /// Another object has a value that only one can have, and keeps it.
    #[error("`{address}` cannot get the {attribute} `{value}`: {keeper}")]
    Kept {
        /// The resource.
        address: Address,
        /// The attribute that the configuration sets.
        attribute: &'static str,
        /// Its value.
        value: String,
        /// The object that has it.
        keeper: Keeper,
    },
    /// `--no-adopt`, and the object exists.
    #[error("`{address}` exists already with the id {id}, and --no-adopt was given; leave the option out to import it")]
    Exists {
        /// The resource.
        address: Address,
        /// Its id.
        id: String,
    },
    /// It refers to something that does not exist.
    #[error("`{address}` cannot be created: {reason}")]
    Absent {
        /// The resource.
        address: Address,
        /// The name that does not exist, and the nearest one that does.
        reason: String,
    },
    /// It uses an attribute that a type does not have: a mistake in koctl, not in the configuration.
    #[error("`{address}` uses the attribute `{attribute}`, which the type `{type_name}` does not have{}", did_you_mean(.nearest))]
    Attribute {
        /// The resource.
        address: Address,
        /// The type that it sets the attribute of, or refers to.
        type_name: &'static str,
        /// The unknown name.
        attribute: String,
        /// The nearest name that the type has.
        nearest: Option<&'static str>,
    },
    /// Two resources would be one object.
    #[error("`{first}` and `{second}` would be the same object ({}); give one of them another name", .key.join(", "))]
    Collision {
        /// One.
        first: Address,
        /// The other.
        second: Address,
        /// The natural key that they share.
        key: Vec<String>,
    },
    /// The references are not a graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// An object that keeps a value which another one is to get, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Keeper {
    /// A resource of the configuration, which leaves the value as it is.
    #[error("`{0}` has it and keeps it; choose another value for one of the two")]
    Managed(Address),
    /// An object that the configuration does not have.
    #[error(
        "{name} ({id}) has it, and is not managed; choose another value in the configuration, or change or delete that object"
    )]
    Other {
        /// The id of the object.
        id: String,
        /// Its name.
        name: String,
    },
}

fn listed(addresses: &[Address]) -> String {
    let names: Vec<String> = addresses.iter().take(MOST_LISTED).map(|address| format!("`{address}`")).collect();
    let names = names.join(", ");
    match addresses.len().saturating_sub(MOST_LISTED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

fn they_are(addresses: &[Address]) -> &'static str {
    if addresses.len() == 1 { "it is" } else { "they are" }
}

/// What a user does to have it done nevertheless.
fn way_out(action: Action) -> &'static str {
    match action {
        // The protection of what stays in the configuration is part of the same plan.
        Action::Replace => "remove `protect: true` from the configuration: the next plan then replaces what is listed",
        _ => {
            "take `protect: true` away while it is in the configuration (if it has left, put it back first), apply that, and try again; if something was renamed, say so under `moved` instead"
        }
    }
}

fn because(attributes: &[String]) -> String {
    match attributes {
        [] => String::new(),
        names => format!(" (because of `{}`)", names.join("`, `")),
    }
}

fn did_you_mean(nearest: &Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

impl Refusal {
    /// True if it concerns one of `addresses`. An error of the graph concerns all.
    pub(super) fn concerns(&self, addresses: &HashSet<&Address>) -> bool {
        matches!(self, Self::Graph(_)) || self.addresses().any(|address| addresses.contains(address))
    }

    /// The refusal, which knows what the resource is called in the stored state. `former` gives the old address of one that
    /// moves.
    #[must_use]
    pub fn stored_as(mut self, former: impl Fn(&Address) -> Option<Address>) -> Self {
        if let Self::Taken { address, stored, .. } = &mut self
            && let Some(former) = former(address)
        {
            *stored = former;
        }
        self
    }

    /// The refusals, with one for all resources that are protected for the same reason.
    pub(super) fn joined(refusals: Vec<Self>) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for refusal in refusals {
            if !joined.iter_mut().any(|other| other.absorbs(&refusal)) {
                joined.push(refusal);
            }
        }
        joined
    }

    /// True if `other` is about protection for the same reason: then its resources are part of this one.
    fn absorbs(&mut self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Protected { addresses, action, attributes },
                Self::Protected { addresses: more, action: same, attributes: these },
            ) if action == same && attributes == these => {
                addresses.extend(more.iter().cloned());
                true
            }
            _ => false,
        }
    }

    /// The resources that it names; none if it concerns all.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        let protected = match self {
            Self::Protected { addresses, .. } => addresses.as_slice(),
            _ => &[],
        };
        let (one, other) = match self {
            Self::Protected { .. } => (None, None),
            Self::Ambiguous { address, .. }
            | Self::Taken { address, .. }
            | Self::Kept { address, .. }
            | Self::Exists { address, .. }
            | Self::Absent { address, .. }
            | Self::Attribute { address, .. } => (Some(address), None),
            Self::Collision { first, second, .. } => (Some(first), Some(second)),
            Self::Graph(_) => (None, None),
        };
        protected.iter().chain(one).chain(other)
    }
}
