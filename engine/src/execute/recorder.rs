//! How the outcomes of an apply get into the state.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;

use crate::address::Address;
use crate::error::Error;
use crate::state::{Intent, IntentAction, ResourceState, State};

/// Stores outcomes.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// Changes the state, all of it or nothing, and returns when that is durable. An entry that could not be stored may
    /// be stored with a later one: it has happened.
    async fn record(&self, entry: Entry) -> Result<(), Error>;
}

/// One change of the state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Resources as they are now; `None` for those that are gone. Removing one that is not there is not an error.
    pub resources: BTreeMap<Address, Option<ResourceState>>,
    /// The old address of an object and its new one, for the resources that depend on it.
    pub renamed: Option<(Address, Address)>,
    /// Intents whose result is known, or that were never begun: they are removed.
    pub closed: Vec<(Address, IntentAction)>,
    /// Intents that begin. Each replaces the one with the same address and action.
    pub opened: Vec<Intent>,
}

impl Entry {
    /// Makes the change.
    pub fn enter(self, state: &mut State) {
        for (address, resource) in self.resources {
            match resource {
                Some(resource) => state.resources.insert(address.to_string(), resource),
                None => state.resources.remove(address.as_str()),
            };
        }
        if let Some((old, new)) = self.renamed {
            for resource in state.resources.values_mut() {
                if resource.dependencies.remove(old.as_str()) {
                    resource.dependencies.insert(new.to_string());
                }
            }
        }
        let opened = self.opened.iter().map(|intent| (intent.address.clone(), intent.action));
        let closed = self.closed.iter().map(|(address, action)| (address.to_string(), *action));
        let gone: HashSet<_> = closed.chain(opened).collect();
        state.intents.retain(|intent| !gone.contains(&(intent.address.clone(), intent.action)));
        state.intents.extend(self.opened);
    }
}
