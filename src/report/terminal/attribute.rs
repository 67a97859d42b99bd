//! Attributes, as a table below their resource.

use std::collections::BTreeSet;

use console::measure_text_width;
use serde_json::Value;
use uuid::Uuid;

use super::image;
use super::screen::Screen;
use super::text::{self, Side};
use crate::report::escape::escape;
use crate::report::style::Tone;
use crate::review::Specifications;
use engine::secret::SENSITIVE;
use engine::value::stored_form;
use engine::{Address, Kind, Planned, Reference};

/// The maximum length of a value on the line of its name.
const INLINE: usize = 100;
/// The shown length of the id of another object.
const SHORT_ID: usize = 8;
/// The text for a value that is known after apply.
const UNKNOWN: &str = "(known after apply)";

/// The change of one attribute.
pub(super) struct Delta<'a> {
    name: &'a str,
    kind: Kind,
    old: Option<&'a Value>,
    new: Option<Planned<&'a Value, &'a Reference>>,
    forces_replacement: bool,
    is_brief: bool,
    /// The resource whose id the new value is.
    named: Option<&'a Address>,
    /// The specifications of the plan, if values are shortened.
    short: Option<&'a Specifications>,
}

impl<'a> Delta<'a> {
    /// From `old` to `new`. Null is the same as no value.
    pub(super) fn new(
        name: &'a str,
        kind: Kind,
        old: Option<&'a Value>,
        new: Option<Planned<&'a Value, &'a Reference>>,
    ) -> Self {
        let old = old.filter(|value| !value.is_null());
        let new = new.filter(|value| *value != Planned::Known(&Value::Null));
        Self { name, kind, old, new, forces_replacement: false, is_brief: false, named: None, short: None }
    }

    /// The same, marked if it forces a replacement.
    pub(super) fn forcing_replacement(mut self, forces: bool) -> Self {
        self.forces_replacement = forces;
        self
    }

    /// The same, if `brief` with only the length of a new text.
    pub(super) fn brief(mut self, brief: bool) -> Self {
        self.is_brief = brief;
        self
    }

    /// The same, if `specifications` are given with ids as addresses, new texts as their lengths, and without texts that
    /// are the specification of another resource.
    pub(super) fn short(mut self, specifications: Option<&'a Specifications>) -> Self {
        self.short = specifications;
        self
    }

    /// The same, whose new value is the id of this resource.
    pub(super) fn named(mut self, address: Option<&'a Address>) -> Self {
        self.named = address;
        self
    }

    /// The resource that gives the new value, if that is how the value is shown.
    fn given_by(&self) -> Option<String> {
        self.short?;
        match (self.new, self.named) {
            (Some(Planned::Unknown(Reference { address, attribute })), _) if attribute == "id" => {
                Some(escape(address.as_str()))
            }
            (Some(Planned::Unknown(reference)), _) => Some(escape(&reference.to_string())),
            (Some(Planned::Known(_)), Some(address)) => Some(escape(address.as_str())),
            _ => None,
        }
    }

    /// The name of the attribute.
    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    fn new_value(&self) -> Option<&'a Value> {
        self.new?.known()
    }

    fn is_unknown(&self) -> bool {
        matches!(self.new, Some(Planned::Unknown(_)))
    }

    /// Both sides on one line, if that is readable.
    fn inline(&self, room: usize) -> Option<String> {
        let block = match self.kind {
            _ if self.is_unknown() => false,
            Kind::Labels => self.sides().all(Value::is_object),
            Kind::Text if image::are_images(self.sides()) => false,
            Kind::Text | Kind::Files => true,
            Kind::WriteOnly => false,
            Kind::Plain | Kind::Computed | Kind::Notice => self.sides().any(has_lines),
        };
        let line = (!block).then(|| self.sides_in_a_line())?;
        let fits = measure_text_width(&line) <= room.min(INLINE);
        match (fits, self.is_unknown()) {
            (true, _) => Some(line),
            (false, true) => Some(self.given_by().unwrap_or_else(|| UNKNOWN.to_owned())),
            (false, false) => None,
        }
    }

    fn sides(&self) -> impl Iterator<Item = &'a Value> {
        self.old.into_iter().chain(self.new_value())
    }

    fn sides_in_a_line(&self) -> String {
        if self.kind == Kind::WriteOnly {
            return SENSITIVE.to_owned();
        }
        let old = self.old.map(|value| shown(self.name, value));
        let new = match self.given_by() {
            Some(address) => Some(address),
            None if self.is_unknown() => Some(UNKNOWN.to_owned()),
            None => self.new_value().map(|value| shown(self.name, value)),
        };
        // Two ids that begin alike are shown in full.
        if old.is_some() && old == new {
            return self.sides().map(quoted).collect::<Vec<_>>().join(" -> ");
        }
        [old, new].into_iter().flatten().collect::<Vec<_>>().join(" -> ")
    }
}

fn has_lines(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim_end_matches('\n').contains('\n'))
}

/// A value as JSON on one line, safe to show; of an image, what can be said of it in words.
fn quoted(value: &Value) -> String {
    image::summary(value).unwrap_or_else(|| escape(&value.to_string()))
}

/// The same, with shortened ids of other objects.
fn shown(name: &str, value: &Value) -> String {
    match value.as_str() {
        Some(id) if name.ends_with("_id") && Uuid::try_parse(id).is_ok() => {
            format!("\"{}…\"", id.chars().take(SHORT_ID).collect::<String>())
        }
        _ => quoted(value),
    }
}

/// Marks of attributes (`~`, `+`, `-`): for each, or none because the resource has one for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    Each,
    Never,
}

/// Writes attributes below each other, with aligned values, each after a mark at `indent`.
pub(super) fn table(screen: &mut Screen<'_>, indent: usize, marks: Marks, deltas: &[Delta<'_>]) {
    let rooms = |delta: &Delta<'_>| screen.room(indent + 2 + delta.name.len() + 3);
    let lines: Vec<Option<String>> = deltas.iter().map(|delta| delta.inline(rooms(delta))).collect();
    let inline = deltas.iter().zip(&lines).filter(|(delta, line)| line.is_some() && delta.kind != Kind::WriteOnly);
    let widest = inline.map(|(delta, _)| measure_text_width(&escape(delta.name))).max().unwrap_or(0);
    for (delta, line) in deltas.iter().zip(lines) {
        let mark = mark(screen, marks, delta.old.is_some(), delta.new.is_some());
        let name = escape(delta.name);
        let cause =
            if delta.forces_replacement { screen.paint(Tone::Bad, " # forces replacement") } else { String::new() };
        match line {
            // Both sides look the same.
            Some(_) if delta.kind == Kind::WriteOnly => {
                let secret = screen.paint(Tone::Note, SENSITIVE);
                screen.line(indent, &format!("{mark} {name} {secret}"));
            }
            Some(line) => {
                let gap = " ".repeat(widest - measure_text_width(&name));
                let line = dim_what_is_no_value(screen, &line, delta);
                screen.line(indent, &format!("{mark} {name}{gap} = {line}{cause}"));
            }
            None => block(screen, indent, &format!("{mark} {name}"), &cause, marks, delta),
        }
    }
}

/// Only text of koctl itself is dimmed: a value that reads like it is in quotes.
fn dim_what_is_no_value(screen: &Screen<'_>, line: &str, delta: &Delta<'_>) -> String {
    match line.strip_suffix(UNKNOWN) {
        Some(before) if delta.is_unknown() => format!("{before}{}", screen.paint(Tone::Note, UNKNOWN)),
        _ => line.to_owned(),
    }
}

fn mark(screen: &Screen<'_>, marks: Marks, before: bool, after: bool) -> String {
    match (marks, before, after) {
        (Marks::Never, ..) => " ".to_owned(),
        (Marks::Each, false, _) => screen.paint(Tone::Good, "+"),
        (Marks::Each, true, false) => screen.paint(Tone::Bad, "-"),
        (Marks::Each, true, true) => screen.paint(Tone::Change, "~"),
    }
}

/// An attribute of several lines.
fn block(screen: &mut Screen<'_>, indent: usize, name: &str, cause: &str, marks: Marks, delta: &Delta<'_>) {
    match delta.kind {
        Kind::Labels if delta.short.is_some() && delta.old.is_none() && delta.sides().all(Value::is_object) => {
            let number = delta.new_value().and_then(Value::as_object).map_or(0, serde_json::Map::len);
            screen.line(indent, &format!("{name} ({number}){cause}"));
        }
        Kind::Labels if delta.sides().all(Value::is_object) => {
            screen.line(indent, &format!("{name}:{cause}"));
            labels(screen, indent + 2, marks, delta);
        }
        Kind::Files if delta.sides().all(Value::is_object) => {
            screen.line(indent, &format!("{name}:{cause}"));
            files(screen, indent + 2, marks, delta);
        }
        _ => {
            let (old, new) = (Side::of(delta.old), Side::of(delta.new_value()));
            let is_new_text = delta.short.is_some() && delta.kind == Kind::Text && delta.old.is_none();
            let is_brief = delta.is_brief && delta.old.is_none() || is_new_text && !new.is_one_line();
            let colon = if is_brief { "" } else { ":" };
            screen.line(indent, &format!("{name}{colon}{}{cause}", text::label(&old, &new)));
            if !is_brief {
                text::body(screen, indent + 4, &old, &new, diff_limit(delta));
            }
        }
    }
}

fn labels(screen: &mut Screen<'_>, indent: usize, marks: Marks, delta: &Delta<'_>) {
    let entries = entries(delta);
    let changed = entries.iter().filter(|(_, old, new)| old != new);
    let deltas: Vec<Delta<'_>> =
        changed.map(|(key, old, new)| Delta::new(key, Kind::Plain, *old, new.map(Planned::Known))).collect();
    table(screen, indent, marks, &deltas);
    unchanged(screen, indent, entries.len() - deltas.len());
}

fn files(screen: &mut Screen<'_>, indent: usize, marks: Marks, delta: &Delta<'_>) {
    let entries = entries(delta);
    let same = |old: Option<&Value>, new: Option<&Value>| {
        let digest = |value: &Value| stored_form(Kind::Text, value);
        old.map(digest) == new.map(digest)
    };
    let entries = entries.as_slice();
    let mut hidden = 0;
    for (path, old, new) in entries.iter().copied() {
        if same(old, new) {
            hidden += 1;
            continue;
        }
        let is_move =
            |from: Option<&Value>, to: Option<&Value>| from.is_some() && to.is_none() && delta.short.is_some();
        // A file that is gone is shown where it went.
        if is_move(old, new)
            && entries.iter().any(|(_, old_there, new_there)| old_there.is_none() && same(old, *new_there))
        {
            continue;
        }
        let from = entries.iter().find(|(_, was, is)| old.is_none() && is_move(*was, *is) && same(*was, new));
        if let Some((from, ..)) = from {
            let moved = screen.paint(Tone::Note, "(moved)");
            screen.line(indent, &format!("> {} -> {}  {moved}", escape(from), escape(path)));
            continue;
        }
        file(screen, indent, marks, path, (old, new), delta);
    }
    unchanged(screen, indent, hidden);
}

/// One file that changes, comes or goes.
fn file(
    screen: &mut Screen<'_>,
    indent: usize,
    marks: Marks,
    path: &str,
    (old, new): (Option<&Value>, Option<&Value>),
    delta: &Delta<'_>,
) {
    let path = escape(path);
    if new.is_some_and(Value::is_null) {
        let mark = screen.paint(Tone::Bad, "-");
        return screen.line(indent, &format!("{mark} {path}"));
    }
    let mark = mark(screen, marks, old.is_some(), new.is_some());
    let (before, after) = (Side::of(old), Side::of(new));
    let home =
        delta.short.zip(new.and_then(Value::as_str)).and_then(|(specifications, text)| specifications.home(text));
    if let (Some(address), Some(length)) = (home, after.describe()) {
        let copy = screen.paint(Tone::Note, &format!("({length}, the text of {})", escape(address.as_str())));
        return screen.line(indent, &format!("{mark} {path} {copy}"));
    }
    if let (Some(_), None, Some(length)) = (delta.short.filter(|_| delta.is_brief), old, after.describe()) {
        return screen.line(indent, &format!("{mark} {path} ({length})"));
    }
    screen.line(indent, &format!("{mark} {path}{}", text::label(&before, &after)));
    text::body(screen, indent + 4, &before, &after, diff_limit(delta));
}

/// The shown length of a diff.
fn diff_limit(delta: &Delta<'_>) -> usize {
    if delta.short.is_some() { text::SHORT_DIFF } else { text::DIFF }
}

/// The entries of two maps by key, with both sides.
fn entries<'a>(delta: &Delta<'a>) -> Vec<(&'a str, Option<&'a Value>, Option<&'a Value>)> {
    let (old, new) = (delta.old.and_then(Value::as_object), delta.new_value().and_then(Value::as_object));
    let keys: BTreeSet<&str> = old.into_iter().chain(new).flat_map(|map| map.keys()).map(String::as_str).collect();
    let side = |map: Option<&'a serde_json::Map<String, Value>>, key: &str| map.and_then(|map| map.get(key));
    keys.into_iter().map(|key| (key, side(old, key), side(new, key))).collect()
}

/// Counts the entries of a map that do not change and are not shown.
fn unchanged(screen: &mut Screen<'_>, indent: usize, number: usize) {
    if number > 0 {
        screen.note(indent + 2, &format!("({number} unchanged)"));
    }
}
