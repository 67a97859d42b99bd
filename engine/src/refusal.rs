//! Why a scope cannot be planned.

use std::collections::HashSet;

use super::address::Address;
use super::graph::GraphError;
use super::plan::Action;
use crate::state::shell_word;

/// Why a scope cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `protect: true` covers a resource that would be deleted or replaced.
    #[error(
        "`{address}` {}, but it is protected{}; to allow it, remove `protect: true`, apply that, and try again",
        .action.future(), because(.attributes)
    )]
    Protected {
        /// The resource.
        address: Address,
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
    #[error("`{address}` is the object {id}, and another object, {other}, has the name that it is to get; delete or rename {other}, or take it over with `koctl state rm {}` and `koctl import {} {other}`", shell_word(.address.as_str()), shell_word(.address.as_str()))]
    Taken {
        /// The resource.
        address: Address,
        /// The id of its object.
        id: String,
        /// The id of the other.
        other: String,
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

    /// The resources that it names; none if it concerns all.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        let (one, other) = match self {
            Self::Protected { address, .. }
            | Self::Ambiguous { address, .. }
            | Self::Taken { address, .. }
            | Self::Exists { address, .. }
            | Self::Absent { address, .. }
            | Self::Attribute { address, .. } => (Some(address), None),
            Self::Collision { first, second, .. } => (Some(first), Some(second)),
            Self::Graph(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}
