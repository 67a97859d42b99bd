//! The steps of a plan, and which of them wait for which (R8).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::event::Step;
use crate::address::Address;
use crate::handover;
use crate::plan::{Action, ResourceChange};
use crate::resource::Readers;
use crate::schema::UniqueKey;

/// The steps of a plan and which wait for which.
pub(super) struct Schedule {
    /// The index of each change, and the step.
    pub(super) steps: Vec<(usize, Step)>,
    /// The steps that only give an object another name or other value of this key for now: it and others take each other's.
    pub(super) asides: HashMap<usize, UniqueKey>,
    /// For each step, those that wait for it.
    pub(super) followers: Vec<Vec<usize>>,
    /// For each step, how many it still waits for.
    pub(super) waits: Vec<usize>,
}

/// The steps that create or delete the object of each address.
#[derive(Default)]
struct Steps<'a> {
    all: Vec<(usize, Step)>,
    makes: HashMap<&'a Address, usize>,
    unmakes: HashMap<&'a Address, usize>,
    forgets: Vec<(&'a ResourceChange, usize)>,
    asides: HashMap<usize, UniqueKey>,
}

impl<'a> Steps<'a> {
    fn new(changes: &'a [ResourceChange]) -> Self {
        let mut steps = Self::default();
        for (index, change) in changes.iter().enumerate() {
            let (unmake, make) = match change.action {
                Action::Create => (None, Some(Step::Create)),
                Action::Update => (None, Some(Step::Update)),
                Action::Import => (None, Some(Step::Import)),
                Action::NoOp => (None, Some(Step::Record)),
                Action::Replace => (Some(Step::Delete), Some(Step::Create)),
                Action::Delete => (Some(Step::Delete), None),
                Action::Forget => {
                    steps.forgets.push((change, steps.all.len()));
                    steps.all.push((index, Step::Forget));
                    (None, None)
                }
                Action::Deferred => (None, None),
            };
            if let Some(step) = unmake {
                steps.unmakes.insert(&change.address, steps.all.len());
                steps.all.push((index, step));
            }
            if let Some(step) = make {
                steps.makes.insert(&change.address, steps.all.len());
                steps.all.push((index, step));
            }
        }
        steps
    }

    /// Adds a step that gives the object of `step` another value of this key for now.
    fn set_aside(&mut self, step: usize, key: UniqueKey) -> usize {
        let aside = self.all.len();
        self.all.push((self.all[step].0, Step::Update));
        self.asides.insert(aside, key);
        aside
    }
}

/// A value that only one object can have at a time, and that one step takes after another gives it up.
struct Handover {
    giver: usize,
    taker: usize,
    key: UniqueKey,
}

/// Pairs (earlier, later) of steps.
#[derive(Default)]
struct Orders {
    /// Demanded by references. They go one way, so these orders cannot contradict each other.
    must: Vec<(usize, usize)>,
    /// Spares a request that the server would refuse. These can form cycles, and are dropped if they do.
    should: Vec<(usize, usize)>,
}

impl Orders {
    fn new(changes: &[ResourceChange], steps: &mut Steps<'_>, readers: &Readers) -> Self {
        let mut orders = Self::default();
        for change in changes {
            orders.by_references(change, steps);
        }
        orders.by_ids(changes, steps);
        orders.by_address(changes, steps);
        orders.by_name(changes, steps, readers);
        orders
    }

    fn by_references(&mut self, change: &ResourceChange, steps: &Steps<'_>) {
        let make = steps.makes.get(&change.address).copied();
        let unmake = steps.unmakes.get(&change.address).copied();
        self.must.extend(unmake.zip(make));
        for dependency in &change.dependencies {
            self.must.extend(steps.makes.get(dependency).copied().zip(make));
            if make.is_some() {
                self.should.extend(unmake.zip(steps.unmakes.get(dependency).copied()));
            }
        }
        for dependency in &change.prior_dependencies {
            let gone = steps.unmakes.get(dependency).copied();
            if unmake.is_some() {
                self.must.extend(unmake.zip(gone));
            } else if !change.dependencies.contains(dependency) {
                // It drops the dependency when it is updated. The dependency can be deleted only after that.
                self.should.extend(make.zip(gone));
            }
        }
    }

    /// An object whose id is in an attribute of another is deleted after the other is deleted or updated. The state does
    /// not know that they depend on each other if the other is only imported now.
    fn by_ids(&mut self, changes: &[ResourceChange], steps: &Steps<'_>) {
        let deleted = |change: &'_ ResourceChange| Some((change.id.clone()?, *steps.unmakes.get(&change.address)?));
        let deleted: HashMap<String, usize> = changes.iter().filter_map(deleted).collect();
        if deleted.is_empty() {
            return;
        }
        for change in changes {
            let step = steps.unmakes.get(&change.address).or_else(|| steps.makes.get(&change.address)).copied();
            let ids = change.attributes.values().filter_map(|attribute| attribute.before.as_ref()?.as_str());
            let gone = ids.filter_map(|id| deleted.get(id).copied()).filter(|gone| Some(*gone) != step);
            self.should.extend(gone.filter_map(|gone| Some((step?, gone))));
        }
    }

    /// An old address is forgotten after the object is recorded under the new one, never before.
    fn by_address(&mut self, changes: &[ResourceChange], steps: &Steps<'_>) {
        if steps.forgets.is_empty() {
            return;
        }
        let object = |change: &ResourceChange| Some((change.address.type_name().to_owned(), change.id.clone()?));
        let holds = |change| Some((object(change)?, *steps.makes.get(&change.address)?));
        let holders: HashMap<_, _> = changes.iter().filter_map(holds).collect();
        for (change, forget) in &steps.forgets {
            let holder = object(change).and_then(|object| holders.get(&object).copied());
            self.must.extend(holder.map(|holder| (holder, *forget)));
        }
    }

    /// A name is given up before another resource takes it. If several take each other's names, one of them gets
    /// another name first.
    fn by_name(&mut self, changes: &[ResourceChange], steps: &mut Steps<'_>, readers: &Readers) {
        let mut handovers = handovers(changes, steps, readers);
        let mut asides: HashMap<(usize, UniqueKey), usize> = HashMap::new();
        for index in closing(&handovers) {
            let Handover { giver, key, .. } = handovers[index];
            let aside = *asides.entry((giver, key)).or_insert_with(|| steps.set_aside(giver, key));
            self.must.push((aside, giver));
            handovers[index].giver = aside;
        }
        self.should.extend(handovers.into_iter().map(|one| (one.giver, one.taker)));
    }

    /// All pairs, except those in `should` that are part of a cycle.
    fn resolved(self, steps: usize) -> impl Iterator<Item = (usize, usize)> {
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(steps, self.must.len() + self.should.len());
        for _ in 0..steps {
            graph.add_node(());
        }
        for (earlier, later) in self.must.iter().chain(&self.should) {
            graph.add_edge(NodeIndex::new(*earlier), NodeIndex::new(*later), ());
        }
        let mut knot = vec![0; steps];
        for (number, component) in kosaraju_scc(&graph).into_iter().enumerate() {
            for node in component {
                knot[node.index()] = number;
            }
        }
        let possible = self.should.into_iter().filter(move |(earlier, later)| knot[*earlier] != knot[*later]);
        self.must.into_iter().chain(possible)
    }
}

/// The handovers of a plan, by the steps that give up and take.
fn handovers(changes: &[ResourceChange], steps: &Steps<'_>, readers: &Readers) -> Vec<Handover> {
    let step = |handover: handover::Handover| {
        let (from, to) = (&changes[handover.giver].address, &changes[handover.taker].address);
        let giver = *steps.unmakes.get(from).or_else(|| steps.makes.get(from))?;
        let taker = *steps.makes.get(to)?;
        // A step that gives and takes the same name needs no order.
        (giver != taker).then_some(Handover { giver, taker, key: handover.key })
    };
    handover::find(changes, readers).into_iter().filter_map(step).collect()
}

/// The handovers that close circles, in which each step takes what the next one gives up. Without them, none is left.
fn closing(handovers: &[Handover]) -> Vec<usize> {
    let mut taken: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, one) in handovers.iter().enumerate() {
        taken.entry(one.taker).or_default().push(index);
    }
    let mut closing = Vec::new();
    // True for the steps on the path, false for those that are done.
    let mut on_path: HashMap<usize, bool> = HashMap::new();
    for start in taken.keys().copied() {
        if on_path.contains_key(&start) {
            continue;
        }
        on_path.insert(start, true);
        let mut path = vec![(start, 0)];
        while let Some((step, next)) = path.last_mut() {
            let Some(index) = taken.get(step).and_then(|all| all.get(*next)).copied() else {
                on_path.insert(*step, false);
                path.pop();
                continue;
            };
            *next += 1;
            let giver = handovers[index].giver;
            match on_path.get(&giver) {
                Some(true) => closing.push(index),
                Some(false) => {}
                None => {
                    on_path.insert(giver, true);
                    path.push((giver, 0));
                }
            }
        }
    }
    closing
}

impl Schedule {
    pub(super) fn new(changes: &[ResourceChange], readers: &Readers) -> Self {
        let mut steps = Steps::new(changes);
        let orders = Orders::new(changes, &mut steps, readers);
        let Steps { all, asides, .. } = steps;
        let count = all.len();
        let mut schedule = Self { steps: all, asides, followers: vec![Vec::new(); count], waits: vec![0; count] };
        for (earlier, later) in orders.resolved(count) {
            schedule.followers[earlier].push(later);
            schedule.waits[later] += 1;
        }
        schedule
    }

    /// Every step that waits for `step`, directly or not.
    pub(super) fn descendants(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.followers[step].clone();
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(&self.followers[next]);
            }
        }
        found
    }
}
