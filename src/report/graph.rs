//! The graph of resources in the languages of Graphviz and Mermaid.

use std::fmt::Write;

use super::escape::escape;
use engine::Desired;

/// A language of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid, which GitHub draws in Markdown.
    Mermaid,
}

/// Draws `resources`, with an arrow from each to its dependencies, in the order of addresses.
#[must_use]
pub fn draw(resources: &[Desired], format: Format) -> String {
    let mut sorted: Vec<&Desired> = resources.iter().collect();
    sorted.sort_by(|a, b| a.address.cmp(&b.address));
    let names: Vec<&str> = sorted.iter().map(|resource| resource.address.as_str()).collect();
    let mut edges = Vec::new();
    for (from, resource) in sorted.iter().enumerate() {
        let found = |address: &engine::Address| names.binary_search(&address.as_str()).ok();
        edges.extend(resource.dependencies().into_iter().filter_map(found).map(|to| (from, to)));
    }
    match format {
        Format::Dot => dot(&names, &edges),
        Format::Mermaid => mermaid(&names, &edges),
    }
}

fn dot(names: &[&str], edges: &[(usize, usize)]) -> String {
    let quoted = |name: &str| format!("\"{}\"", escape(name).replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph koctl {\n  rankdir = \"RL\";\n  node [shape = box];\n".to_owned();
    for name in names {
        let _ = writeln!(text, "  {};", quoted(name));
    }
    for (from, to) in edges {
        let _ = writeln!(text, "  {} -> {};", quoted(names[*from]), quoted(names[*to]));
    }
    text.push_str("}\n");
    text
}

fn mermaid(names: &[&str], edges: &[(usize, usize)]) -> String {
    let mut text = "flowchart RL\n".to_owned();
    for (index, name) in names.iter().enumerate() {
        let _ = writeln!(text, "  r{index}[\"{}\"]", escape(name).replace('"', "#quot;"));
    }
    for (from, to) in edges {
        let _ = writeln!(text, "  r{from} --> r{to}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Desired;

    fn world() -> Vec<Desired> {
        let team = Desired::new("Acme", "team", "a \"b\"");
        let member = Desired::new("Acme", "team_user", "m").with("team_id", team.id());
        vec![team, member]
    }

    #[test]
    fn an_empty_configuration_is_an_empty_graph() {
        assert_eq!(draw(&[], Format::Mermaid), "flowchart RL\n");
    }

    #[test]
    fn an_arrow_points_from_a_resource_to_what_it_depends_on() {
        insta::assert_snapshot!(draw(&world(), Format::Dot), @r#"
        digraph koctl {
          rankdir = "RL";
          node [shape = box];
          "Acme/team/a \"b\"";
          "Acme/team_user/m";
          "Acme/team_user/m" -> "Acme/team/a \"b\"";
        }
        "#);
        insta::assert_snapshot!(draw(&world(), Format::Mermaid), @r#"
        flowchart RL
          r0["Acme/team/a #quot;b#quot;"]
          r1["Acme/team_user/m"]
          r1 --> r0
        "#);
    }
}
