//! Which branches of `oneOf` and `anyOf` of two documents belong together.

use serde_json::Value;

use super::Node;
use crate::document::{Document, reference};

/// The branches of two lists, in pairs. A branch is found again if it is written in the same way, by the name that it
/// refers to, by its title, or as the only one that is left on both sides.
pub(super) struct Pairs<'a> {
    pub(super) both: Vec<(Node<'a>, Node<'a>)>,
    /// The names of the branches that only the old list has.
    pub(super) gone: Vec<String>,
    /// The names of the branches that only the new list has.
    pub(super) added: Vec<String>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(mut old: Vec<Node<'a>>, mut new: Vec<Node<'a>>) -> Self {
        let mut both = Vec::new();
        take_pairs(&mut old, &mut new, &mut both, |a, b| a == b);
        take_pairs(&mut old, &mut new, &mut both, |a, b| name(a).is_some() && name(a) == name(b));
        if old.len() == 1 && new.len() == 1 {
            take_pairs(&mut old, &mut new, &mut both, |_, _| true);
        }
        let names = |nodes: Vec<Node<'a>>| nodes.iter().enumerate().map(|(at, node)| label(at, node)).collect();
        Self { both, gone: names(old), added: names(new) }
    }
}

/// The only branch of a place whose schema is nothing but a list of one; else the place itself.
pub(super) fn unwrapped<'a>(document: Document<'a>, node: &Node<'a>) -> Node<'a> {
    let only = || {
        let [schema] = node.as_slice() else { return None };
        let (keyword, branches) = document.resolve(schema)?.as_object().filter(|it| it.len() == 1)?.iter().next()?;
        let [branch] = branches.as_array()?.as_slice() else { return None };
        ["oneOf", "anyOf"].contains(&keyword.as_str()).then(|| vec![branch])
    };
    only().unwrap_or_else(|| node.clone())
}

fn take_pairs<'a>(
    old: &mut Vec<Node<'a>>,
    new: &mut Vec<Node<'a>>,
    both: &mut Vec<(Node<'a>, Node<'a>)>,
    belong: impl Fn(&Node<'a>, &Node<'a>) -> bool,
) {
    let mut rest = Vec::new();
    for node in old.drain(..) {
        match new.iter().position(|other| belong(&node, other)) {
            Some(at) => both.push((node, new.remove(at))),
            None => rest.push(node),
        }
    }
    *old = rest;
}

/// The name of a branch: of the schema that it refers to, or its title.
fn name<'a>(node: &Node<'a>) -> Option<&'a str> {
    let [schema] = node.as_slice() else { return None };
    match reference(schema) {
        Some(target) => target.rsplit('/').next(),
        None => schema.get("title").and_then(Value::as_str),
    }
}

/// A branch for people: its name, its type, or its number among the branches without a partner.
fn label(at: usize, node: &Node<'_>) -> String {
    let kind = || node.first().and_then(|schema| schema.get("type")).and_then(Value::as_str);
    name(node).or_else(kind).map_or_else(|| format!("number {}", at + 1), |name| format!("`{name}`"))
}
