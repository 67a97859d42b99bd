//! What a command does, without a terminal: configuration, state and live systems brought together.
//!
//! `cli` and `server` are two ways to ask for the same operations. [`Session::open`] loads the configuration and
//! opens the state; [`Session::plan`] reads and compares, and cannot write; [`Session::apply`] carries out a plan
//! that somebody approved; [`Session::drift`] reads what somebody else changed.

mod apply;
mod connect;
mod drift;
mod failure;
pub mod generate;
mod import;
mod keys;
mod lineage;
mod plan;
mod platform;
mod renames;
mod sandbox;
mod session;
pub mod state;
mod store;
pub mod tell;

pub use apply::{Applied, Approved, Locks, NeedsPerson, Settings};
pub use drift::{DriftRequest, Watched};
pub use failure::Failure;
pub use import::Choice;
pub use plan::{PlanRequest, Planned};
pub use platform::{PlatformAccess, PlatformOptions, local_platform};
pub use sandbox::{ServeOptions, Serving, Tenants, serve};
pub use session::{Environment, Session, SessionOptions, sandbox_token};

use engine::Schema;

/// The schema of a resource type.
#[must_use]
pub fn schema(type_name: &str) -> Option<&'static Schema> {
    let konnect = crate::konnect::resources::SCHEMAS.iter();
    let github = crate::github::resources::SCHEMAS.iter();
    konnect.chain(github).copied().find(|schema| schema.type_name == type_name)
}

#[cfg(test)]
mod tests {
    use engine::schema::OnRemoval;
    use engine::{Attribute, Kind, Schema};

    const PAGE: &str = include_str!("../../docs/resources.md");

    fn code(names: &[&str]) -> String {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }

    fn attribute(attribute: &Attribute) -> String {
        let name = format!("`{}`", attribute.name);
        match attribute.kind {
            Kind::Computed => format!("{name} *(computed)*"),
            Kind::WriteOnly => format!("{name} *(write-only)*"),
            _ if attribute.forces_replacement => format!("**{name}**"),
            _ => name,
        }
    }

    /// The row of a type, up to its operations, which no schema knows.
    fn row(schema: &Schema) -> String {
        let attributes: Vec<String> = schema.attributes.iter().map(attribute).collect();
        let is_looked_up = schema.attributes.iter().all(|attribute| attribute.kind == Kind::Computed);
        let on_removal = match schema.on_removal {
            _ if is_looked_up => "looked up",
            OnRemoval::Delete => "deleted",
            OnRemoval::Forget => "forgotten",
        };
        let key = format!(" {} ", code(schema.natural_key)).replace("  ", " ");
        let guarded = if schema.guarded { "yes" } else { "no" };
        format!("| `{}` |{key}| {} | {guarded} | {on_removal} | ", schema.type_name, attributes.join(", "))
    }

    #[test]
    fn the_page_of_resources_has_every_type_as_it_is_and_no_other() {
        let konnect = crate::konnect::resources::SCHEMAS.iter();
        let schemas: Vec<&Schema> = konnect.chain(crate::github::resources::SCHEMAS).copied().collect();
        for schema in &schemas {
            let row = row(schema);
            let found = PAGE.lines().find_map(|line| line.strip_prefix(row.as_str()));
            let operations = found.unwrap_or_else(|| panic!("docs/resources.md has no row that begins:\n{row}"));
            assert!(operations.contains(" /") && operations.ends_with(" |"), "{}: {operations}", schema.type_name);
        }
        let rows = PAGE.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, schemas.len(), "docs/resources.md has a row of a type that does not exist, or one twice");
    }
}
