//! Whether a request had the effect that it asked for: a server can answer that it did, and keep a value.

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::plan::ResourceChange;
use crate::remote::Remote;
use crate::schema::{Attribute, Kind, Schema};
use crate::state::ResourceState;
use crate::value::{own, same, stored_form};

/// The longest value that an error shows.
const SHOWN: usize = 80;

/// The effect of a request on one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The object has the value that was asked for, or what the server makes of it (R6).
    Taken,
    /// The answer does not show it.
    Unseen,
    /// The object has the value that it had before, or another switch.
    Ignored,
}

impl ResourceChange {
    /// True if the answer does not show that everything was taken: the object has to be read.
    pub(super) fn is_doubtful(&self, schema: &Schema, answer: &Remote) -> bool {
        self.sent(schema).any(|attribute| self.effect(attribute, answer) != Effect::Taken)
    }

    /// Checks that the object has what was sent.
    ///
    /// # Errors
    /// The values that the server kept.
    pub(super) fn check_effect(&self, schema: &Schema, object: &Remote) -> Result<(), Error> {
        let kept: Vec<String> =
            self.ignored(schema, object).map(|attribute| self.in_words(attribute, object)).collect();
        if kept.is_empty() {
            return Ok(());
        }
        let attempted = format!("bring `{}` to what was planned", self.address);
        let cause = format!("the request was answered as if it had succeeded, and yet {}", kept.join(", and "));
        let help = "apply again; if the value stays, its system does not take the new one: correct the configuration";
        Err(Error::new(ErrorKind::Refused, attempted, cause).help(help))
    }

    /// Corrects a record in which values that the server kept look like what it makes of those that were sent, so that
    /// the next plan asks for them again.
    pub(super) fn not_normalised(&self, schema: &Schema, object: &Remote, mut record: ResourceState) -> ResourceState {
        for attribute in self.ignored(schema, object) {
            record.normalised.remove(attribute.name);
        }
        record
    }

    fn sent(&self, schema: &Schema) -> impl Iterator<Item = &'static Attribute> {
        schema.attributes.iter().filter(|attribute| attribute.is_read_back() && self.sends(attribute.name))
    }

    fn ignored(&self, schema: &Schema, object: &Remote) -> impl Iterator<Item = &'static Attribute> {
        self.sent(schema).filter(|attribute| self.effect(attribute, object) == Effect::Ignored)
    }

    fn in_words(&self, attribute: &Attribute, object: &Remote) -> String {
        let name = attribute.name;
        let is = object.attributes.get(name).unwrap_or(&Value::Null).to_string();
        let asked = self.after(name).unwrap_or(&Value::Null).to_string();
        if attribute.kind == Kind::Plain && is.len().max(asked.len()) <= SHOWN {
            format!("`{name}` is {is} and not {asked}")
        } else {
            format!("`{name}` is as it was before")
        }
    }

    fn effect(&self, attribute: &Attribute, object: &Remote) -> Effect {
        let Some(asked) = self.after(attribute.name) else { return Effect::Taken };
        let before = self.before(attribute.name);
        let is = object.attributes.get(attribute.name).unwrap_or(&Value::Null);
        let is = match attribute.kind {
            Kind::Labels => &own(is, before.unwrap_or(&Value::Null), asked),
            _ => is,
        };
        if same(attribute.kind, asked, is) || is_form_of(asked, is) {
            return Effect::Taken;
        }
        let is_as_before =
            before.is_some_and(|before| stored_form(attribute.kind, before) == stored_form(attribute.kind, is));
        match (asked, is) {
            (Value::Bool(_), Value::Bool(_)) => Effect::Ignored,
            _ if is_as_before => Effect::Ignored,
            (_, Value::Null) => Effect::Unseen,
            _ => Effect::Taken,
        }
    }
}

/// True if a value says the same as another in the form that servers give to values: without surrounding space, in one
/// case, sorted, with what is left out filled in.
fn is_form_of(asked: &Value, is: &Value) -> bool {
    match (asked, is) {
        (Value::Array(asked), Value::Array(is)) => {
            let mut left: Vec<&Value> = is.iter().collect();
            let mut take = |one: &Value| left.iter().position(|other| is_form_of(one, other)).map(|at| left.remove(at));
            asked.iter().all(|one| take(one).is_some()) && left.is_empty()
        }
        (Value::Object(asked), Value::Object(is)) => {
            asked.iter().all(|(key, value)| is_form_of(value, is.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Bool(_), _) | (_, Value::Bool(_)) => asked == is,
        _ => plain_text(asked) == plain_text(is),
    }
}

/// A scalar, and everything that is empty, as a text without what servers normalise.
fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(entries) if entries.is_empty() => String::new(),
        Value::String(text) => {
            let words: Vec<&str> = text.trim_end_matches('/').split_whitespace().collect();
            words.join(" ").to_lowercase()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r6_what_a_server_makes_of_a_value_is_a_form_of_it() {
        for (asked, is) in [
            (json!(" Ann@Example.com "), json!("ann@example.com")),
            (json!("https://idp.example.com/"), json!("https://idp.example.com")),
            (json!(""), json!(null)),
            (json!([]), json!(null)),
            (json!(["b", "A"]), json!(["a", "b"])),
            (json!({ "name": "nick" }), json!({ "name": "nick", "groups": "groups" })),
            (json!("8"), json!(8)),
        ] {
            assert!(is_form_of(&asked, &is), "{asked} {is}");
        }
        for (asked, is) in [
            (json!("new"), json!("old")),
            (json!(true), json!(false)),
            (json!(["a"]), json!(["a", "b"])),
            (json!({ "name": "nick" }), json!({ "name": "name" })),
            (json!(null), json!("old")),
        ] {
            assert!(!is_form_of(&asked, &is), "{asked} {is}");
        }
    }
}
