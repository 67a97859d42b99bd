//! The comparison of operations: their parameters, bodies and responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::{Changes, Collected, Finding};
use crate::document::{Document, Operation, elements, flag, members, path_parameters};
use crate::rule::Rule;
use crate::schema::{Comparison, Direction};
use crate::security::{self, Ways};

/// The depth to which callbacks of callbacks are compared.
const CALLBACKS: usize = 4;

pub(crate) fn compare(old: &Value, new: &Value) -> Changes {
    let (before, after) = (Document::new(old), Document::new(new));
    let mut comparison = Operations {
        old: before,
        new: after,
        schemas: Comparison::new(before, after),
        collected: Collected::default(),
    };
    comparison.servers();
    let kind = Kind { prefix: String::new(), calls: Direction::Request, depth: 0 };
    comparison.all(&kind, before.key("paths"), after.key("paths"));
    let kind = Kind { prefix: "webhook ".to_owned(), calls: Direction::Response, depth: 0 };
    comparison.all(&kind, before.key("webhooks"), after.key("webhooks"));
    comparison.collected.into_changes()
}

/// Operations that are called in the same way.
struct Kind {
    /// The text in front of the names of the operations.
    prefix: String,
    /// The direction of what the operation is called with.
    calls: Direction,
    /// The number of operations whose callback this is.
    depth: usize,
}

impl Kind {
    fn name(&self, method: &str, path: &str) -> String {
        format!("{}{} {path}", self.prefix, method.to_uppercase())
    }

    fn rules(&self) -> (Rule, Rule) {
        match self.prefix.is_empty() {
            true => (Rule::OperationRemoved, Rule::OperationAdded),
            false => (Rule::WebhookRemoved, Rule::WebhookAdded),
        }
    }
}

struct Operations<'a> {
    old: Document<'a>,
    new: Document<'a>,
    schemas: Comparison<'a>,
    collected: Collected,
}

/// The old and the new value of a part of an operation.
type Both<'a> = (Option<&'a Value>, Option<&'a Value>);

impl<'a> Operations<'a> {
    fn add(&mut self, operation: &str, rule: Rule, place: &str, text: impl Into<String>) {
        self.collected.add(operation, Finding { rule, place: place.to_owned(), text: text.into() });
    }

    fn servers(&mut self) {
        let urls = |document: Document<'a>| -> BTreeSet<&'a str> {
            elements(document.key("servers"))
                .filter_map(|server| server.get("url").and_then(Value::as_str))
                .map(|url| url.trim_end_matches('/'))
                .collect()
        };
        let (old, new) = (urls(self.old), urls(self.new));
        for url in old.difference(&new) {
            self.add("", Rule::ServerRemoved, "", format!("the server {url} is gone"));
        }
        for url in new.difference(&old) {
            self.add("", Rule::ServerAdded, "", format!("the server {url} was added"));
        }
    }

    /// Compares two maps of path items.
    fn all(&mut self, kind: &Kind, old: Option<&'a Value>, new: Option<&'a Value>) {
        let (old, new) = (self.old.operations(old), self.new.operations(new));
        let (removed, added) = kind.rules();
        for (key, before) in &old {
            let name = kind.name(key.1, before.path);
            match new.get(key) {
                Some(after) => self.operation(kind, &kind.name(key.1, after.path), before, after),
                None => self.add(&name, removed, "", "is gone"),
            }
        }
        for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            self.add(&kind.name(key.1, after.path), added, "", "was added");
        }
    }

    fn operation(&mut self, kind: &Kind, name: &str, old: &Operation<'a>, new: &Operation<'a>) {
        if !flag(old.value, "deprecated") && flag(new.value, "deprecated") {
            self.add(name, Rule::OperationDeprecated, "", "is deprecated");
        }
        let id = |operation: &Operation<'a>| operation.value.get("operationId").and_then(Value::as_str);
        if let (Some(old), new) = (id(old), id(new))
            && new != Some(old)
        {
            let new = new.map_or_else(|| "none".to_owned(), |new| format!("`{new}`"));
            self.add(name, Rule::OperationIdChanged, "", format!("has the `operationId` {new} instead of `{old}`"));
        }
        let ways = (Ways::new(self.old, old.value), Ways::new(self.new, new.value));
        if let Some(finding) = security::compare(&ways.0, &ways.1) {
            self.collected.add(name, finding);
        }
        self.parameters(kind, name, old, new);
        let body = |document: Document<'a>, operation: &Operation<'a>| {
            operation.value.get("requestBody").and_then(|body| document.resolve(body))
        };
        self.body(kind, name, (body(self.old, old), body(self.new, new)));
        self.responses(kind, name, (old.value.get("responses"), new.value.get("responses")));
        self.callbacks(kind, name, (old.value.get("callbacks"), new.value.get("callbacks")));
    }

    fn parameters(&mut self, kind: &Kind, name: &str, old: &Operation<'a>, new: &Operation<'a>) {
        let (before, after) = (parameters(self.old, old), parameters(self.new, new));
        for (key, old) in &before {
            let place = key.words(old);
            let Some(new) = after.get(key) else {
                self.add(name, Rule::ParameterRemoved, &place, "is gone");
                continue;
            };
            match (flag(old, "required"), flag(new, "required")) {
                (false, true) => self.add(name, Rule::ParameterRequired, &place, "became required"),
                (true, false) => self.add(name, Rule::ParameterOptional, &place, "became optional"),
                _ => {}
            }
            if style(key, old) != style(key, new) {
                self.add(name, Rule::ParameterStyle, &place, "is written in another way");
            }
            self.schema(name, kind.calls, &place, (schema_of(old), schema_of(new)));
        }
        for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            match flag(new, "required") {
                true => self.add(name, Rule::ParameterRequired, &key.words(new), "was added and is required"),
                false => self.add(name, Rule::ParameterAdded, &key.words(new), "was added"),
            }
        }
    }

    fn schema(&mut self, name: &str, direction: Direction, place: &str, (old, new): Both<'a>) {
        for finding in self.schemas.changes(direction, place, old, new) {
            self.collected.add(name, finding);
        }
    }

    fn body(&mut self, kind: &Kind, name: &str, (old, new): Both<'a>) {
        let place = "request body";
        let required = |body: Option<&Value>| body.is_some_and(|body| flag(body, "required"));
        match (old, new, required(old), required(new)) {
            (Some(_), None, ..) => return self.add(name, Rule::BodyRemoved, place, "is gone"),
            (None, Some(_), _, true) => return self.add(name, Rule::BodyRequired, place, "was added and is required"),
            (None, Some(_), _, false) => return self.add(name, Rule::BodyOptional, place, "was added"),
            (Some(_), Some(_), false, true) => self.add(name, Rule::BodyRequired, place, "became required"),
            (Some(_), Some(_), true, false) => self.add(name, Rule::BodyOptional, place, "became optional"),
            _ => {}
        }
        let content = |body: Option<&'a Value>| body.and_then(|body| body.get("content"));
        let rules = (Rule::RequestTypeRemoved, Rule::RequestTypeAdded);
        self.content(name, kind.calls, place, rules, (content(old), content(new)));
    }

    /// Compares the media types of a body and their schemas.
    fn content(
        &mut self,
        name: &str,
        direction: Direction,
        place: &str,
        (removed, added): (Rule, Rule),
        (old, new): Both<'a>,
    ) {
        let (old, new) = (media_types(old), media_types(new));
        for (media_type, before) in &old {
            let Some(after) = covering(&new, media_type) else {
                self.add(name, removed, place, format!("no longer has the media type {media_type}"));
                continue;
            };
            let place = if old.len() == 1 { place.to_owned() } else { format!("{place} ({media_type})") };
            self.schema(name, direction, &place, (before.get("schema"), after.get("schema")));
        }
        for media_type in new.keys().filter(|media_type| covering(&old, media_type).is_none()) {
            self.add(name, added, place, format!("has the new media type {media_type}"));
        }
    }

    fn responses(&mut self, kind: &Kind, name: &str, (old, new): Both<'a>) {
        let direction = kind.calls.reversed();
        let statuses = |document: Document<'a>, responses: Option<&'a Value>| -> BTreeMap<String, &'a Value> {
            members(responses)
                .filter_map(|(status, response)| Some((status.to_uppercase(), document.resolve(response)?)))
                .collect()
        };
        let (before, after) = (statuses(self.old, old), statuses(self.new, new));
        for (status, old) in &before {
            let Some(new) = response_for(&after, status) else {
                let rule = if status.starts_with('2') { Rule::SuccessRemoved } else { Rule::ErrorRemoved };
                self.add(name, rule, &format!("response {status}"), "is gone");
                continue;
            };
            let place = format!("response {status}");
            let rules = (Rule::ResponseTypeRemoved, Rule::ResponseTypeAdded);
            self.content(name, direction, &place, rules, (old.get("content"), new.get("content")));
            self.headers(name, direction, &place, (old.get("headers"), new.get("headers")));
        }
        for status in after.keys().filter(|status| response_for(&before, status).is_none()) {
            self.add(name, Rule::ResponseAdded, &format!("response {status}"), "was added");
        }
    }

    fn headers(&mut self, name: &str, direction: Direction, place: &str, (old, new): Both<'a>) {
        let headers = |document: Document<'a>, headers: Option<&'a Value>| -> BTreeMap<String, (&'a str, &'a Value)> {
            members(headers)
                .filter_map(|(name, header)| Some((name.to_lowercase(), (name.as_str(), document.resolve(header)?))))
                .collect()
        };
        let (before, after) = (headers(self.old, old), headers(self.new, new));
        for (key, (shown, old)) in &before {
            let place = format!("{place}, header `{shown}`");
            let was_required = flag(old, "required");
            let Some((_, new)) = after.get(key) else {
                let rule = if was_required { Rule::HeaderRemoved } else { Rule::OptionalHeaderRemoved };
                self.add(name, rule, &place, "is gone");
                continue;
            };
            match (was_required, flag(new, "required")) {
                (true, false) => self.add(name, Rule::HeaderRemoved, &place, "became optional"),
                (false, true) => self.add(name, Rule::HeaderAdded, &place, "became required"),
                _ => {}
            }
            self.schema(name, direction, &place, (schema_of(old), schema_of(new)));
        }
        for (_, (shown, _)) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            self.add(name, Rule::HeaderAdded, &format!("{place}, header `{shown}`"), "was added");
        }
    }

    /// Compares the callbacks of an operation, which the other side is called with.
    fn callbacks(&mut self, kind: &Kind, name: &str, (old, new): Both<'a>) {
        if kind.depth >= CALLBACKS {
            return;
        }
        let names: BTreeSet<&String> = members(old).chain(members(new)).map(|(name, _)| name).collect();
        for callback in names {
            let items = |document: Document<'a>, all: Option<&'a Value>| {
                all.and_then(|all| all.get(callback)).and_then(|callback| document.resolve(callback))
            };
            let kind = Kind {
                prefix: format!("{name}, callback {callback}: "),
                calls: kind.calls.reversed(),
                depth: kind.depth + 1,
            };
            self.all(&kind, items(self.old, old), items(self.new, new));
        }
    }
}

/// What makes a parameter the same one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ParameterKey {
    place: String,
    /// The name; for parameters of the path, the position; for headers in lower case.
    name: String,
}

impl ParameterKey {
    fn words(&self, parameter: &Value) -> String {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or(&self.name);
        match self.place.as_str() {
            "header" => format!("header `{name}`"),
            "cookie" => format!("cookie `{name}`"),
            place => format!("{place} parameter `{name}`"),
        }
    }
}

/// The parameters of an operation: its own and those of its path item that it does not replace.
fn parameters<'a>(document: Document<'a>, operation: &Operation<'a>) -> BTreeMap<ParameterKey, &'a Value> {
    let in_path = path_parameters(operation.path);
    let text = |parameter: &'a Value, key: &str| parameter.get(key).and_then(Value::as_str);
    elements(operation.item.get("parameters"))
        .chain(elements(operation.value.get("parameters")))
        .filter_map(|parameter| document.resolve(parameter))
        .filter_map(|parameter| {
            let (place, name) = (text(parameter, "in")?, text(parameter, "name")?);
            let name = match place {
                "path" => in_path.iter().position(|known| *known == name)?.to_string(),
                "header" => name.to_lowercase(),
                _ => name.to_owned(),
            };
            // OpenAPI takes these from elsewhere: see the parameter object.
            let ignored = place == "header" && ["accept", "content-type", "authorization"].contains(&name.as_str());
            (!ignored).then(|| (ParameterKey { place: place.to_owned(), name }, parameter))
        })
        .collect()
}

/// How a parameter is written, with the defaults of OpenAPI.
fn style(key: &ParameterKey, parameter: &Value) -> (String, bool, bool, String) {
    let default = if matches!(key.place.as_str(), "query" | "cookie") { "form" } else { "simple" };
    let style = parameter.get("style").and_then(Value::as_str).unwrap_or(default);
    let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
    let media_type = members(parameter.get("content")).map(|(name, _)| name.to_lowercase()).next().unwrap_or_default();
    (style.to_owned(), explode, flag(parameter, "allowReserved"), media_type)
}

/// The schema of a parameter or a header: its own, or that of its content.
fn schema_of(parameter: &Value) -> Option<&Value> {
    let in_content = || members(parameter.get("content")).find_map(|(_, content)| content.get("schema"));
    parameter.get("schema").or_else(in_content)
}

/// Media types in lower case and without their parameters.
fn media_types(content: Option<&Value>) -> BTreeMap<String, &Value> {
    members(content)
        .map(|(name, media_type)| {
            let name = name.split(';').next().unwrap_or_default();
            (name.trim().to_lowercase(), media_type)
        })
        .collect()
}

/// The entry for a media type: its own, or a range that includes it.
fn covering<'a>(types: &BTreeMap<String, &'a Value>, media_type: &str) -> Option<&'a Value> {
    let range = media_type.split_once('/').map(|(kind, _)| format!("{kind}/*")).unwrap_or_default();
    types.get(media_type).or_else(|| types.get(&range)).or_else(|| types.get("*/*")).copied()
}

/// The response for a status: its own, or that of its class such as `2XX`. The default is not one: it says what happens
/// where a status has no description.
fn response_for<'a>(responses: &BTreeMap<String, &'a Value>, status: &str) -> Option<&'a Value> {
    let class = status.get(..1).map(|first| format!("{first}XX")).unwrap_or_default();
    responses.get(status).or_else(|| responses.get(&class)).copied()
}
