//! A second object of koctl's own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// A resource of the state of which koctl made another object, which is not managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {
    /// The resource.
    pub address: Address,
    /// The id of its object.
    pub id: String,
    /// The ids of the others.
    pub others: Vec<String>,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, id, others } = self;
        write!(
            f,
            "`{address}` exists more than once: it is {id}, and koctl made {} too, which is not managed. It may be the \
             result of a request that arrived late, or of an apply with another state. Delete it if nothing uses it",
            others.join(", ")
        )
    }
}
