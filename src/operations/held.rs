//! Services whose specification or documents are not known (R8): a plan leaves their resources as they are, and reports why.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::failure::{Failure, Failures};
use crate::compiler::{Compiled, Held, api_documents};
use crate::github::resources::pull_request::FILES;
use engine::plan::ResourceChange;
use engine::refresh::Remembered;
use engine::value::stored_form;
use engine::world::World;
use engine::{Address, Desired, Error, ErrorKind, Expr, Kind, Readers, drift};

/// The services of one scope whose specification or documents are not known.
#[derive(Debug, Default)]
pub(super) struct Holding {
    held: Vec<Held>,
    /// The resources that stay as they are, and the folders of documents that do.
    addresses: BTreeSet<Address>,
}

impl Holding {
    /// Separates what is desired from what stays as it is. Staged files of an environment are held as a whole if none of
    /// them is known, or no one asked for them: then they are not read.
    pub(super) fn of(compiled: Compiled, is_meant: &dyn Fn(&Address) -> bool) -> (Vec<Desired>, Self) {
        let Compiled { mut desired, held } = compiled;
        let mut addresses: BTreeSet<Address> =
            held.iter().flat_map(|one| one.addresses.iter().chain([&one.documents]).cloned()).collect();
        for Held { staging, .. } in &held {
            if !is_meant(staging) {
                desired.retain(|resource| resource.address != *staging);
            }
            if !desired.iter().any(|resource| resource.address == *staging) {
                addresses.insert(staging.clone());
            }
        }
        (desired, Self { held, addresses })
    }

    /// True if the resource stays as it is.
    pub(super) fn covers(&self, address: &Address) -> bool {
        self.addresses.contains(address)
            || api_documents::folder_of(address).is_some_and(|folder| self.addresses.contains(&folder))
    }

    /// What the state has of the resources that stay, as desired ones: no other resource may take their objects over.
    pub(super) fn reserved(&self, remembered: &Remembered, readers: &Readers) -> Vec<Desired> {
        let known = remembered.0.iter().filter(|(address, _)| self.covers(address));
        let known = known.map(|(address, resource)| (address.clone(), resource.clone())).collect();
        drift::recognisable(&Remembered(known), readers)
    }

    /// The desired resources with the staged files that stay: their digests stand for the present files.
    pub(super) fn keep<'a>(&self, desired: &'a [Desired], world: &World) -> Cow<'a, [Desired]> {
        let mut all = Cow::Borrowed(desired);
        for Held { staging, staged, .. } in &self.held {
            let found = world.object(staging).and_then(|object| object.attributes.get(FILES.text()));
            let Some(found) = found.map(|files| stored_form(Kind::Files, files)) else { continue };
            let Some(index) = desired.iter().position(|resource| resource.address == *staging) else { continue };
            let Some(Expr::Value(Value::Object(files))) = all.to_mut()[index].attributes.get_mut(FILES.text()) else {
                continue;
            };
            files.extend(staged.iter().filter_map(|path| Some((path.clone(), found.get(path)?.clone()))));
        }
        all
    }

    /// Why services of the scope were not planned: those of which a resource is meant, or goes with one that the plan
    /// deletes or replaces. A cause that they share is reported once.
    pub(super) fn failures(&self, is_meant: &dyn Fn(&Address) -> bool, changes: &[ResourceChange]) -> Failures {
        let going: BTreeSet<_> = changes.iter().filter(|one| one.destroys()).map(|one| &one.address).collect();
        let concerns = |one: &&Held| one.is_among(is_meant) || one.needs.iter().any(|needed| going.contains(needed));
        let mut causes: BTreeMap<String, Vec<&Held>> = BTreeMap::new();
        for one in self.held.iter().filter(concerns) {
            causes.entry(cause(one)).or_default().push(one);
        }
        causes.values().filter_map(|held| failure(held)).collect()
    }
}

/// What tells the cause from others. A token that is refused or a server that does not answer is one cause for all
/// services, everything else one for each.
fn cause(Held { team, service, error, .. }: &Held) -> String {
    match error.kind {
        ErrorKind::Unauthorized | ErrorKind::Unavailable => format!("{}\n{:?}", error.cause, error.help),
        _ => format!("{team}\n{service}\n{error}"),
    }
}

/// The failure of services that share a cause.
fn failure(held: &[&Held]) -> Option<Failure> {
    let error = &held.first()?.error;
    let mut services: BTreeMap<(&str, &str), (Vec<String>, &Error)> = BTreeMap::new();
    for Held { team, service, place, error, .. } in held {
        services.entry((team, service)).or_insert_with(|| (Vec::new(), error)).0.push(format!("`{place}`"));
    }
    let named = |((team, service), (places, _)): (&(&str, &str), &(Vec<String>, &Error))| {
        format!("`{service}` of team `{team}` for {}", places.join(", "))
    };
    let services_named: Vec<String> = services.iter().map(named).collect();
    let (attempted, cause) = match services_named.as_slice() {
        [one] => (format!("plan the service {one}, whose API and staged files stay as they are"), error.to_string()),
        all => {
            let reads: Vec<&str> = services.values().map(|(_, error)| error.attempted.as_str()).collect();
            let attempted =
                format!("plan the services {}, whose APIs and staged files stay as they are", all.join("; "));
            (attempted, format!("could not {}: {}", reads.join("; "), error.cause))
        }
    };
    Some(Failure::from(Error { attempted, cause, ..error.clone() }))
}
