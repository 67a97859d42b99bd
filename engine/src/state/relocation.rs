//! Other addresses for the resources of a state.

use std::collections::BTreeMap;

use super::document::State;
use super::intent::Intent;
use super::resource::ResourceState;

impl State {
    /// Gives resources the addresses that `names` has for theirs: in their records, in what depends on them, and in what
    /// an interrupted apply began.
    pub fn relocate(&mut self, names: &BTreeMap<String, String>) {
        let names = Names(names);
        let resources = std::mem::take(&mut self.resources);
        self.resources =
            resources.into_iter().map(|(address, one)| (names.of_address(address), names.of_record(one))).collect();
        self.intents = std::mem::take(&mut self.intents).into_iter().map(|intent| names.of_intent(intent)).collect();
    }

    /// Takes the resources and the owner of another state, which have their new addresses. What this state has already
    /// stays as it is.
    pub fn absorb(&mut self, arriving: State) {
        for (address, record) in arriving.resources {
            self.resources.entry(address).or_insert(record);
        }
        for intent in arriving.intents {
            if !self.intents.iter().any(|one| one.address == intent.address && one.action == intent.action) {
                self.intents.push(intent);
            }
        }
        self.owner = arriving.owner.or_else(|| self.owner.take());
    }

    /// Removes everything that a state says: all of it has moved to another one.
    pub fn vacate(&mut self) {
        self.resources.clear();
        self.intents.clear();
        self.owner = None;
    }
}

/// The new addresses by the old ones.
struct Names<'a>(&'a BTreeMap<String, String>);

impl Names<'_> {
    fn of_address(&self, address: String) -> String {
        self.0.get(&address).cloned().unwrap_or(address)
    }

    /// `address#attribute` with the new address.
    fn of_reference(&self, reference: String) -> String {
        let renamed = reference.rsplit_once('#').and_then(|(address, attribute)| {
            let to = self.0.get(address)?;
            Some(format!("{to}#{attribute}"))
        });
        renamed.unwrap_or(reference)
    }

    fn of_record(&self, record: ResourceState) -> ResourceState {
        let dependencies = record.dependencies.into_iter().map(|address| self.of_address(address)).collect();
        ResourceState { dependencies, ..record }
    }

    fn of_intent(&self, intent: Intent) -> Intent {
        let references = intent.references.into_iter().map(|(name, one)| (name, self.of_reference(one))).collect();
        let dependencies = intent.dependencies.into_iter().map(|address| self.of_address(address)).collect();
        Intent { address: self.of_address(intent.address), references, dependencies, ..intent }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::intent::IntentAction;
    use super::*;

    fn names<const N: usize>(moved: [(&str, &str); N]) -> BTreeMap<String, String> {
        moved.map(|(from, to)| (format!("Acme/team/{from}"), format!("Acme/team/{to}"))).into()
    }

    fn state() -> State {
        let mut state = State::with_lineage("Acme", "l");
        let record = |dependency: &str| ResourceState {
            dependencies: BTreeSet::from([format!("Acme/team/{dependency}")]),
            ..ResourceState::default()
        };
        state.resources.insert("Acme/team/a".into(), record("b"));
        state.resources.insert("Acme/team/b".into(), record("a"));
        state.intents.push(Intent {
            address: "Acme/team/a".into(),
            action: IntentAction::Create,
            since: "2026-01-02T03:04:05Z".parse().unwrap(),
            unanswered: None,
            id: None,
            attributes: BTreeMap::new(),
            references: BTreeMap::from([("team_id".into(), "Acme/team/a#id".into())]),
            dependencies: BTreeSet::from(["Acme/team/a".into()]),
            protect: false,
        });
        state
    }

    #[test]
    fn r15_without_moves_a_state_stays_as_it_is() {
        let mut same = state();
        same.relocate(&BTreeMap::new());
        assert_eq!(same, state());
    }

    #[test]
    fn r15_a_move_renames_records_dependencies_and_intents() {
        let mut state = state();
        state.relocate(&names([("a", "c")]));
        assert_eq!(state.resources.keys().collect::<Vec<_>>(), ["Acme/team/b", "Acme/team/c"]);
        assert!(state.resources["Acme/team/b"].dependencies.contains("Acme/team/c"));
        let intent = &state.intents[0];
        assert_eq!((intent.address.as_str(), intent.references["team_id"].as_str()), ("Acme/team/c", "Acme/team/c#id"));
        assert!(intent.dependencies.contains("Acme/team/c"));
    }

    #[test]
    fn r15_moves_back_restore_the_state() {
        let mut there = state();
        there.relocate(&names([("a", "c")]));
        there.relocate(&names([("c", "a")]));
        assert_eq!(there, state());
    }

    #[test]
    fn r15_addresses_are_exchanged_at_once() {
        let mut exchanged = state();
        exchanged.relocate(&names([("a", "b"), ("b", "a")]));
        assert!(exchanged.resources["Acme/team/a"].dependencies.contains("Acme/team/b"));
        assert_eq!(exchanged.resources.len(), 2);
    }

    #[test]
    fn r15_what_is_there_already_is_not_replaced_by_what_arrives() {
        let mut target = State::new("Ajax");
        target.resources.insert("Acme/team/a".into(), ResourceState { id: "kept".into(), ..ResourceState::default() });
        target.absorb(state());
        assert_eq!(target.resources["Acme/team/a"].id, "kept");
        assert_eq!((target.resources.len(), target.intents.len()), (2, 1));
        target.absorb(state());
        assert_eq!(target.intents.len(), 1);
    }
}
