//! The sandbox's refusals: problem bodies in the shape of the published documents.

use std::collections::HashSet;

use axum::body::Body as HttpBody;
use axum::response::Response;
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{StoreError, Taken};

/// The shape of a document's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::konnect) enum Form {
    /// `application/problem+json`.
    Problem,
    /// A gateway's own: `{"message", "status"}`.
    Gateway,
}

/// A refusal: a status, a sentence, and for a 400 the invalid parameters.
#[derive(Debug)]
pub(in crate::konnect) struct Problem {
    status: StatusCode,
    detail: String,
    invalid_parameters: Vec<Invalid>,
    violation: Option<Violation>,
}

/// The part of a gateway's refusal that programs read: `code`, `name` and `fields`.
#[derive(Debug)]
pub(in crate::konnect) struct Violation {
    code: u8,
    name: &'static str,
    fields: Value,
}

impl Violation {
    /// An id that another entity has.
    pub(in crate::konnect) const PRIMARY_KEY: (u8, &'static str) = (3, "primary key violation");
    /// A reference to an entity that does not exist, or the deletion of one that another entity refers to.
    pub(in crate::konnect) const FOREIGN_KEY: (u8, &'static str) = (4, "foreign key violation");
    /// A value that must be unique, and is another entity's.
    pub(in crate::konnect) const UNIQUE: (u8, &'static str) = (5, "unique constraint violation");
    /// A body that breaks the schema.
    const SCHEMA: (u8, &'static str) = (2, "schema violation");

    fn new((code, name): (u8, &'static str), fields: Value) -> Violation {
        Violation { code, name, fields }
    }
}

/// One entry of `invalid_parameters`.
#[derive(Debug)]
pub(in crate::konnect) struct Invalid {
    /// The parameter: a field's name, dotted if it is nested, or a query parameter as written.
    field: String,
    reason: String,
    rule: Rule,
    source: Source,
}

/// The rule that a parameter broke, with the details that the documents require.
#[derive(Debug)]
pub(in crate::konnect) enum Rule {
    /// One of the names of the documents' `InvalidRules`.
    Named(&'static str),
    /// `min`, `min_length`, `min_items`, and the least value allowed.
    Minimum(&'static str, i64),
    /// `max`, `max_length`, `max_items`, and the greatest value allowed.
    Maximum(&'static str, i64),
    /// `enum`, and the values allowed.
    Choices(Vec<String>),
    /// `dependent_fields`, and the fields that it depends on.
    Dependents(Vec<&'static str>),
}

/// The part of the request that a parameter was in.
#[derive(Debug, Clone, Copy)]
pub(in crate::konnect) enum Source {
    /// The path.
    Path,
    /// The query string.
    Query,
    /// The request body.
    Body,
}

impl Invalid {
    /// A field of the request body that broke `rule`.
    pub(in crate::konnect) fn body(field: impl Into<String>, rule: Rule, reason: impl Into<String>) -> Invalid {
        Invalid { field: field.into(), reason: reason.into(), rule, source: Source::Body }
    }

    /// A parameter elsewhere in the request that broke `rule`.
    pub(in crate::konnect) fn at(
        source: Source,
        field: impl Into<String>,
        rule: Rule,
        reason: impl Into<String>,
    ) -> Invalid {
        Invalid { field: field.into(), reason: reason.into(), rule, source }
    }

    fn render(self) -> Value {
        let source = match self.source {
            Source::Path => "path",
            Source::Query => "query",
            Source::Body => "body",
        };
        let mut entry = json!({ "field": self.field, "reason": self.reason, "source": source });
        let (rule, limit) = match self.rule {
            Rule::Named(rule) => (rule, None),
            Rule::Minimum(rule, minimum) => (rule, Some(("minimum", json!(minimum)))),
            Rule::Maximum(rule, maximum) => (rule, Some(("maximum", json!(maximum)))),
            Rule::Choices(choices) => ("enum", Some(("choices", json!(choices)))),
            Rule::Dependents(fields) => ("dependent_fields", Some(("dependents", json!(fields)))),
        };
        entry["rule"] = json!(rule);
        if let Some((name, value)) = limit {
            entry[name] = value;
        }
        entry
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Problem {
        Problem::invalid(vec![invalid])
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("The change was not saved: {error}."))
    }
}

impl From<Taken> for Problem {
    fn from(taken: Taken) -> Problem {
        Problem::conflict(format!("Another record with the same [{}] already exists.", taken.fields.join(", ")))
    }
}

impl Problem {
    /// A refusal with any status except 400, whose body must name parameters: see [`Problem::invalid`].
    pub(in crate::konnect) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), invalid_parameters: Vec::new(), violation: None }
    }

    /// A gateway's refusal of what contradicts other entities, with the fields that are wrong.
    pub(in crate::konnect) fn violation(
        status: StatusCode,
        kind: (u8, &'static str),
        message: impl Into<String>,
        fields: Value,
    ) -> Problem {
        Problem { violation: Some(Violation::new(kind, fields)), ..Problem::new(status, message) }
    }

    /// 400: all invalid parameters at once. Duplicates are dropped, because the documents require unique entries.
    pub(in crate::konnect) fn invalid(mut parameters: Vec<Invalid>) -> Problem {
        let mut seen = HashSet::new();
        parameters.retain(|parameter| seen.insert(format!("{parameter:?}")));
        let detail = "The request has invalid parameters.".to_owned();
        Problem { invalid_parameters: parameters, ..Problem::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// 401: there is no token, or it opens no organization.
    pub(in crate::konnect) fn unauthenticated() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "A valid token is required.")
    }

    /// 404: there is no such record in this organization and region.
    pub(in crate::konnect) fn not_found(what: &str, id: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("The {what} [{id}] was not found."))
    }

    /// 409: the request contradicts what exists.
    pub(in crate::konnect) fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, detail)
    }

    /// 501: the document describes this operation, and the sandbox does not offer it.
    pub(in crate::konnect) fn not_offered(method: &str, path: &str) -> Problem {
        let detail = format!("The sandbox does not offer [{method} {path}] yet.");
        Problem::new(StatusCode::NOT_IMPLEMENTED, detail)
    }

    /// The answer, as a problem document or in the gateway's own form.
    pub(in crate::konnect) fn render(self, form: Form) -> Response {
        let status = self.status;
        let title = status.canonical_reason().unwrap_or("Refused");
        let (kind, body) = match form {
            Form::Gateway => ("application/json", self.gateway_body(title)),
            Form::Problem => ("application/problem+json", self.body(title)),
        };
        let mut response = Response::new(HttpBody::from(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        response
    }

    /// A gateway's error: one line for people, and the broken rule for programs if it is one of an entity.
    fn gateway_body(self, title: &str) -> Value {
        let status = self.status.as_u16();
        let violated = |message: &str, violation: &Violation| {
            let Violation { code, name, fields } = violation;
            json!({ "status": status, "message": message, "code": code, "name": name, "fields": fields })
        };
        if let Some(violation) = &self.violation {
            return violated(&self.detail, violation);
        }
        if self.invalid_parameters.is_empty() {
            return json!({ "status": status, "message": format!("{title}: {}", self.detail) });
        }
        let is_of_body = self.invalid_parameters.iter().all(|invalid| matches!(invalid.source, Source::Body));
        let line = |invalid: &Invalid| format!("{}: {}", invalid.field, invalid.reason);
        let lines = self.invalid_parameters.iter().map(line).collect::<Vec<_>>().join("; ");
        if !is_of_body {
            return json!({ "status": status, "message": format!("{title}: {lines}") });
        }
        let fields = self.invalid_parameters.into_iter().map(|invalid| (invalid.field, json!(invalid.reason)));
        let violation = Violation::new(Violation::SCHEMA, fields.collect());
        violated(&format!("{} ({lines})", violation.name), &violation)
    }

    fn body(self, title: &str) -> Value {
        let mut body = json!({
            "status": self.status.as_u16(),
            "title": title,
            "instance": format!("kong:trace:{}", Uuid::new_v4().as_u64_pair().0),
            "detail": self.detail,
        });
        if !self.invalid_parameters.is_empty() {
            let parameters: Vec<Value> = self.invalid_parameters.into_iter().map(Invalid::render).collect();
            body["invalid_parameters"] = Value::Array(parameters);
        }
        body
    }
}
