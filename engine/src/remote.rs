//! An object of a remote system.

use std::collections::BTreeMap;

use serde_json::Value;

/// Attribute values by name.
pub type Attributes = BTreeMap<String, Value>;

/// An object of a remote system.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// Its id, unique within type and scope.
    pub id: String,
    /// Its attributes, under the names of the schema. Others are ignored.
    pub attributes: Attributes,
}

impl Remote {
    /// The value of an attribute. `id` is one too.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "id" => Some(Value::String(self.id.clone())),
            _ => self.attributes.get(name).cloned(),
        }
    }

    /// True if the attribute has this value. `id` is one too.
    #[must_use]
    pub fn has(&self, name: &str, value: &Value) -> bool {
        match name {
            "id" => value.as_str() == Some(&self.id),
            _ => self.attributes.get(name) == Some(value),
        }
    }
}
