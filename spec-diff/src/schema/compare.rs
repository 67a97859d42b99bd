//! The comparison of the schemas of two documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::Node;
use super::alternatives::{self, Pairs};
use super::limits::Step;
use super::shape::{Additional, Shape, TYPES};
use crate::change::Finding;
use crate::document::{Document, reference};
use crate::rule::Rule;

/// The number of pairs of places that are compared for two documents. The largest published documents need a tenth.
const PAIRS: usize = 500_000;

/// The number of schemas within each other that are compared. Deeper ones are reported as not judged.
const DEPTH: usize = 128;

/// Who sends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// The caller: the API must go on accepting what it accepted.
    Request,
    /// The API: callers must go on understanding what they get.
    Response,
}

impl Direction {
    /// The other one, for webhooks and callbacks.
    pub(crate) fn reversed(self) -> Self {
        self.pick(Self::Response, Self::Request)
    }

    fn pick<T>(self, request: T, response: T) -> T {
        match self {
            Self::Request => request,
            Self::Response => response,
        }
    }
}

/// A pair of named schemas that are compared once, wherever they are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NamedPair<'a> {
    old: &'a str,
    new: &'a str,
    direction: Direction,
}

/// The findings of a place, without those of the named schemas that it uses.
#[derive(Debug, Default)]
struct Found<'a> {
    findings: Vec<Finding>,
    uses: BTreeSet<NamedPair<'a>>,
}

/// A place within an operation or a named schema.
#[derive(Clone, Debug)]
struct Place {
    root: String,
    path: String,
    suffix: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.suffix, self.path.as_str()) {
            ("", "") => f.write_str(&self.root),
            ("", path) => write!(f, "{}, `{path}`", self.root),
            (suffix, "") => write!(f, "`{}` {suffix}", self.root),
            (suffix, path) if path.starts_with('[') => write!(f, "`{}{path}` {suffix}", self.root),
            (suffix, path) => write!(f, "`{}.{path}` {suffix}", self.root),
        }
    }
}

impl Place {
    fn property(&self, name: &str) -> Self {
        let separator = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{separator}{name}", self.path), ..self.clone() }
    }

    fn element(&self, which: &str) -> Self {
        Self { path: format!("{}[{which}]", self.path), ..self.clone() }
    }
}

/// The schemas of two documents, with the comparisons that are done.
pub(crate) struct Comparison<'a> {
    old: Document<'a>,
    new: Document<'a>,
    named: BTreeMap<NamedPair<'a>, Found<'a>>,
    /// The pairs of places that are being compared, by the addresses of their schemas: schemas may contain themselves.
    open: Vec<(Vec<*const Value>, Vec<*const Value>)>,
    left: usize,
    depth: usize,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(old: Document<'a>, new: Document<'a>) -> Self {
        Self { old, new, named: BTreeMap::new(), open: Vec::new(), left: PAIRS, depth: 0 }
    }

    /// The changes of the schema of a part of an operation, such as "request body".
    pub(crate) fn changes(
        &mut self,
        direction: Direction,
        part: &str,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    ) -> Vec<Finding> {
        let place = Place { root: part.to_owned(), path: String::new(), suffix: "" };
        let mut found = Found::default();
        self.node(direction, &place, &old.into_iter().collect(), &new.into_iter().collect(), &mut found);
        let mut findings = found.findings;
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<NamedPair<'a>> = found.uses.into_iter().collect();
        while let Some(pair) = waiting.pop() {
            if seen.insert(pair)
                && let Some(of_schema) = self.named.get(&pair)
            {
                findings.extend(of_schema.findings.iter().cloned());
                waiting.extend(&of_schema.uses);
            }
        }
        findings
    }

    fn node(&mut self, direction: Direction, place: &Place, old: &Node<'a>, new: &Node<'a>, found: &mut Found<'a>) {
        let (Some(before), Some(after)) = (self.named_schema(self.old, old), self.named_schema(self.new, new)) else {
            return self.schemas(direction, place, old, new, found);
        };
        let pair = NamedPair { old: before, new: after, direction };
        found.uses.insert(pair);
        if self.named.contains_key(&pair) {
            return;
        }
        self.named.insert(pair, Found::default());
        let root = after.rsplit('/').next().unwrap_or(after).to_owned();
        let place = Place { root, path: String::new(), suffix: direction.pick("in requests", "in responses") };
        let mut of_schema = Found::default();
        // A chain of named schemas does not end where it began: what is open belongs to the place that uses this one.
        let open = std::mem::take(&mut self.open);
        self.schemas(direction, &place, old, new, &mut of_schema);
        self.open = open;
        self.named.insert(pair, of_schema);
    }

    /// The reference of a place that is nothing but a reference into the document.
    fn named_schema(&self, document: Document<'a>, node: &Node<'a>) -> Option<&'a str> {
        let [schema] = node.as_slice() else { return None };
        let alone = !document.siblings_count || schema.as_object()?.len() == 1;
        let target = reference(schema).filter(|_| alone)?;
        document.resolve(schema).is_some().then_some(target)
    }

    fn schemas(&mut self, direction: Direction, place: &Place, old: &Node<'a>, new: &Node<'a>, found: &mut Found<'a>) {
        let addresses = |node: &Node<'a>| node.iter().map(|schema| std::ptr::from_ref(*schema)).collect::<Vec<_>>();
        let pair = (addresses(old), addresses(new));
        if self.open.contains(&pair) {
            return;
        }
        match self.left.checked_sub(1) {
            Some(left) if self.depth < DEPTH => self.left = left,
            _ => return found.add(Rule::NotJudged, place, "is beyond the limit of the comparison"),
        }
        self.depth += 1;
        self.open.push(pair);
        let before = Shape::new(self.old, old);
        let after = Shape::new(self.new, new);
        if !self.as_alternatives(direction, place, (old, &before), (new, &after), found) {
            self.shapes(direction, place, &before, &after, found);
        }
        self.open.pop();
        self.depth -= 1;
    }

    /// Compares two lists of alternatives, where at least one side is nothing but that. A schema on the other side
    /// counts as a list of one. False if neither side is.
    fn as_alternatives(
        &mut self,
        direction: Direction,
        place: &Place,
        (old, before): (&Node<'a>, &Shape<'a>),
        (new, after): (&Node<'a>, &Shape<'a>),
        found: &mut Found<'a>,
    ) -> bool {
        let apart = |document, shape: &Shape<'a>, node: &Node<'a>| match shape.has_alternatives_alone() {
            true => shape.alternatives[0].iter().map(|branch| vec![*branch]).collect(),
            false => vec![alternatives::unwrapped(document, node)],
        };
        let one_is = before.has_alternatives_alone() || after.has_alternatives_alone();
        let both_can = [before, after].iter().all(|it| it.alternatives.is_empty() || it.has_alternatives_alone());
        if !one_is || !both_can {
            return false;
        }
        self.branches(direction, place, apart(self.old, before, old), apart(self.new, after, new), found);
        true
    }

    fn branches(
        &mut self,
        direction: Direction,
        place: &Place,
        old: Vec<Node<'a>>,
        new: Vec<Node<'a>>,
        found: &mut Found<'a>,
    ) {
        let Pairs { both, gone, added } = Pairs::new(old, new);
        for (old, new) in &both {
            self.node(direction, place, old, new, found);
        }
        for branch in gone {
            let rule = direction.pick(Rule::RequestAlternativeRemoved, Rule::ResponseAlternativeRemoved);
            found.add(rule, place, &format!("no longer has the form {branch}"));
        }
        for branch in added {
            let rule = direction.pick(Rule::RequestAlternativeAdded, Rule::ResponseAlternativeAdded);
            found.add(rule, place, &format!("has the new form {branch}"));
        }
    }

    fn shapes(&mut self, direction: Direction, place: &Place, old: &Shape<'a>, new: &Shape<'a>, found: &mut Found<'a>) {
        if !types(direction, place, old, new, found) {
            return;
        }
        formats(direction, place, old, new, found);
        values(direction, place, old, new, found);
        limits(direction, place, old, new, found);
        if direction == Direction::Request && old.default != new.default {
            let words = |default: Option<&Value>| default.map_or_else(|| "none".to_owned(), ToString::to_string);
            let text = format!("has another default: {} instead of {}", words(new.default), words(old.default));
            found.add(Rule::DefaultChanged, place, &text);
        }
        self.properties(direction, place, old, new, found);
        self.additional(direction, place, old, new, found);
        self.lists(direction, place, old, new, found);
        match (old.alternatives.as_slice(), new.alternatives.as_slice()) {
            ([old], [new]) => {
                let apart = |branches: &[&'a Value]| branches.iter().map(|branch| vec![*branch]).collect();
                self.branches(direction, place, apart(old), apart(new), found);
            }
            (old, new) if old != new => found.add(Rule::NotJudged, place, "has other `oneOf` or `anyOf`"),
            _ => {}
        }
        let keywords: BTreeSet<&str> = old.not_judged.keys().chain(new.not_judged.keys()).copied().collect();
        for keyword in keywords.into_iter().filter(|keyword| old.not_judged.get(keyword) != new.not_judged.get(keyword))
        {
            found.add(Rule::NotJudged, place, &format!("has another `{keyword}`"));
        }
    }

    fn properties(
        &mut self,
        direction: Direction,
        place: &Place,
        old: &Shape<'a>,
        new: &Shape<'a>,
        found: &mut Found<'a>,
    ) {
        let before = Properties::new(self.old, direction, old);
        let after = Properties::new(self.new, direction, new);
        for name in before.names.union(&after.names) {
            let at = place.property(name);
            match (before.node(name), after.node(name)) {
                (Some(old), Some(new)) => {
                    self.node(direction, &at, old, new, found);
                    let step = (before.requires(name), after.requires(name));
                    required(direction, &at, step, found);
                }
                (Some(_), None) => gone(direction, &at, before.requires(name), new, found),
                (None, Some(_)) => added(direction, &at, after.requires(name), found),
                // Required without a description.
                (None, None) => required(direction, &at, (before.requires(name), after.requires(name)), found),
            }
        }
    }

    fn additional(
        &mut self,
        direction: Direction,
        place: &Place,
        old: &Shape<'a>,
        new: &Shape<'a>,
        found: &mut Found<'a>,
    ) {
        let opened = direction.pick(Rule::RequestOpened, Rule::ResponseOpened);
        let closed = direction.pick(Rule::RequestClosed, Rule::ResponseClosed);
        let open = "may have properties that are not described";
        let shut = "has no properties except the described ones";
        match (&old.additional, &new.additional) {
            (Additional::Anything, Additional::Anything) | (Additional::Nothing, Additional::Nothing) => {}
            (Additional::Nothing, _) => found.add(opened, place, open),
            (_, Additional::Nothing) => found.add(closed, place, shut),
            (Additional::Of(old), Additional::Of(new)) => {
                self.node(direction, &place.property("*"), old, new, found);
            }
            (Additional::Anything, Additional::Of(_)) => {
                found.add(closed, place, "restricts the properties that are not described");
            }
            (Additional::Of(_), Additional::Anything) => {
                found.add(opened, place, "no longer restricts the properties that are not described");
            }
        }
    }

    fn lists(&mut self, direction: Direction, place: &Place, old: &Shape<'a>, new: &Shape<'a>, found: &mut Found<'a>) {
        if !old.items.is_empty() || !new.items.is_empty() {
            self.node(direction, &place.element(""), &old.items, &new.items, found);
        }
        let empty = Node::new();
        for at in 0..old.first.len().max(new.first.len()) {
            let of = |shape: &Shape<'a>| shape.first.get(at).unwrap_or(&shape.items).clone();
            let (before, after) = (of(old), of(new));
            if before != empty || after != empty {
                self.node(direction, &place.element(&at.to_string()), &before, &after, found);
            }
        }
    }
}

impl Found<'_> {
    fn add(&mut self, rule: Rule, place: &Place, text: &str) {
        let finding = Finding { rule, place: place.to_string(), text: text.to_owned() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// The properties of a shape that are sent in a direction.
struct Properties<'s, 'a> {
    shape: &'s Shape<'a>,
    hidden: BTreeSet<&'a str>,
    names: BTreeSet<&'a str>,
}

impl<'s, 'a> Properties<'s, 'a> {
    fn new(document: Document<'a>, direction: Direction, shape: &'s Shape<'a>) -> Self {
        let is_hidden = |node: &Node<'a>| {
            let property = Shape::new(document, node);
            direction.pick(property.read_only, property.write_only)
        };
        let hidden: BTreeSet<&str> =
            shape.properties.iter().filter(|(_, node)| is_hidden(node)).map(|(name, _)| *name).collect();
        let names = shape.properties.keys().chain(&shape.required).copied().filter(|name| !hidden.contains(name));
        Self { shape, names: names.collect(), hidden }
    }

    fn node(&self, name: &str) -> Option<&'s Node<'a>> {
        self.shape.properties.get(name).filter(|_| !self.hidden.contains(name))
    }

    fn requires(&self, name: &str) -> bool {
        self.shape.required.contains(name) && !self.hidden.contains(name)
    }
}

/// Compares the types. False if no value is of both, so that there is nothing to compare within.
fn types(direction: Direction, place: &Place, old: &Shape<'_>, new: &Shape<'_>, found: &mut Found<'_>) -> bool {
    if old.nothing != new.nothing {
        let rule = match new.nothing {
            true => direction.pick(Rule::RequestTypeNarrowed, Rule::ResponseTypeNarrowed),
            false => direction.pick(Rule::RequestTypeWidened, Rule::ResponseTypeWidened),
        };
        found.add(rule, place, if new.nothing { "allows no value" } else { "allows values" });
        return false;
    }
    let fewer = TYPES.iter().any(|kind| old.allows(kind) && !new.allows(kind));
    let more = TYPES.iter().any(|kind| new.allows(kind) && !old.allows(kind));
    let text = || format!("changed from {} to {}", old.types_in_words(), new.types_in_words());
    match (direction, fewer, more) {
        (_, false, false) => {}
        (Direction::Request, true, _) => found.add(Rule::RequestTypeNarrowed, place, &text()),
        (Direction::Request, false, true) => found.add(Rule::RequestTypeWidened, place, &text()),
        (Direction::Response, _, true) => found.add(Rule::ResponseTypeWidened, place, &text()),
        (Direction::Response, true, false) => found.add(Rule::ResponseTypeNarrowed, place, &text()),
    }
    TYPES.iter().any(|kind| *kind != "null" && old.allows(kind) && new.allows(kind))
}

/// Compares the formats. A longer format of the same kind of number includes the shorter one.
fn formats(direction: Direction, place: &Place, old: &Shape<'_>, new: &Shape<'_>, found: &mut Found<'_>) {
    if old.formats == new.formats {
        return;
    }
    let includes = |wide: &Shape<'_>, narrow: &Shape<'_>| {
        wide.formats.iter().all(|format| {
            let shorter = match *format {
                "int64" => "int32",
                "double" => "float",
                other => other,
            };
            narrow.formats.contains(format) || narrow.formats.contains(shorter)
        })
    };
    let words = |shape: &Shape<'_>| match shape.formats.is_empty() {
        true => "no format".to_owned(),
        false => format!("format {}", shape.formats.iter().copied().collect::<Vec<_>>().join(" and ")),
    };
    let rule = match direction {
        Direction::Request if includes(new, old) => Rule::RequestTypeWidened,
        Direction::Request => Rule::RequestTypeNarrowed,
        Direction::Response if includes(old, new) => Rule::ResponseTypeNarrowed,
        Direction::Response => Rule::ResponseTypeWidened,
    };
    found.add(rule, place, &format!("changed from {} to {}", words(old), words(new)));
}

/// Compares the listed values.
fn values(direction: Direction, place: &Place, old: &Shape<'_>, new: &Shape<'_>, found: &mut Found<'_>) {
    let removed = direction.pick(Rule::RequestEnumRemoved, Rule::ResponseEnumRemoved);
    let added = direction.pick(Rule::RequestEnumAdded, Rule::ResponseEnumAdded);
    match (&old.values, &new.values) {
        (None, None) => {}
        (None, Some(new)) => found.add(removed, place, &format!("is restricted to {}", listed(new))),
        (Some(old), None) => found.add(added, place, &format!("is no longer restricted to {}", listed(old))),
        (Some(old), Some(new)) => {
            let without = |all: &[&Value], other: &[&Value]| -> Vec<String> {
                all.iter().filter(|value| !other.contains(value)).map(|value| format!("`{value}`")).collect()
            };
            let (gone, more) = (without(old, new), without(new, old));
            if !gone.is_empty() {
                found.add(removed, place, &format!("no longer has the value {}", gone.join(", ")));
            }
            if !more.is_empty() {
                found.add(added, place, &format!("has the new value {}", more.join(", ")));
            }
        }
    }
}

/// The values of a list, for people. Long lists are cut.
fn listed(values: &[&Value]) -> String {
    const SHOWN: usize = 5;
    let mut shown: Vec<String> = values.iter().take(SHOWN).map(|value| format!("`{value}`")).collect();
    if values.len() > SHOWN {
        shown.push(format!("{} more", values.len() - SHOWN));
    }
    shown.join(", ")
}

fn limits(direction: Direction, place: &Place, old: &Shape<'_>, new: &Shape<'_>, found: &mut Found<'_>) {
    let rule = |step| match step {
        Step::Tighter => direction.pick(Rule::RequestLimited, Rule::ResponseLimited),
        Step::Looser => direction.pick(Rule::RequestLimitLifted, Rule::ResponseLimitLifted),
    };
    for (step, text) in old.limits.changes(&new.limits) {
        found.add(rule(step), place, &text);
    }
    if old.patterns != new.patterns {
        // What two patterns have in common is not known; fewer patterns allow more.
        let looser = new.patterns.is_subset(&old.patterns);
        let tighter_only = direction == Direction::Response && old.patterns.is_subset(&new.patterns);
        let step = match (direction, looser, tighter_only) {
            (Direction::Request, true, _) | (Direction::Response, _, false) => Step::Looser,
            _ => Step::Tighter,
        };
        let words = |patterns: &BTreeSet<&str>| match patterns.is_empty() {
            true => "none".to_owned(),
            false => patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(" and "),
        };
        found.add(rule(step), place, &format!("has another pattern: {}", words(&new.patterns)));
    }
}

fn required(direction: Direction, place: &Place, step: (bool, bool), found: &mut Found<'_>) {
    match (step, direction) {
        ((false, true), Direction::Request) => found.add(Rule::RequestPropertyRequired, place, "became required"),
        ((false, true), Direction::Response) => found.add(Rule::ResponsePropertyAdded, place, "became required"),
        ((true, false), Direction::Request) => found.add(Rule::RequestPropertyOptional, place, "became optional"),
        ((true, false), Direction::Response) => found.add(Rule::ResponsePropertyRemoved, place, "became optional"),
        _ => {}
    }
}

fn gone(direction: Direction, place: &Place, was_required: bool, new: &Shape<'_>, found: &mut Found<'_>) {
    let text = match new.additional {
        Additional::Nothing if direction == Direction::Request => "is gone, and no longer accepted",
        _ => "is gone",
    };
    let rule = match (direction, was_required) {
        (Direction::Request, _) => Rule::RequestPropertyRemoved,
        (Direction::Response, true) => Rule::ResponsePropertyRemoved,
        (Direction::Response, false) => Rule::ResponseOptionalPropertyRemoved,
    };
    found.add(rule, place, text);
}

fn added(direction: Direction, place: &Place, is_required: bool, found: &mut Found<'_>) {
    match (direction, is_required) {
        (Direction::Request, true) => found.add(Rule::RequestPropertyRequired, place, "was added and is required"),
        (Direction::Request, false) => found.add(Rule::RequestPropertyAdded, place, "was added"),
        (Direction::Response, _) => found.add(Rule::ResponsePropertyAdded, place, "was added"),
    }
}
