//! The state of one scope, as a value and as the document that is stored.
//!
//! The document is JSON that a person can read: a header (`format`, `version`, `checksum`), then the fields of
//! [`State`]. The same state always gives the same bytes. The checksum is the SHA-256 of the document with an empty
//! checksum, so a document that was cut short or changed by something other than koctl is noticed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::damage::Damage;
use super::intent::Intent;
use super::migrations::{MIGRATIONS, current_version, migrate};
use super::owner::Owner;
use super::resource::ResourceState;

const FORMAT: &str = "koctl-state";
const VERSION: u64 = current_version(MIGRATIONS);
/// The text before the checksum. Only the header comes before it, so its first occurrence is the right one.
const BEFORE_CHECKSUM: &[u8] = b"\"checksum\": \"";

/// The state of one scope: the resources that koctl manages there.
///
/// Only this module changes the lineage, the serial and the scope. The serial grows by one with every write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// A random text that stays the same for as long as each state follows from the one before it.
    lineage: String,
    /// The number of writes so far.
    serial: u64,
    /// The organization, or `@platform`.
    scope: String,
    /// The Konnect organization that the records are about (R14). Absent until an apply writes it: the scope is
    /// `@platform`, or an older koctl wrote the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The records of resources, by address: `KongAirlines/portal/prod`.
    pub resources: BTreeMap<String, ResourceState>,
    /// What an apply is doing now, or was doing when it was killed (R10): at most one for an address and action. Empty
    /// after an apply that is complete.
    pub intents: Vec<Intent>,
}

impl State {
    /// An empty state with a new lineage. Its serial is 0 until the first write.
    pub fn new(scope: impl Into<String>) -> Self {
        Self::with_lineage(scope, Uuid::new_v4().to_string())
    }

    /// The same, with the lineage that a plan has promised.
    pub fn with_lineage(scope: impl Into<String>, lineage: impl Into<String>) -> Self {
        Self {
            lineage: lineage.into(),
            serial: 0,
            scope: scope.into(),
            owner: None,
            resources: BTreeMap::new(),
            intents: Vec::new(),
        }
    }

    /// The lineage. Two states of one lineage are an earlier and a later version of the same state.
    pub fn lineage(&self) -> &str {
        &self.lineage
    }

    /// The number of writes so far.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The organization, or the scope of the platform repository.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The same content, to be written after the version with `serial`.
    pub(super) fn following(&self, serial: u64) -> Self {
        Self { serial: serial.saturating_add(1), ..self.clone() }
    }

    /// Sets the serial to that of the stored state.
    pub(super) fn set_serial(&mut self, serial: u64) {
        self.serial = serial;
    }

    /// The document, ready to be stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = Document { format: FORMAT, version: VERSION, checksum: "", state: self };
        let mut bytes = serde_json::to_vec_pretty(&document).expect("a state is made of texts and JSON values");
        bytes.push(b'\n');
        let checksum = checksum_of(&[&bytes]);
        let place = place_of_checksum(&bytes).expect("the document has a checksum in its header");
        bytes.splice(place..place, checksum.into_bytes());
        bytes
    }

    /// The state in a document of this version or an older one.
    ///
    /// # Errors
    /// The bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let mut fields: Map<String, Value> = serde_json::from_slice(bytes).map_err(syntax)?;
        if fields.remove("format").as_ref().and_then(Value::as_str) != Some(FORMAT) {
            return Err(Damage::NotAState);
        }
        let version = version_of(fields.remove("version"))?;
        if !is_checksum_of(fields.remove("checksum"), bytes) {
            return Err(Damage::Edited);
        }
        let fields = migrate(MIGRATIONS, version, fields).map_err(Damage::Fields)?;
        serde_json::from_value(Value::Object(fields)).map_err(|error| Damage::Fields(error.to_string()))
    }
}

/// The JSON Schema (draft 2020-12) of the document, in its current version.
pub fn json_schema() -> Value {
    schemars::schema_for!(Document<'_>).to_value()
}

/// The document of one scope: a header, then the state.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "State", inline)]
struct Document<'a> {
    /// The name of the format.
    #[schemars(extend("const" = FORMAT))]
    format: &'a str,
    /// The version of the format.
    #[schemars(extend("const" = VERSION))]
    version: u64,
    /// `sha256:` and the digest of the document with an empty text here, in hexadecimal.
    checksum: &'a str,
    #[serde(flatten)]
    state: &'a State,
}

/// Checked before the checksum, which a newer version may compute in another way.
fn version_of(field: Option<Value>) -> Result<u64, Damage> {
    match field.as_ref().and_then(Value::as_u64) {
        Some(found) if found > VERSION => Err(Damage::Newer { found, supported: VERSION }),
        Some(found @ 1..) => Ok(found),
        _ => Err(Damage::Fields("its `version` is not a number from 1".to_owned())),
    }
}

fn is_checksum_of(field: Option<Value>, bytes: &[u8]) -> bool {
    let Some(Value::String(stated)) = field else { return false };
    let Some(place) = place_of_checksum(bytes) else { return false };
    let (before, rest) = bytes.split_at(place);
    rest.strip_prefix(stated.as_bytes()).is_some_and(|after| checksum_of(&[before, after]) == stated)
}

fn place_of_checksum(bytes: &[u8]) -> Option<usize> {
    let start = bytes.windows(BEFORE_CHECKSUM.len()).position(|window| window == BEFORE_CHECKSUM)?;
    Some(start + BEFORE_CHECKSUM.len())
}

fn checksum_of(parts: &[&[u8]]) -> String {
    let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize();
    format!("sha256:{}", hex::encode(digest))
}

fn syntax(error: serde_json::Error) -> Damage {
    match error.classify() {
        serde_json::error::Category::Eof => Damage::CutShort { line: error.line() },
        serde_json::error::Category::Data => Damage::NotAState,
        _ => Damage::Syntax { line: error.line(), column: error.column(), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::intent::IntentAction;
    use super::*;

    fn portal() -> ResourceState {
        ResourceState {
            type_name: "portal".into(),
            id: "7c2f".into(),
            attributes: BTreeMap::from([
                ("name".into(), json!("prod")),
                ("labels".into(), json!({"team": "flights", "env": "prod"})),
            ]),
            ..ResourceState::default()
        }
    }

    fn state() -> State {
        let mut state = State::with_lineage("KongAirlines", "lineage-1");
        state.resources.insert("KongAirlines/portal/prod".into(), portal());
        state.following(6)
    }

    fn text(state: &State) -> String {
        String::from_utf8(state.to_bytes()).unwrap()
    }

    /// The document that has this content and the checksum to go with it.
    fn sealed(content: &str) -> Vec<u8> {
        let checksum = checksum_of(&[content.as_bytes()]);
        content.replacen("\"checksum\": \"", &format!("\"checksum\": \"{checksum}"), 1).into_bytes()
    }

    #[test]
    fn a_state_of_nothing_is_a_document_too() {
        let empty = State::new("@platform");
        assert_eq!(State::from_bytes(&empty.to_bytes()), Ok(empty));
    }

    #[test]
    fn a_document_can_be_read_by_a_person_and_is_sorted() {
        let document = text(&state());
        let checksum = document.split('"').find(|part| part.starts_with("sha256:")).unwrap();
        assert_eq!(checksum.len(), "sha256:".len() + 64);
        insta::assert_snapshot!(document.replace(checksum, "sha256:…"), @r#"
        {
          "format": "koctl-state",
          "version": 2,
          "checksum": "sha256:…",
          "lineage": "lineage-1",
          "serial": 7,
          "scope": "KongAirlines",
          "resources": {
            "KongAirlines/portal/prod": {
              "type": "portal",
              "id": "7c2f",
              "attributes": {
                "labels": {
                  "env": "prod",
                  "team": "flights"
                },
                "name": "prod"
              }
            }
          },
          "intents": []
        }
        "#);
        assert!(document.ends_with("}\n") && !document.ends_with("\n\n"));
    }

    #[test]
    fn what_is_only_sometimes_there_is_kept_where_it_is() {
        let mut full = state();
        full.owner = Some(Owner { id: "8f21".into(), name: "Kong Airlines".into() });
        let resource = full.resources.get_mut("KongAirlines/portal/prod").unwrap();
        resource.normalised.insert("name".into(), json!("Prod"));
        resource.dependencies.insert("KongAirlines/team/flights".into());
        resource.protect = true;
        full.intents.push(Intent {
            address: "KongAirlines/api/flights".into(),
            action: IntentAction::Replace,
            since: "2026-01-02T03:04:05Z".parse().unwrap(),
            unanswered: Some("2026-01-02T03:05:06Z".parse().unwrap()),
            id: Some("a51c".into()),
            attributes: BTreeMap::from([("name".into(), json!("flights"))]),
            references: BTreeMap::from([("portal_id".into(), "KongAirlines/portal/prod#id".into())]),
            dependencies: BTreeSet::from(["KongAirlines/portal/prod".into()]),
            protect: true,
        });
        let bare = Intent {
            action: IntentAction::Delete,
            unanswered: None,
            id: None,
            attributes: BTreeMap::new(),
            references: BTreeMap::new(),
            dependencies: BTreeSet::new(),
            protect: false,
            ..full.intents[0].clone()
        };
        full.intents.push(bare);
        assert_eq!(State::from_bytes(&full.to_bytes()), Ok(full));
    }

    #[test]
    fn a_document_that_is_cut_short_anywhere_is_refused() {
        let bytes = state().to_bytes();
        for length in 0..bytes.len() - 2 {
            let cut = State::from_bytes(&bytes[..length]);
            assert!(matches!(cut, Err(Damage::CutShort { .. })), "{length}: {cut:?}");
        }
        // Without its last line end it is whole JSON, but not what was written.
        assert_eq!(State::from_bytes(&bytes[..bytes.len() - 1]), Err(Damage::Edited));
    }

    #[test]
    fn an_edited_document_is_refused() {
        let document = text(&state());
        for (from, to) in [("7c2f", "7c2e"), ("\"serial\": 7", "\"serial\": 8"), ("  ", "\t"), ("\n", "\r\n")] {
            assert_eq!(State::from_bytes(document.replace(from, to).as_bytes()), Err(Damage::Edited), "{from:?}");
        }
    }

    #[test]
    fn a_document_without_a_checksum_is_refused() {
        let mut fields: Map<String, Value> = serde_json::from_slice(&state().to_bytes()).unwrap();
        fields.remove("checksum");
        assert_eq!(State::from_bytes(&serde_json::to_vec(&fields).unwrap()), Err(Damage::Edited));
    }

    #[test]
    fn a_newer_version_is_refused_whatever_else_is_in_it() {
        let newer = br#"{"format": "koctl-state", "version": 3, "resources": []}"#;
        assert_eq!(State::from_bytes(newer), Err(Damage::Newer { found: 3, supported: 2 }));
    }

    #[test]
    fn a_field_that_is_not_known_is_refused_by_its_name() {
        let unknown = r#"{"format": "koctl-state", "version": 1, "checksum": "", "lineage": "l", "serial": 1,
            "scope": "s", "resources": {}, "intents": [], "outputs": {}}"#;
        let Err(Damage::Fields(reason)) = State::from_bytes(&sealed(unknown)) else { panic!("it was read") };
        assert!(reason.contains("outputs"), "{reason}");
    }

    #[test]
    fn other_json_is_no_state() {
        for other in ["{}", "[]", "1", r#"{"format": "terraform", "version": 4}"#] {
            assert_eq!(State::from_bytes(other.as_bytes()), Err(Damage::NotAState), "{other}");
        }
        let syntax = State::from_bytes(b"{\n  oops\n}");
        assert!(matches!(syntax, Err(Damage::Syntax { line: 2, .. })), "{syntax:?}");
    }

    #[test]
    fn a_version_that_is_none_is_refused() {
        for version in ["0", "-1", "1.5", "\"1\"", "null"] {
            let document = format!(r#"{{"format": "koctl-state", "version": {version}}}"#);
            let read = State::from_bytes(document.as_bytes());
            assert!(matches!(read, Err(Damage::Fields(_))), "{version}: {read:?}");
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_an_attribute_holds_comes_back(
            scope in any::<String>(), address in any::<String>(), name in any::<String>(), value in json_value(),
        ) {
            let mut state = State::new(scope);
            let attributes = BTreeMap::from([(name, value)]);
            state.resources.insert(address, ResourceState { attributes, ..portal() });
            let bytes = state.to_bytes();
            let read = State::from_bytes(&bytes);
            prop_assert_eq!(read.as_ref().map(State::to_bytes), Ok(bytes));
            prop_assert_eq!(read, Ok(state));
        }

        #[test]
        fn reading_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(State::from_bytes(&bytes).is_err());
        }

        #[test]
        fn one_changed_byte_is_always_noticed(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = state().to_bytes();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            prop_assert!(State::from_bytes(&bytes).is_err());
        }

        #[test]
        fn nothing_between_a_state_and_noise_panics(text in "[{}\\[\\]\",:a-z0-9 \n]{0,80}") {
            let document = format!("{{\"format\": \"koctl-state\", \"version\": 1, \"checksum\": \"{text}");
            prop_assert!(State::from_bytes(document.as_bytes()).is_err());
        }
    }
}
