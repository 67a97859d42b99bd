//! One request, as handlers see it, and what they answer.

use axum::body::{Body as HttpBody, Bytes};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::document::{Document, not_a_uuid};
use super::problem::{Invalid, Problem, Rule};
use super::query::Query;
use super::schema;
use crate::store::{Body, Place};

/// A request whose token opened an organization.
#[derive(Debug)]
pub(super) struct Call {
    /// The document that describes the operation.
    pub(super) document: Document,
    /// The organization that the token opened, and the region that was called.
    pub(super) place: Place,
    /// The path as it was sent, below the version: `/teams`.
    pub(super) address: String,
    /// The parameters in the path, by name.
    pub(super) path: Vec<(String, String)>,
    /// The query string.
    pub(super) query: Query,
    /// The value of `Content-Type`, where there is one.
    pub(super) content_type: Option<String>,
    /// Whether a body that is not declared as JSON is refused.
    pub(super) json_only: bool,
    /// The body as it was sent.
    pub(super) bytes: Bytes,
}

impl Call {
    /// A parameter of the path.
    ///
    /// # Panics
    ///
    /// Where the route has no such parameter, which is a mistake in the route table.
    pub(super) fn parameter(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(key, _)| key == name);
        &found.expect("handlers ask for parameters that their route has").1
    }

    /// A parameter of the path that is an id.
    pub(super) fn id(&self, name: &str) -> Result<Uuid, Problem> {
        let text = self.parameter(name);
        parse_id(text).ok_or_else(|| self.document.malformed_id(name, text))
    }

    /// The same for a record that is created where there is none yet: there is nothing that could be not found.
    pub(super) fn id_to_create(&self, name: &str) -> Result<Uuid, Problem> {
        parse_id(self.parameter(name)).ok_or_else(|| not_a_uuid(name))
    }

    /// Where another page of the same list is, from the document's server on.
    pub(super) fn link(&self, name: &str, cursor: &str) -> String {
        format!("{}?{}", self.address, self.query.with_cursor(name, cursor))
    }

    /// The request body, which must be a JSON object.
    pub(super) fn body(&self) -> Result<Body, Problem> {
        let declared = self.content_type.as_deref().unwrap_or_default();
        let is_json =
            declared.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if self.json_only && !is_json {
            let detail = format!("The body must be declared as [application/json], not as [{declared}].");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        match serde_json::from_slice(&self.bytes) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(Invalid::body("body", Rule::Named("is_object"), "must be a JSON object").into()),
            Err(error) => Err(Invalid::body("body", Rule::Named("invalid"), format!("is not JSON: {error}")).into()),
        }
    }
}

fn parse_id(text: &str) -> Option<Uuid> {
    Some(text).filter(|text| schema::is_uuid(text)).and_then(|text| text.parse().ok())
}

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Option<Value>,
}

impl Answer {
    /// 200 with a body.
    pub(super) fn ok(body: impl Into<Value>) -> Answer {
        Answer { status: StatusCode::OK, body: Some(body.into()) }
    }

    /// 201 with the new object.
    pub(super) fn created(body: impl Into<Value>) -> Answer {
        Answer { status: StatusCode::CREATED, body: Some(body.into()) }
    }

    /// 201 without a body.
    pub(super) fn created_silently() -> Answer {
        Answer { status: StatusCode::CREATED, body: None }
    }

    /// 204.
    pub(super) fn no_content() -> Answer {
        Answer { status: StatusCode::NO_CONTENT, body: None }
    }

    /// The answer on the wire.
    pub(super) fn render(self) -> Response {
        let json = self.body.as_ref().map(Value::to_string);
        let has_body = json.is_some();
        let mut response = Response::new(json.map_or_else(HttpBody::empty, HttpBody::from));
        *response.status_mut() = self.status;
        if has_body {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }
}
