//! The resources of the state.

use super::screen::Screen;
use crate::report::escape::escape;
use crate::report::order;
use crate::report::schemas::Schemas;
use crate::report::style::{Style, Tone};
use crate::report::words::count;
use engine::secret::SENSITIVE;
use engine::state::ResourceState;
use engine::{Address, Attribute, Attributes, Schema};

/// The resources of states, organization by organization, in the order for a reader: each with its address, its id and
/// its attributes.
#[must_use]
pub fn state<'a>(
    resources: impl IntoIterator<Item = (&'a Address, &'a ResourceState)>,
    schemas: Schemas<'_>,
    style: &Style,
) -> String {
    let mut screen = Screen::new(style);
    let mut resources: Vec<_> = resources.into_iter().collect();
    resources.sort_by(|(a, _), (b, _)| (a.scope(), order::key(a, schemas)).cmp(&(b.scope(), order::key(b, schemas))));
    for (address, resource) in &resources {
        screen.blank();
        headline(&mut screen, address, resource);
        attributes(&mut screen, &resource.attributes, schemas.get(address.type_name()));
    }
    screen.blank();
    screen.sentence(&format!("{} in the state.", count(resources.len(), "resource")));
    screen.finish()
}

/// The whole record of one resource.
#[must_use]
pub fn resource(address: &Address, resource: &ResourceState, schemas: Schemas<'_>, style: &Style) -> String {
    let mut screen = Screen::new(style);
    headline(&mut screen, address, resource);
    let schema = schemas.get(address.type_name());
    attributes(&mut screen, &resource.attributes, schema);
    if !resource.normalised.is_empty() {
        screen.blank();
        screen.sentence("Requested, although the server stored another form:");
        attributes(&mut screen, &resource.normalised, schema);
    }
    if !resource.dependencies.is_empty() {
        screen.blank();
        screen.sentence("Refers to:");
        for dependency in &resource.dependencies {
            screen.line(4, &escape(dependency));
        }
    }
    if resource.protect {
        screen.blank();
        screen.sentence("It is protected: no plan may destroy it.");
    }
    screen.finish()
}

fn headline(screen: &mut Screen<'_>, address: &Address, resource: &ResourceState) {
    let name = screen.paint(Tone::Strong, &escape(address.as_str()));
    screen.line(0, &format!("{name} ({})", escape(&resource.id)));
}

fn attributes(screen: &mut Screen<'_>, attributes: &Attributes, schema: Option<&Schema>) {
    let width = attributes.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    for (name, value) in attributes {
        let is_secret = schema.and_then(|schema| schema.attribute(name)).is_some_and(Attribute::is_write_only);
        let value = if is_secret { SENSITIVE.to_owned() } else { escape(&value.to_string()) };
        screen.line(4, &format!("{name:width$} = {value}"));
    }
}
