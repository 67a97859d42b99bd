//! References as a graph (R1).

use std::collections::{HashMap, HashSet};

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::address::Address;
use super::desired::Desired;

/// The references of the resources of one scope, checked, and the order that they demand. A resource is an index into
/// the slice that the graph was built from.
#[derive(Debug)]
pub struct Graph {
    order: Vec<usize>,
}

/// Why resources are not a graph.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// A cycle, first element repeated at the end.
    #[error("the references form a cycle: {}", join(.0))]
    Cycle(Vec<Address>),
    /// Two resources under one address.
    #[error("the configuration asks for `{0}` twice; give one of them another name")]
    Duplicate(Address),
    /// A reference to a resource that does not exist.
    #[error("`{from}` refers to `{to}`, which is not part of the configuration")]
    Dangling {
        /// The resource that refers.
        from: Address,
        /// The missing resource.
        to: Address,
    },
}

fn join(cycle: &[Address]) -> String {
    let names: Vec<_> = cycle.iter().map(Address::as_str).collect();
    names.join(" → ")
}

impl Graph {
    /// Builds the graph of `resources` and orders it.
    ///
    /// # Errors
    /// An address occurs twice, a reference leads to nothing, or there is a cycle.
    pub fn new(resources: &[Desired]) -> Result<Self, GraphError> {
        let mut graph = DiGraph::with_capacity(resources.len(), resources.len() * 2);
        let mut nodes: HashMap<&Address, NodeIndex> = HashMap::with_capacity(resources.len());
        for (index, resource) in resources.iter().enumerate() {
            if nodes.insert(&resource.address, graph.add_node(index)).is_some() {
                return Err(GraphError::Duplicate(resource.address.clone()));
            }
        }
        let mut dependencies = Vec::new();
        for resource in resources {
            for address in resource.references() {
                let missing = || GraphError::Dangling { from: resource.address.clone(), to: address.clone() };
                dependencies.push(*nodes.get(address).ok_or_else(missing)?);
            }
            dependencies.sort_unstable();
            dependencies.dedup();
            let to = nodes[&resource.address];
            for from in dependencies.drain(..) {
                graph.add_edge(from, to, ());
            }
        }
        let order = order(&graph);
        if order.len() < resources.len() {
            return Err(GraphError::Cycle(cycle(&graph, resources)));
        }
        Ok(Self { order })
    }

    /// Indices, each after all that it refers to.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

/// Indices in the order of references, without those in a cycle or after one.
///
/// Level by level, and within a level in the order of the slice, so that a large configuration is visited in the order
/// of its memory.
fn order(graph: &DiGraph<usize, ()>) -> Vec<usize> {
    let mut waits: Vec<usize> =
        graph.node_indices().map(|node| graph.edges_directed(node, Direction::Incoming).count()).collect();
    let mut order: Vec<usize> = (0..waits.len()).filter(|node| waits[*node] == 0).collect();
    let mut done = 0;
    let mut level_ends = order.len();
    while done < order.len() {
        for follower in graph.neighbors(NodeIndex::new(order[done])) {
            waits[follower.index()] -= 1;
            if waits[follower.index()] == 0 {
                order.push(follower.index());
            }
        }
        done += 1;
        if done == level_ends {
            order[done..].sort_unstable();
            level_ends = order.len();
        }
    }
    order
}

/// A cycle of a graph that has one: addresses from dependent to dependency, the first repeated at the end.
fn cycle(graph: &DiGraph<usize, ()>, resources: &[Desired]) -> Vec<Address> {
    let address = |node: &NodeIndex| &resources[graph[*node]].address;
    // Tarjan's algorithm would recurse as deep as the references go.
    let knot = kosaraju_scc(graph)
        .into_iter()
        .find(|component| component.len() > 1 || graph.contains_edge(component[0], component[0]))
        .unwrap_or_default();
    let knot: HashSet<NodeIndex> = knot.into_iter().collect();
    // Within a strongly connected component, a walk that stays inside meets a node again.
    let mut path = Vec::new();
    let mut places: HashMap<NodeIndex, usize> = HashMap::new();
    let mut next = knot.iter().copied().min_by_key(address);
    while let Some(node) = next {
        path.push(node);
        if let Some(place) = places.insert(node, path.len() - 1) {
            path.drain(..place);
            break;
        }
        let dependencies = graph.neighbors_directed(node, Direction::Incoming);
        next = dependencies.filter(|node| knot.contains(node)).min_by_key(address);
    }
    path.iter().map(|node| address(node).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::{Expr, Reference};

    fn thing(key: &str, needs: &[&str]) -> Desired {
        needs.iter().fold(Desired::new("s", "thing", key), |desired, need| {
            let to = Address::new("s", "thing", need);
            desired.with(need, Expr::Reference(Reference::new(&to, "id")))
        })
    }

    #[test]
    fn r1_nothing_has_an_empty_order() {
        assert_eq!(Graph::new(&[]).unwrap().order(), &[] as &[usize]);
    }

    #[test]
    fn r1_what_is_referred_to_comes_first() {
        let resources = [thing("c", &["b"]), thing("b", &["a"]), thing("a", &[])];
        assert_eq!(Graph::new(&resources).unwrap().order(), &[2, 1, 0]);
    }

    #[test]
    fn r1_what_does_not_depend_on_each_other_stays_in_the_order_of_the_configuration() {
        let resources = [thing("a", &["d"]), thing("b", &[]), thing("c", &["b", "d"]), thing("d", &[])];
        assert_eq!(Graph::new(&resources).unwrap().order(), &[1, 3, 0, 2]);
    }

    #[test]
    fn r1_a_cycle_is_an_error_that_prints_the_cycle() {
        let resources = [thing("a", &["b"]), thing("b", &["c"]), thing("c", &["a"]), thing("d", &["a"])];
        assert_eq!(
            Graph::new(&resources).unwrap_err().to_string(),
            "the references form a cycle: s/thing/a → s/thing/b → s/thing/c → s/thing/a"
        );
    }

    #[test]
    fn r1_a_resource_that_refers_to_itself_is_a_cycle() {
        let error = Graph::new(&[thing("a", &["a"])]).unwrap_err();
        assert_eq!(error.to_string(), "the references form a cycle: s/thing/a → s/thing/a");
    }

    #[test]
    fn r1_a_cycle_as_long_as_the_configuration_is_printed_too() {
        let one = |i: usize| thing(&i.to_string(), &[&((i + 1) % 100_000).to_string()]);
        let resources: Vec<_> = (0..100_000).map(one).collect();
        let Err(GraphError::Cycle(cycle)) = Graph::new(&resources) else { panic!("no cycle") };
        assert_eq!(cycle.len(), 100_001);
    }

    #[test]
    fn r1_two_resources_under_one_address_are_an_error() {
        let error = Graph::new(&[thing("a", &[]), thing("a", &[])]).unwrap_err();
        assert_eq!(error, GraphError::Duplicate(Address::new("s", "thing", "a")));
    }

    #[test]
    fn r1_a_reference_to_nothing_names_both_ends() {
        let error = Graph::new(&[thing("a", &["b"])]).unwrap_err();
        assert_eq!(error.to_string(), "`s/thing/a` refers to `s/thing/b`, which is not part of the configuration");
    }
}
