//! Circles in a graph of names.

use std::collections::{BTreeMap, BTreeSet};

/// The circles: each a set of names that all lead to each other.
pub(crate) fn circles(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = arrows.keys().map(|name| (name, reach(arrows, name))).collect();
    let mut circles = BTreeSet::new();
    for (name, reached_from_name) in &reached {
        let circle: BTreeSet<String> = reached_from_name
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|back| back.contains(name)))
            .map(|other| (*other).clone())
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// Everything that the arrows from this name lead to.
pub(crate) fn reach<'a>(arrows: &'a BTreeMap<String, BTreeSet<String>>, name: &str) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = arrows.get(name).into_iter().flatten().collect();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            next.extend(arrows.get(name).into_iter().flatten());
        }
    }
    reached
}
