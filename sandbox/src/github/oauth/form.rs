//! The parameters of a request: from the query, a form or a JSON object.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use serde_json::Value;
use url::form_urlencoded;

/// Parameters by name. The first of several values counts.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// The parameters in a query.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        let mut form = Self::default();
        form.add_encoded(query.unwrap_or_default().as_bytes());
        form
    }

    /// The parameters in a body, and those in the query that the body does not have.
    pub(super) fn of_body(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut form = Self::default();
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if media_type.starts_with("application/json") {
            if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
                let texts = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
                form.0.extend(texts);
            }
        } else {
            form.add_encoded(body);
        }
        form.add_encoded(query.unwrap_or_default().as_bytes());
        form
    }

    fn add_encoded(&mut self, encoded: &[u8]) {
        for (name, value) in form_urlencoded::parse(encoded) {
            self.0.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
    }

    /// A parameter, `None` if it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}
