//! Warnings about services of one control plane that have the same routes.

use std::collections::BTreeMap;
use std::path::Path;

use super::request::PlanRequest;
use super::warning::Warning;
use crate::compiler::{Input, RouteClash, RouteMap, Spec, placements, staged_specification};
use crate::manifest::Loaded;
use crate::manifest::files;
use crate::manifest::model::{Organization, Placement};
use crate::report::count;
use engine::Mode;
use engine::plan::Warned;

/// The most routes that a warning lists.
const LISTED: usize = 3;

/// The warnings of a plan, among the services whose specifications were read for it.
pub(super) fn of_plan(
    input: Input<'_>,
    request: &PlanRequest,
    organizations: &[(&String, &Organization)],
) -> Vec<Warned> {
    if request.mode != Mode::Normal {
        return Vec::new();
    }
    let mut map = RouteMap::default();
    for (name, organization) in organizations {
        map.add(input, name, organization);
    }
    map.clashes().iter().map(warned).collect()
}

/// The warnings among the specifications that are staged beside the configuration, as in a checkout of the platform
/// repository. A file that is missing or cannot be read has no routes here: a plan reports that.
#[must_use]
pub fn staged_clashes(loaded: &Loaded) -> Vec<Warning> {
    let Some(folder) = &loaded.folder else { return Vec::new() };
    let (manifest, mut map) = (&loaded.manifest, RouteMap::default());
    for (name, organization) in &manifest.organizations {
        let mut specs: BTreeMap<String, Spec> = BTreeMap::new();
        for (environment_name, environment) in &organization.environments {
            for placement in placements(manifest, environment) {
                let path = staged_specification(name, environment_name, &placement);
                if let Some(spec) = staged(folder, &path) {
                    specs.insert(path, spec);
                }
            }
        }
        let routes = |environment: &str, placement: &Placement<'_>| {
            Some(&specs.get(&staged_specification(name, environment, placement))?.routes)
        };
        map.add_known(manifest, name, organization, &routes);
    }
    map.clashes().iter().map(|clash| warned(clash).into()).collect()
}

/// The specification at a path of the platform repository, which begins with `konnect/`.
fn staged(folder: &Path, path: &str) -> Option<Spec> {
    let path = folder.join(path.strip_prefix("konnect/")?);
    Spec::parse(files::read_text(&path, files::LARGEST_TEXT).ok()?).ok()
}

fn warned(RouteClash { services, routes, places }: &RouteClash) -> Warned {
    let names: Vec<String> = services.iter().map(|name| format!("`{name}`")).collect();
    let names = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    let listed: Vec<String> = routes.iter().take(LISTED).map(|route| format!("`{route}`")).collect();
    let more = match routes.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Warned {
        message: format!(
            "The services {names} have {} in common on one control plane, and the gateway sends a request to one of them \
             alone: {}{more} ({}).",
            count(routes.len(), "route"),
            listed.join(", "),
            places.join(", ")
        ),
        help: Some(
            "begin the paths of each specification with a word of its own, because a path of `servers` is no part of a \
             route, or set `hosts` in `x-kong-route-defaults` of the specifications"
                .to_owned(),
        ),
    }
}
