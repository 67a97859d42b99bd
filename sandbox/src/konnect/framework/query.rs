//! Query strings: pages, filters (`filter[name][eq]=…`) and sorts, as the documents describe them.
//!
//! The documents name neither a default page size nor a maximum. The sandbox takes 10, which all their examples show,
//! and refuses more than 100, so that a client that never asks for the next page is found out.

use std::borrow::Cow;
use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::problem::{Invalid, Problem, Rule, Source};
use crate::store::Body;

const DEFAULT_PAGE_SIZE: usize = 10;
const GREATEST_PAGE_SIZE: usize = 100;

/// The parameters of a query string, percent-decoded, in order.
#[derive(Debug, Default)]
pub(in crate::konnect) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string as it stands in the URL.
    pub(in crate::konnect) fn parse(text: &str) -> Query {
        Query { pairs: url::form_urlencoded::parse(text.as_bytes()).into_owned().collect() }
    }

    /// The value of a parameter; the first if it is given more than once.
    pub(in crate::konnect) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// True if a flag is `true` or has no value.
    ///
    /// The documents give `force` the values `true` and `false`, and define `?force` as true.
    pub(in crate::konnect) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("" | "true") => Ok(true),
            Some(_) => {
                let choices = Rule::Choices(vec!["true".to_owned(), "false".to_owned()]);
                Err(Invalid::at(Source::Query, name, choices, "must be true or false").into())
            }
        }
    }

    /// A whole number within limits; `fallback` if the parameter is absent or empty.
    pub(in crate::konnect) fn number(
        &self,
        name: &str,
        least: usize,
        most: usize,
        fallback: usize,
    ) -> Result<usize, Problem> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else {
            return Ok(fallback);
        };
        let limit = |limit: usize| i64::try_from(limit).unwrap_or(i64::MAX);
        let (rule, reason) = match text.parse::<i128>() {
            Err(_) => (Rule::Named("is_number"), "must be a number".to_owned()),
            Ok(number) if number < least as i128 => {
                (Rule::Minimum("min", limit(least)), format!("must not be less than {least}"))
            }
            Ok(number) => match usize::try_from(number) {
                Ok(number) if number <= most => return Ok(number),
                _ => (Rule::Maximum("max", limit(most)), format!("must not be greater than {most}")),
            },
        };
        Err(Invalid::at(Source::Query, name, rule, reason).into())
    }

    /// The page that is asked for.
    pub(in crate::konnect) fn page(&self) -> Result<Page, Problem> {
        Ok(Page { size: self.page_size()?, number: self.number("page[number]", 1, usize::MAX, 1)? })
    }

    /// The number of entries in a page.
    pub(in crate::konnect) fn page_size(&self) -> Result<usize, Problem> {
        self.number("page[size]", 1, GREATEST_PAGE_SIZE, DEFAULT_PAGE_SIZE)
    }

    /// The position in the order of creation that a parameter names, `None` if it is absent.
    pub(in crate::konnect) fn cursor(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let bytes: Option<[u8; 8]> = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(u64::from_be_bytes)
            .map(Some)
            .ok_or_else(|| Invalid::at(Source::Query, name, Rule::Named("invalid"), "is not a valid cursor").into())
    }

    /// The query string with this cursor instead of its own.
    pub(in crate::konnect) fn with_cursor(&self, name: &str, cursor: &str) -> String {
        let is_cursor = |key: &str| matches!(key, "page[after]" | "page[before]" | "offset");
        let kept = self.pairs.iter().filter(|(key, _)| !is_cursor(key));
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(kept).append_pair(name, cursor).finish()
    }

    /// The page that is asked for if no document describes paging: everything, unless a size is given.
    pub(in crate::konnect) fn optional_page(&self, total: usize) -> Result<Page, Problem> {
        match self.get("page[size]") {
            Some(_) => self.page(),
            None => Ok(Page { size: total.max(1), number: self.number("page[number]", 1, usize::MAX, 1)? }),
        }
    }

    /// The conditions of all `filter[…]` parameters, checked against the listing's filters.
    pub(in crate::konnect) fn conditions(&self, filters: &'static [Filter]) -> Result<Vec<Condition>, Problem> {
        let mut conditions = Vec::new();
        let mut invalid = Vec::new();
        for (key, value) in self.pairs.iter().filter(|(key, _)| key.starts_with("filter")) {
            match Condition::parse(key, value, filters) {
                Ok(condition) => conditions.push(condition),
                Err(problem) => invalid.push(problem),
            }
        }
        if invalid.is_empty() { Ok(conditions) } else { Err(Problem::invalid(invalid)) }
    }

    /// The attributes to sort by, checked against the listing's; empty for the order of creation.
    pub(in crate::konnect) fn sorts(&self, allowed: &'static [&'static str]) -> Result<Vec<Sort>, Problem> {
        let text = self.get("sort").unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| Sort::parse(part, allowed)).collect()
    }
}

/// The text of a cursor.
pub(in crate::konnect) fn encode_cursor(sequence: u64) -> String {
    URL_SAFE_NO_PAD.encode(sequence.to_be_bytes())
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::konnect) struct Page {
    /// The number of entries in a page.
    pub(in crate::konnect) size: usize,
    /// The page's number, counted from 1.
    pub(in crate::konnect) number: usize,
}

impl Page {
    /// One page with everything on it.
    pub(in crate::konnect) fn whole(total: usize) -> Page {
        Page { size: total, number: 1 }
    }

    /// The number of entries before this page.
    pub(in crate::konnect) fn skipped(self) -> usize {
        self.size.saturating_mul(self.number - 1)
    }
}

/// A field that a list can be filtered by.
#[derive(Debug)]
pub(in crate::konnect) struct Filter {
    name: &'static str,
    field: &'static str,
    operators: &'static [&'static str],
    kind: Compared,
}

/// The way in which a filter's values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Text,
    Time,
    /// The field is an object, and the filter names one of its keys: `filter[labels.env]`.
    Key,
}

impl Filter {
    /// A filter with exactly these operators. Without an operator it is `eq`, if that is one of them: the documents show
    /// this among the examples of one kind of filter, and clients send it for all.
    pub(in crate::konnect) const fn new(name: &'static str, operators: &'static [&'static str]) -> Filter {
        Filter { name, field: name, operators, kind: Compared::Text }
    }

    /// An id: `eq`, `oeq`, `neq`.
    pub(in crate::konnect) const fn id(name: &'static str) -> Filter {
        Filter::new(name, &["eq", "oeq", "neq"])
    }

    /// A text: the same and `contains`, `ocontains`, and without an operator `eq`.
    pub(in crate::konnect) const fn text(name: &'static str) -> Filter {
        Filter::new(name, &["eq", "oeq", "neq", "contains", "ocontains"])
    }

    /// A boolean, without an operator.
    pub(in crate::konnect) const fn flag(name: &'static str) -> Filter {
        Filter::new(name, &[])
    }

    /// A time: `eq`, `lt`, `lte`, `gt`, `gte`, and without an operator `eq`.
    pub(in crate::konnect) const fn time(name: &'static str) -> Filter {
        Filter { kind: Compared::Time, ..Filter::new(name, &["eq", "lt", "lte", "gt", "gte"]) }
    }

    /// The keys of an object, each as a text. A key without an operator and a value must exist.
    pub(in crate::konnect) const fn keys(name: &'static str, operators: &'static [&'static str]) -> Filter {
        Filter { kind: Compared::Key, ..Filter::new(name, operators) }
    }

    /// The same filter on a field with another name.
    pub(in crate::konnect) const fn of(self, field: &'static str) -> Filter {
        Filter { field, ..self }
    }
}

/// One filter of one request.
#[derive(Debug)]
pub(in crate::konnect) struct Condition {
    filter: &'static Filter,
    /// The key, if the filter is on an object's keys.
    key: Option<String>,
    operator: &'static str,
    value: String,
}

impl Condition {
    fn parse(key: &str, value: &str, filters: &'static [Filter]) -> Result<Condition, Invalid> {
        let refuse = |rule: &'static str, reason: &str| Invalid::at(Source::Query, key, Rule::Named(rule), reason);
        let parts: Vec<&str> = key
            .strip_prefix("filter[")
            .and_then(|rest| rest.strip_suffix(']'))
            .map(|rest| rest.split("][").collect())
            .ok_or_else(|| refuse("invalid", "is not of the form filter[field][operator]"))?;
        let (name, inner) = match parts[0].split_once('.') {
            Some((name, inner)) => (name, Some(inner.to_owned())),
            None => (parts[0], None),
        };
        let found = filters.iter().find(|filter| filter.name == name);
        let filter = found
            .filter(|filter| (filter.kind == Compared::Key) == inner.is_some())
            .ok_or_else(|| refuse("unknown_property", "is not a supported filter"))?;
        let operator = match parts[1..] {
            [] if filter.kind == Compared::Key && value.is_empty() => "exists",
            [] if filter.operators.is_empty() || filter.operators.contains(&"eq") => "eq",
            [operator] => *filter
                .operators
                .iter()
                .find(|known| **known == operator)
                .ok_or_else(|| refuse("unknown_property", "is not a supported filter operation"))?,
            _ => {
                return Err(refuse("unknown_property", "needs exactly one filter operation"));
            }
        };
        if filter.kind == Compared::Time && value.parse::<Timestamp>().is_err() {
            return Err(refuse("is_date_time", "must be a time in the format of RFC 3339"));
        }
        Ok(Condition { filter, key: inner, operator, value: value.to_owned() })
    }

    /// The field that the condition compares.
    pub(in crate::konnect) fn field(&self) -> &'static str {
        self.filter.field
    }

    /// True if an object meets the condition.
    pub(in crate::konnect) fn holds(&self, fields: &Body) -> bool {
        let value = fields.get(self.filter.field);
        let value = match &self.key {
            Some(key) => value.and_then(|object| object.get(key)),
            None => value,
        };
        let values = value.map(texts).unwrap_or_default();
        match self.filter.kind {
            Compared::Time => values.iter().any(|value| self.holds_in_time(value)),
            Compared::Text | Compared::Key => self.holds_for(&values),
        }
    }

    fn holds_for(&self, values: &[Cow<'_, str>]) -> bool {
        let wanted = self.value.as_str();
        let any = |test: &dyn Fn(&str, &str) -> bool| {
            wanted.split(',').any(|wanted| values.iter().any(|value| test(value, wanted)))
        };
        match self.operator {
            "neq" => !values.iter().any(|value| value == wanted),
            "oeq" => any(&|value, wanted| value == wanted),
            "contains" => values.iter().any(|value| value.contains(wanted)),
            "ocontains" => any(&|value, wanted| value.contains(wanted)),
            "exists" => values.is_empty() == (wanted == "false"),
            _ => values.iter().any(|value| value == wanted),
        }
    }

    fn holds_in_time(&self, value: &str) -> bool {
        let (Ok(value), Ok(wanted)) = (value.parse::<Timestamp>(), self.value.parse::<Timestamp>()) else {
            return false;
        };
        match self.operator {
            "lt" => value < wanted,
            "lte" => value <= wanted,
            "gt" => value > wanted,
            "gte" => value >= wanted,
            _ => value == wanted,
        }
    }
}

/// A value as the texts that a filter compares: none for null, several for a list.
fn texts(value: &Value) -> Vec<Cow<'_, str>> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![Cow::Borrowed(text)],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        other => vec![Cow::Owned(other.to_string())],
    }
}

/// One attribute to sort by.
#[derive(Debug)]
pub(in crate::konnect) struct Sort {
    attribute: &'static str,
    descending: bool,
}

impl Sort {
    /// The field that is sorted by.
    pub(in crate::konnect) fn attribute(&self) -> &'static str {
        self.attribute
    }

    fn parse(text: &str, allowed: &'static [&'static str]) -> Result<Sort, Problem> {
        let (name, direction) = text.split_once(' ').unwrap_or((text, "asc"));
        let attribute = allowed.iter().find(|attribute| **attribute == name);
        match (attribute, direction.trim().to_ascii_lowercase().as_str()) {
            (Some(attribute), "asc") => Ok(Sort { attribute, descending: false }),
            (Some(attribute), "desc") => Ok(Sort { attribute, descending: true }),
            _ if allowed.is_empty() => {
                let rule = Rule::Named("unknown_property");
                Err(Invalid::at(Source::Query, "sort", rule, "is not supported by this list").into())
            }
            _ => {
                let reason = format!("must be one of [{}], optionally followed by asc or desc", allowed.join(", "));
                let choices = Rule::Choices(allowed.iter().map(|name| (*name).to_owned()).collect());
                Err(Invalid::at(Source::Query, "sort", choices, reason).into())
            }
        }
    }
}

/// Objects in the order of the sorts; equal ones keep their order.
pub(in crate::konnect) fn sorted<'a, T>(sorts: &[Sort], objects: impl Iterator<Item = (&'a Body, T)>) -> Vec<T> {
    // The sorted fields are read once for each object, because a sort compares it many times.
    let rank = |fields: &'a Body| -> Vec<Vec<Cow<'a, str>>> {
        sorts.iter().map(|sort| fields.get(sort.attribute).map(texts).unwrap_or_default()).collect()
    };
    let mut ranked: Vec<_> = objects.map(|(fields, object)| (rank(fields), object)).collect();
    ranked.sort_by(|(left, _), (right, _)| {
        let ranks = left.iter().zip(right).zip(sorts);
        ranks
            .map(|((left, right), sort)| if sort.descending { right.cmp(left) } else { left.cmp(right) })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    ranked.into_iter().map(|(_, object)| object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static FILTERS: [Filter; 4] =
        [Filter::text("name"), Filter::id("id"), Filter::time("created_at"), Filter::keys("labels", &["eq", "exists"])];

    fn holds(query: &str, object: Value) -> bool {
        let conditions = Query::parse(query).conditions(&FILTERS).unwrap();
        conditions.iter().all(|condition| condition.holds(object.as_object().unwrap()))
    }

    #[test]
    fn no_query_asks_for_the_first_ten_of_everything() {
        let query = Query::parse("");
        assert_eq!(query.page().unwrap(), Page { size: 10, number: 1 });
        assert!(query.conditions(&FILTERS).unwrap().is_empty());
        assert!(query.sorts(&["name"]).unwrap().is_empty());
    }

    #[test]
    fn brackets_may_be_percent_encoded() {
        for query in ["page[size]=7&page[number]=3", "page%5Bsize%5D=7&page%5Bnumber%5D=3"] {
            assert_eq!(Query::parse(query).page().unwrap(), Page { size: 7, number: 3 });
        }
        assert!(holds("filter%5Bname%5D%5Beq%5D=a%20b", json!({ "name": "a b" })));
    }

    #[test]
    fn page_sizes_that_are_no_number_or_beyond_the_limits_are_refused() {
        for query in ["page[size]=x", "page[size]=0", "page[size]=-1", "page[size]=101", "page[number]=0"] {
            assert!(Query::parse(query).page().is_err(), "{query}");
        }
    }

    #[test]
    fn each_operator_means_what_the_documents_say() {
        let object = || json!({ "name": "flights", "id": "1", "created_at": "2026-01-02T00:00:00.000Z", "labels": { "env": "dev" } });
        for query in [
            "filter[name]=flights",
            "filter[name][eq]=flights",
            "filter[name][neq]=bookings",
            "filter[name][oeq]=bookings,flights",
            "filter[name][contains]=ligh",
            "filter[name][ocontains]=x,ligh",
            "filter[id][oeq]=2,1",
            "filter[created_at][gte]=2026-01-02T00:00:00Z",
            "filter[created_at][lt]=2026-01-03T00:00:00Z",
            "filter[labels.env]=dev",
            "filter[labels.env]",
            "filter[labels.env][exists]=true",
            "filter[labels.team][exists]=false",
        ] {
            assert!(holds(query, object()), "{query}");
        }
        for query in [
            "filter[name]=light",
            "filter[name][neq]=flights",
            "filter[name][oeq]=a,b",
            "filter[created_at][gt]=2026-01-02T00:00:00Z",
            "filter[labels.team]=dev",
            "filter[labels.env][exists]=false",
        ] {
            assert!(!holds(query, object()), "{query}");
        }
    }

    #[test]
    fn unknown_fields_and_operators_are_refused() {
        for query in ["filter[nope]=1", "filter[name][like]=1", "filter[labels]=x", "filter[name"] {
            assert!(Query::parse(query).conditions(&FILTERS).is_err(), "{query}");
        }
    }

    #[test]
    fn sorts_may_name_several_attributes_and_directions() {
        let sorts = Query::parse("sort=env,name%20desc").sorts(&["env", "name"]).unwrap();
        let object = |env: &str, name: &str| json!({ "env": env, "name": name }).as_object().unwrap().clone();
        let objects = [object("b", "x"), object("a", "x"), object("a", "y"), object("a", "x")];
        let order = |sorts| sorted(sorts, objects.iter().zip(0..));
        assert_eq!(order(&sorts), [2, 1, 3, 0]);
        assert_eq!(order(&[]), [0, 1, 2, 3]);
        assert!(Query::parse("sort=size").sorts(&["name"]).is_err());
    }
}
