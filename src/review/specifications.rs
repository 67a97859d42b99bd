//! Changed specifications, compared with what they were.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use spec_diff::{Changes, Severity};

use super::risk::{Effect, Kind, Risk};
use crate::compiler::Spec;
use crate::registry;
use crate::resource_type::Watch;
use engine::{Action, Address, Plan, ResourceChange};

/// The specifications that a plan changes.
#[derive(Debug, Default)]
pub struct Specifications {
    judged: BTreeMap<Address, Vec<Judged>>,
    /// The resource of which a text is the specification, by its digest. Files with the same text are copies of it.
    homes: BTreeMap<String, Address>,
}

/// One changed specification.
#[derive(Debug)]
pub struct Judged {
    /// The path of the file, if the resource has several.
    pub path: Option<String>,
    /// The meaning of the change for callers.
    pub verdict: Verdict,
}

/// The meaning of the change of a specification for callers.
#[derive(Debug)]
pub enum Verdict {
    /// The changes, which may be none that concern callers.
    Compared(Arc<Changes>),
    /// It is not known, and why.
    Unknown(String),
}

impl Specifications {
    /// Compares every specification that the plan changes. A text that is in several places is read once.
    pub(super) fn of(plan: &Plan) -> Self {
        let texts: Vec<Text<'_>> = plan.scopes.iter().flat_map(|scope| &scope.changes).flat_map(texts).collect();
        let whole = texts.iter().filter(|text| text.path.is_none());
        let homes: BTreeMap<String, Address> =
            whole.filter_map(|text| Some((text.digest.clone()?, text.address.clone()))).collect();
        let mut reader = Reader::default();
        let mut judged: BTreeMap<Address, Vec<Judged>> = BTreeMap::new();
        for text in &texts {
            let is_copy = text.path.is_some() && text.digest.as_ref().is_some_and(|digest| homes.contains_key(digest));
            if let Some(verdict) = reader.verdict(text).filter(|_| !is_copy) {
                let path = text.path.map(str::to_owned);
                judged.entry(text.address.clone()).or_default().push(Judged { path, verdict });
            }
        }
        Self { judged, homes }
    }

    /// The changed specifications of a resource.
    #[must_use]
    pub fn get(&self, address: &Address) -> &[Judged] {
        self.judged.get(address).map(Vec::as_slice).unwrap_or_default()
    }

    /// All of them, by resource.
    pub fn all(&self) -> impl Iterator<Item = (&Address, &Judged)> {
        self.judged.iter().flat_map(|(address, judged)| judged.iter().map(move |one| (address, one)))
    }

    /// The resource of which this text is the specification, if the plan has one.
    #[must_use]
    pub fn home(&self, text: &str) -> Option<&Address> {
        if self.homes.is_empty() { None } else { self.homes.get(&digest(text)) }
    }

    /// The changes that break callers.
    pub(super) fn risks(&self) -> impl Iterator<Item = Risk> {
        self.judged.iter().filter_map(|(address, judged)| {
            let effects: Vec<Effect> = judged.iter().flat_map(breaking).collect();
            (!effects.is_empty()).then(|| Risk { kind: Kind::Breaks, address: address.clone(), effects })
        })
    }
}

fn breaking(Judged { path, verdict }: &Judged) -> impl Iterator<Item = Effect> {
    let changes = match verdict {
        Verdict::Compared(changes) => Some(changes),
        Verdict::Unknown(_) => None,
    };
    let breaking = changes.into_iter().flat_map(|changes| changes.of(Severity::Breaking));
    breaking.map(move |change| {
        let place = path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
        Effect { text: "", values: format!("{place}{change}") }
    })
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// A specification before and after the plan.
struct Text<'a> {
    address: &'a Address,
    path: Option<&'a str>,
    /// `None` if there was none.
    old: Option<&'a Value>,
    /// `None` if there will be none, or if it is not known.
    new: Option<&'a str>,
    /// The digest of the new one.
    digest: Option<String>,
}

impl<'a> Text<'a> {
    fn new(address: &'a Address, path: Option<&'a str>, old: Option<&'a Value>, new: Option<&'a str>) -> Self {
        Self { address, path, old, new, digest: new.map(digest) }
    }
}

/// The specifications of a change.
fn texts(change: &ResourceChange) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    if matches!(change.action, Action::Delete | Action::Forget | Action::NoOp | Action::Deferred) {
        return texts;
    }
    for watch in registry::watch(change.address.type_name()) {
        let Watch::Specification { attribute, file } = *watch else { continue };
        let (old, new) = (change.before(attribute), change.after(attribute));
        let address = &change.address;
        match file {
            None => texts.push(Text::new(address, None, old, new.and_then(Value::as_str))),
            Some(name) => {
                let is_meant = |path: &str| path.rsplit('/').next() == Some(name);
                let files = new.and_then(Value::as_object).into_iter().flatten().filter(|(path, _)| is_meant(path));
                let old = |path: &str| old.and_then(|files| files.get(path));
                texts.extend(
                    files.map(|(path, text)| Text::new(address, Some(path.as_str()), old(path), text.as_str())),
                );
            }
        }
    }
    texts
}

/// Reads each text once, and compares each pair of texts once.
#[derive(Default)]
struct Reader<'a> {
    documents: HashMap<&'a str, Arc<Result<Value, String>>>,
    compared: HashMap<(&'a str, &'a str), Arc<Changes>>,
}

impl<'a> Reader<'a> {
    /// The meaning of a change. `None` if nothing changed, or if there was no specification before.
    fn verdict(&mut self, text: &Text<'a>) -> Option<Verdict> {
        let (old, new) = (text.old.filter(|old| !old.is_null())?, text.new?);
        let Some(old) = old.as_str() else {
            let is_same = text.digest.as_ref().is_some_and(|digest| old["sha256"] == *digest);
            let why = "only a digest of the old text is known";
            return (!is_same).then(|| Verdict::Unknown(why.to_owned()));
        };
        if old == new {
            return None;
        }
        if let Some(changes) = self.compared.get(&(old, new)) {
            return Some(Verdict::Compared(Arc::clone(changes)));
        }
        let (before, after) = (self.document(old), self.document(new));
        Some(match (&*before, &*after) {
            (Ok(before), Ok(after)) => {
                let changes = Arc::new(spec_diff::compare(before, after));
                self.compared.insert((old, new), Arc::clone(&changes));
                Verdict::Compared(changes)
            }
            (Err(cause), _) => Verdict::Unknown(format!("the old text cannot be read: {cause}")),
            (_, Err(cause)) => Verdict::Unknown(format!("the new text cannot be read: {cause}")),
        })
    }

    fn document(&mut self, text: &'a str) -> Arc<Result<Value, String>> {
        Arc::clone(self.documents.entry(text).or_insert_with(|| Arc::new(Spec::document(text))))
    }
}
