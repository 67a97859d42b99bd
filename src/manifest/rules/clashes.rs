//! Rules about names that become the same thing elsewhere: a file, a branch, a state, or an object of Konnect. Such a
//! configuration would never come to rest, and no plan could repair it.

use std::collections::BTreeMap;

use super::Rules;
use super::names::same_file;
use crate::manifest::model::{ControlPlane, Environment, Organization, Service};
use crate::manifest::path::KeyPath;

/// The code of these errors.
pub(super) const CLASH: &str = "koctl::manifest::clash";

/// Objects of Konnect by region and name, each with its environment.
type Objects<'m> = BTreeMap<(&'static str, String), &'m str>;

/// True for the name of a file that the folder of a service has, or may have.
fn is_of_a_service(file: &str) -> bool {
    Service::STAGED_FILES.contains(&file) || file == Service::PLUGINS_FILE
}

impl Rules<'_> {
    pub(super) fn clashes(&mut self) {
        let manifest = self.manifest;
        let (teams, organizations) = (KeyPath::from(["teams"]), KeyPath::from(["organizations"]));
        self.distinct(&teams, "teams", manifest.teams.keys());
        self.distinct(&organizations, "organizations", manifest.organizations.keys());
        for (name, team) in &manifest.teams {
            let services = teams.key(name).key("services");
            self.distinct(&services, "services", team.services.keys());
            self.files_beside_each_other(&services, &team.services);
        }
        for (name, organization) in &manifest.organizations {
            let environments = organizations.key(name).key("environments");
            self.distinct(&environments, "environments", organization.environments.keys());
            self.apis(&environments, organization);
            self.portals(&environments, organization);
            self.same_strategies(&environments, organization);
            self.control_planes(&environments, organization);
            self.shared_control_planes(&environments, organization);
        }
        self.branches(&organizations);
    }

    /// Reports names of which a file system can mistake one for the other.
    fn distinct<'m>(&mut self, path: &KeyPath, what: &str, names: impl Iterator<Item = &'m String>) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for name in names {
            let Some(first) = seen.insert(same_file(name), name) else { continue };
            self.report_alike(
                    [&path.key(first), &path.key(name)],
                CLASH,
                format!(
                    "the {what} `{first}` and `{name}` differ only in upper and lower case, or in the encoding of letters"
                ),
                "rename one of them: their files, branches and states have names in which many systems do not see such \
                 a difference",
            );
        }
    }

    /// Reports a service whose folder would be a staged file of another service.
    fn files_beside_each_other(&mut self, path: &KeyPath, services: &BTreeMap<String, Service>) {
        let by_file: BTreeMap<String, &str> = services.keys().map(|key| (same_file(key), key.as_str())).collect();
        for (folder, key) in &by_file {
            for (slash, _) in folder.match_indices('/') {
                let file = folder[slash + 1..].split('/').next().unwrap_or_default();
                let Some(above) = by_file.get(&folder[..slash]).filter(|_| is_of_a_service(file)) else {
                    continue;
                };
                self.report_conflict(
                    [(&path.key(*above), "has a file of this name"), (&path.key(*key), "needs a folder of this name")],
                    CLASH,
                    format!("the services `{above}` and `{key}` cannot be beside each other"),
                    &format!("rename one of them: a file `{file}` has its place in the folder of the first one"),
                );
            }
        }
    }

    /// Reports environments that would stage their files on the same branch.
    fn branches(&mut self, path: &KeyPath) {
        let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (organization, configured) in &self.manifest.organizations {
            for name in configured.environments.keys() {
                let (first, first_name) = *seen
                    .entry(same_file(&format!("{organization}-{name}")))
                    .or_insert((organization.as_str(), name.as_str()));
                // Names that differ only in case are an error of their own.
                if same_file(first) == same_file(organization) {
                    continue;
                }
                let place = |organization: &str, name: &str| path.key(organization).key("environments").key(name);
                self.report_alike(
                    [&place(first, first_name), &place(organization, name)],
                    CLASH,
                    format!(
                        "the environments `{first}/{first_name}` and `{organization}/{name}` would share the branch \
                         `{organization}-{name}-…` of the platform repository"
                    ),
                    "rename one of them: a branch is named after the organization and the environment",
                );
            }
        }
    }

    /// Reports environments whose portals would have the same name.
    fn portals(&mut self, path: &KeyPath, organization: &Organization) {
        let mut seen = Objects::new();
        for (name, environment) in self.known(path, organization) {
            let portal = environment.portal_name(name);
            let first = *seen.entry((environment.region.as_str(), portal.to_owned())).or_insert(name);
            if first != name {
                let place = |name: &str| path.key(name).key("portal").key("name");
                self.report_alike(
                    [&place(first), &place(name)],
                    CLASH,
                    format!(
                        "`{first}` and `{name}` would have the same portal `{portal}` in the region {}",
                        environment.region
                    ),
                    "choose another `portal.name` for one of them: names of portals are unique in a region",
                );
            }
        }
    }

    /// Reports teams that share a control plane and contradict each other about it.
    fn shared_control_planes(&mut self, path: &KeyPath, organization: &Organization) {
        for (name, environment) in &organization.environments {
            let mut seen: BTreeMap<String, Vec<(&str, &ControlPlane)>> = BTreeMap::new();
            for (team, _, part) in environment.members(&self.manifest.teams) {
                let Some(part) = part else { continue };
                let plane = part.control_plane_name.clone();
                let plane = plane.unwrap_or_else(|| Environment::control_plane_name(team, name));
                let sharing = seen.entry(plane.clone()).or_default();
                let contradiction = |(first, settings): &(&str, &ControlPlane)| {
                    Some(((*first).to_owned(), settings.contradiction(&part.control_plane)?))
                };
                if let Some((first, key)) = sharing.iter().find_map(contradiction) {
                    let teams = path.key(name).key("teams");
                    let place = |team: &str| teams.key(team).key("control-plane").key(key);
                    self.report_alike(
                        [&place(&first), &place(team)],
                        CLASH,
                        format!("`{first}` and `{team}` share the control plane `{plane}`, and differ in its `{key}`"),
                        "write the same for both, or only for one of them",
                    );
                }
                sharing.push((team, &part.control_plane));
            }
        }
    }

    /// Reports environments of which a control plane would be the same object.
    fn control_planes(&mut self, path: &KeyPath, organization: &Organization) {
        let mut seen = Objects::new();
        for (name, environment) in self.known(path, organization) {
            for (team, _, part) in environment.members(&self.manifest.teams) {
                let plane = part.and_then(|part| part.control_plane_name.clone());
                let plane = plane.unwrap_or_else(|| Environment::control_plane_name(team, name));
                let first = *seen.entry((environment.region.as_str(), plane.clone())).or_insert(name);
                if first != name {
                    self.report_alike(
                        [&path.key(first), &path.key(name)],
                        CLASH,
                        format!(
                            "`{first}` and `{name}` would have the same control plane `{plane}` in the region {}",
                            environment.region
                        ),
                        "give one of them another `control-plane-name`: teams can share a control plane, environments \
                         cannot",
                    );
                    break;
                }
            }
        }
    }

    /// The environments whose type and region are not placeholders.
    pub(super) fn known<'m>(&self, path: &KeyPath, organization: &'m Organization) -> Vec<(&'m str, &'m Environment)> {
        let is_known = |name: &str| {
            let path = path.key(name);
            !["type", "region"].iter().any(|key| self.locations.is_wrong(&path.key(*key)))
        };
        let environments = organization.environments.iter().map(|(name, environment)| (name.as_str(), environment));
        environments.filter(|(name, _)| is_known(name)).collect()
    }
}
