//! Write-only attributes: values that are sent and never stored (R11).
//!
//! A desired value of such an attribute is a secret. Plans, states and everything else that is stored or shown have its
//! [trace] instead, which shows that a secret changed, and not the secret. The executor puts the secret in the place of
//! its trace just before a request leaves, and removes it from any error that comes back.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use super::address::Address;
use super::desired::{Desired, Expr};
use super::error::{Error, ErrorKind};
use super::plan::{Action, ResourceChange, ScopePlan};
use super::remote::Attributes;
use super::schema::Schema;

/// The text that is shown for a secret.
pub const SENSITIVE: &str = "(sensitive)";

/// The trace of a secret in a plan or a state: its HMAC-SHA256 under the lineage of the state as the key. It is bound
/// to the attribute, so that two resources or two states with the same secret have different traces.
#[must_use]
pub fn trace(lineage: &str, address: &Address, attribute: &str, secret: &SecretString) -> Value {
    let mut mac = Hmac::<Sha256>::new_from_slice(lineage.as_bytes()).expect("HMAC takes a key of any length");
    for part in [address.as_str(), attribute, secret.expose_secret()] {
        // Each part with its length, so that no other split gives the same bytes.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    json!({ "hmac-sha256": hex::encode(mac.finalize().into_bytes()) })
}

/// The secrets of one scope, by address and attribute.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<Address, BTreeMap<String, SecretString>>);

/// Shows the names of the secrets, and no secret.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(address, secrets)| (address, secrets.keys().collect::<Vec<_>>()));
        f.debug_map().entries(names).finish()
    }
}

/// Why the secrets do not fit a plan. Reported before the first request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuited {
    /// The secret is another one now.
    #[error("the `{attribute}` of `{address}` is not the one that the plan was made with; make a new plan")]
    Changed {
        /// The resource.
        address: Address,
        /// Its attribute.
        attribute: String,
    },
    /// The secret is missing.
    #[error("the plan sets the `{attribute}` of `{address}`, which the configuration does not have; make a new plan")]
    Missing {
        /// The resource.
        address: Address,
        /// Its attribute.
        attribute: String,
    },
}

impl Secrets {
    /// The secrets among the attributes of `desired`.
    #[must_use]
    pub fn of(desired: &[Desired]) -> Self {
        let mut secrets = Self::default();
        for resource in desired {
            for (name, expr) in &resource.attributes {
                if let Expr::Secret(secret) = expr {
                    let of_resource = secrets.0.entry(resource.address.clone()).or_default();
                    of_resource.insert(name.clone(), secret.clone());
                }
            }
        }
        secrets
    }

    fn get(&self, address: &Address, attribute: &str) -> Option<&SecretString> {
        self.0.get(address)?.get(attribute)
    }

    /// Checks that the secrets of all resources that the plan creates or updates are those that it was made with.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self, plan: &ScopePlan, schema: impl Fn(&str) -> Option<&'static Schema>) -> Result<(), Unsuited> {
        for change in plan.changes.iter().filter(|change| sends(change)) {
            let address = &change.address;
            for attribute in write_only(schema(address.type_name())) {
                let Some(planned) = change.after(attribute) else { continue };
                let Some(secret) = self.get(address, attribute) else {
                    return Err(Unsuited::Missing { address: address.clone(), attribute: attribute.to_owned() });
                };
                if trace(&plan.lineage, address, attribute, secret) != *planned {
                    return Err(Unsuited::Changed { address: address.clone(), attribute: attribute.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// `attributes` with the secrets in the place of their traces, for a request only.
    pub(super) fn reveal(
        &self,
        address: &Address,
        schema: &'static Schema,
        mut attributes: Attributes,
    ) -> Result<Attributes, Error> {
        for name in write_only(Some(schema)) {
            if let Some(value) = attributes.get_mut(name) {
                let secret = self.get(address, name).ok_or_else(|| {
                    let cause = format!("the `{name}` to send is missing");
                    Error::new(ErrorKind::Refused, format!("begin `{address}`"), cause).help("make a new plan")
                })?;
                *value = secret.expose_secret().into();
            }
        }
        Ok(attributes)
    }

    /// The same error without the secrets of the resource, if the server repeated one.
    pub(super) fn conceal(&self, address: &Address, error: Error) -> Error {
        let secrets = self.0.get(address).into_iter().flat_map(BTreeMap::values);
        // An empty secret reveals nothing, and every text contains it.
        let secrets = secrets.filter(|secret| !secret.expose_secret().is_empty());
        secrets.fold(error, |error, secret| {
            let plain = secret.expose_secret();
            let quoted = Value::from(plain).to_string();
            let hide = |text: String| text.replace(quoted.trim_matches('"'), SENSITIVE).replace(plain, SENSITIVE);
            let Error { kind, attempted, cause, help } = error;
            Error { kind, attempted: hide(attempted), cause: hide(cause), help: help.map(hide) }
        })
    }
}

/// True if applying the plan needs secrets.
#[must_use]
pub fn are_needed(plan: &ScopePlan, schema: impl Fn(&str) -> Option<&'static Schema>) -> bool {
    plan.changes
        .iter()
        .filter(|change| sends(change))
        .any(|change| write_only(schema(change.address.type_name())).any(|attribute| change.after(attribute).is_some()))
}

/// True if applying the change may send its attributes.
fn sends(change: &ResourceChange) -> bool {
    matches!(change.action, Action::Create | Action::Update | Action::Replace | Action::Import)
}

/// The names of the write-only attributes of a type.
fn write_only(schema: Option<&'static Schema>) -> impl Iterator<Item = &'static str> {
    let attributes = schema.map(|schema| schema.attributes).unwrap_or_default();
    attributes.iter().filter(|attribute| attribute.is_write_only()).map(|attribute| attribute.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new("Acme", "door", "a")
    }

    #[test]
    fn r11_a_trace_is_the_hmac_that_everybody_else_computes() {
        let secret = SecretString::from("s");
        let mut expected = Hmac::<Sha256>::new_from_slice(b"lineage").unwrap();
        expected.update(b"\0\0\0\0\0\0\0\x0bAcme/door/a\0\0\0\0\0\0\0\x03key\0\0\0\0\0\0\0\x01s");
        let expected = hex::encode(expected.finalize().into_bytes());
        assert_eq!(trace("lineage", &address(), "key", &secret), json!({ "hmac-sha256": expected }));
    }

    #[test]
    fn r11_a_trace_is_another_for_another_secret_lineage_address_or_attribute() {
        let (one, two) = (SecretString::from("one"), SecretString::from("two"));
        let first = trace("lineage", &address(), "key", &one);
        assert_eq!(first, trace("lineage", &address(), "key", &one));
        let others = [
            trace("lineage", &address(), "key", &two),
            trace("other", &address(), "key", &one),
            trace("lineage", &Address::new("Acme", "door", "b"), "key", &one),
            trace("lineage", &address(), "lock", &one),
        ];
        assert!(others.iter().all(|other| *other != first), "{others:?}");
    }

    #[test]
    fn r11_an_error_that_repeats_a_secret_is_shown_without_it() {
        let secret = "tr\"icky\\";
        let desired = Desired::new("Acme", "door", "a").with("key", Expr::Secret(secret.into()));
        let secrets = Secrets::of(&[desired]);
        let quoted = Value::from(secret).to_string();
        let error = Error::new(ErrorKind::Refused, format!("send {secret}"), format!("{{\"key\":{quoted}}}"));
        let told = secrets.conceal(&address(), error.help(format!("not {secret}")));
        assert_eq!(told.to_string(), "could not send (sensitive): {\"key\":\"(sensitive)\"}");
        assert_eq!(told.help.as_deref(), Some("not (sensitive)"));
    }

    #[test]
    fn r11_a_secret_is_in_no_debug_output() {
        let desired = Desired::new("Acme", "door", "a").with("key", Expr::Secret("hunter2".into()));
        let secrets = Secrets::of(std::slice::from_ref(&desired));
        assert!(!format!("{desired:?} {secrets:?}").contains("hunter2"));
        assert_eq!(format!("{secrets:?}"), "{Address(Acme/door/a): [\"key\"]}");
    }
}
