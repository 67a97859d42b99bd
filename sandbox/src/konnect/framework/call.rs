//! A request, as handlers see it, and their answer.

use axum::body::{Body as HttpBody, Bytes};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::document::Document;
use super::problem::{Invalid, Problem, Rule, Source};
use super::query::Query;
use super::schema;
use crate::store::{Body, Partition};

/// A request whose token opened an organization.
#[derive(Debug)]
pub(in crate::konnect) struct Call {
    /// The document that describes the operation.
    pub(in crate::konnect) document: Document,
    /// The organization that the token opened, and the region that the request addressed.
    pub(in crate::konnect) partition: Partition,
    /// The method, and the path as it was sent, with the version: `/v3/teams`.
    pub(in crate::konnect) sent: (String, String),
    /// The program that sent it.
    pub(in crate::konnect) user_agent: String,
    /// The system account or the user that the token belongs to. `None` for the owner's.
    pub(in crate::konnect) principal: Option<String>,
    /// The path as it was sent, below the version: `/teams`.
    pub(in crate::konnect) address: String,
    /// The parameters in the path, by name.
    pub(in crate::konnect) path: Vec<(String, String)>,
    /// The query string.
    pub(in crate::konnect) query: Query,
    /// The value of `Content-Type`, `None` if there is none.
    pub(in crate::konnect) content_type: Option<String>,
    /// True if a body that is not declared as JSON is refused.
    pub(in crate::konnect) json_only: bool,
    /// The body as it was sent.
    pub(in crate::konnect) bytes: Bytes,
}

impl Call {
    /// A parameter of the path.
    ///
    /// # Panics
    ///
    /// If the route has no such parameter, which is a mistake in the route table.
    pub(in crate::konnect) fn parameter(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(key, _)| key == name);
        &found.expect("handlers ask for parameters that their route has").1
    }

    /// A parameter of the path that is an id.
    pub(in crate::konnect) fn id(&self, name: &str) -> Result<Uuid, Problem> {
        let text = self.parameter(name);
        parse_id(text).ok_or_else(|| malformed_id(self.document, name, text))
    }

    /// The same for a record that may be created under the id, so that a malformed one is never "not found".
    pub(in crate::konnect) fn id_to_create(&self, name: &str) -> Result<Uuid, Problem> {
        parse_id(self.parameter(name)).ok_or_else(|| not_a_uuid(name))
    }

    /// The address of another page of the same list, relative to the document's server.
    pub(in crate::konnect) fn link(&self, name: &str, cursor: &str) -> String {
        format!("{}?{}", self.address, self.query.with_cursor(name, cursor))
    }

    /// The request body, which must be a JSON object.
    pub(in crate::konnect) fn body(&self) -> Result<Body, Problem> {
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

/// The refusal of a path parameter that is not a UUID: 400 if the document lists it for all of its operations, 404 if
/// it does not.
fn malformed_id(document: Document, parameter: &str, value: &str) -> Problem {
    match document {
        Document::ControlPlanes => not_a_uuid(parameter),
        _ => Problem::new(StatusCode::NOT_FOUND, format!("[{value}] is not an id.")),
    }
}

fn not_a_uuid(parameter: &str) -> Problem {
    Invalid::at(Source::Path, parameter, Rule::Named("is_uuid"), "must be a UUID").into()
}

fn parse_id(text: &str) -> Option<Uuid> {
    Some(text).filter(|text| schema::is_uuid(text)).and_then(|text| text.parse().ok())
}

/// A successful answer.
#[derive(Debug)]
pub(in crate::konnect) struct Answer {
    status: StatusCode,
    body: Option<Value>,
}

impl Answer {
    /// 200 with a body.
    pub(in crate::konnect) fn ok(body: impl Into<Value>) -> Answer {
        Answer { status: StatusCode::OK, body: Some(body.into()) }
    }

    /// 201 with the new object.
    pub(in crate::konnect) fn created(body: impl Into<Value>) -> Answer {
        Answer { status: StatusCode::CREATED, body: Some(body.into()) }
    }

    /// 201 without a body.
    pub(in crate::konnect) fn created_silently() -> Answer {
        Answer { status: StatusCode::CREATED, body: None }
    }

    /// 204.
    pub(in crate::konnect) fn no_content() -> Answer {
        Answer { status: StatusCode::NO_CONTENT, body: None }
    }

    /// The id of the object in it.
    pub(in crate::konnect) fn made(&self) -> Option<&str> {
        self.body.as_ref()?.get("id")?.as_str()
    }

    /// The answer as an HTTP response.
    pub(in crate::konnect) fn render(self) -> Response {
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
