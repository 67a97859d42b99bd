//! The manifest of a draft, with its specifications.

use std::collections::BTreeMap;

use super::draft::{Draft, DraftApi, DraftEnvironment, DraftMember};
use crate::compiler::{Spec, SpecAddress};
use crate::manifest::model::{
    ControlPlane, Environment, EnvironmentPortal, EnvironmentService, EnvironmentTeam, EnvironmentType, Manifest,
    Organization, PortalRole, PortalTeamRole, Service, ServiceGit, Team,
};
use crate::manifest::secret::Secret;
use crate::manifest::{content_files, unfit_shown_name};

/// The configuration of a draft, with its guesses.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The manifest.
    pub manifest: Manifest,
    /// The specifications of its services.
    pub specs: BTreeMap<SpecAddress, Spec>,
    /// The guesses: a comment for each guessed key, by its path.
    pub guesses: BTreeMap<Vec<String>, String>,
}

impl Configuration {
    /// The same without pages and snippets of portals, which are in files of their own.
    #[must_use]
    pub fn without_content(&self) -> Self {
        let mut configuration = self.clone();
        let organizations = configuration.manifest.organizations.values_mut();
        for environment in organizations.flat_map(|organization| organization.environments.values_mut()) {
            environment.portal.pages.clear();
            environment.portal.snippets.clear();
        }
        configuration
    }

    /// The files with pages and snippets of portals, by path.
    #[must_use]
    pub fn content(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for (organization, settings) in &self.manifest.organizations {
            for (environment, settings) in &settings.environments {
                let of_environment = content_files(organization, environment, &settings.portal);
                files.extend(of_environment.into_iter().map(|(path, text)| (format!("konnect/{path}"), text)));
            }
        }
        files
    }
}

/// The use that an environment makes of a service.
struct Use<'a> {
    environment: &'a str,
    r#type: EnvironmentType,
    api: &'a DraftApi,
}

impl Use<'_> {
    fn default_branch(&self) -> &'static str {
        match self.r#type {
            EnvironmentType::Prod => Service::PROD_BRANCH,
            EnvironmentType::Dev => Service::DEV_BRANCH,
        }
    }

    fn content(&self) -> &str {
        &self.api.spec.content
    }
}

/// The uses of services, by team and by the service's name.
type Uses<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<Use<'a>>>>;

impl Draft {
    fn uses(&self) -> Uses<'_> {
        let mut uses: Uses<'_> = BTreeMap::new();
        for (environment, draft) in &self.environments {
            for (team, member) in &draft.members {
                for (service, api) in &member.apis {
                    let of_team = uses.entry(team).or_default();
                    let one = Use { environment, r#type: draft.r#type, api };
                    of_team.entry(service).or_default().push(one);
                }
            }
        }
        uses
    }

    /// The manifest and the specifications that the draft stands for.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        let mut configuration =
            Configuration { manifest: Manifest::default(), specs: BTreeMap::new(), guesses: BTreeMap::new() };
        let uses = self.uses();
        let nothing = BTreeMap::new();
        let mut branches: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for (name, draft) in &self.teams {
            let mut team =
                Team { description: draft.description.clone(), users: draft.users.clone(), ..Team::default() };
            for (service, uses) in uses.get(name.as_str()).unwrap_or(&nothing) {
                branches.insert(service, self.service(name, service, uses, &mut team, &mut configuration));
            }
            configuration.manifest.teams.insert(name.clone(), team);
        }
        let organization = self.organization(&branches, &mut configuration);
        configuration.manifest.organizations.insert(self.options.organization.clone(), organization);
        configuration
    }

    /// Adds a service to its team. Returns the branch that each environment is made from.
    fn service<'a>(
        &self,
        team_name: &str,
        name: &str,
        uses: &[Use<'a>],
        team: &mut Team,
        configuration: &mut Configuration,
    ) -> BTreeMap<&'a str, String> {
        let key = self.options.remote.key(team_name, name);
        let remote = self.options.remote.remote(team_name, name);
        let path = ["teams", team_name, "services", &key];
        let mut guess = |more: &[&str], text: &str| {
            let path = path.iter().chain(more).map(|segment| (*segment).to_owned()).collect();
            configuration.guesses.insert(path, text.to_owned());
        };
        guess(&["git", "remote"], "guessed");
        if let Some(Some(reason)) = uses.iter().map(|one| one.api.guess).min() {
            guess(&["name"], reason);
        }
        let branches = branches(uses);
        for one in uses {
            let address = SpecAddress {
                remote: remote.clone(),
                branch: branches[one.environment].clone(),
                path: Service::SPEC_PATH.to_owned(),
                docs: None,
            };
            configuration.specs.insert(address, one.api.spec.clone());
        }
        let service = Service {
            name: name.to_owned(),
            display_name: common_name(uses).filter(|shown| shown != name),
            slug: common_slug(uses),
            visibility: None,
            auth_strategy: None,
            labels: common_labels(uses),
            select_tags: Vec::new(),
            description: common_description(uses),
            git: ServiceGit { remote, auth: None, github: None, author: None },
            spec_path: Service::SPEC_PATH.to_owned(),
            docs: None,
            prod_branch_name: Service::PROD_BRANCH.to_owned(),
            dev_branch_name: Service::DEV_BRANCH.to_owned(),
            ignore_changes: Vec::new(),
            protect: false,
        };
        team.services.insert(key, service);
        branches
    }

    fn organization(
        &self,
        branches: &BTreeMap<&str, BTreeMap<&str, String>>,
        configuration: &mut Configuration,
    ) -> Organization {
        let mut environments = BTreeMap::new();
        for (name, draft) in &self.environments {
            let all = &configuration.manifest.teams;
            let environment = Environment {
                teams: self.members(name, draft, all, branches),
                control_plane: common_settings(draft).unwrap_or_default(),
                portal: self.portal(draft, all),
                ..Environment::new(draft.r#type, draft.region)
            };
            if let Some(reason) = draft.guess {
                let path = ["organizations", &self.options.organization, "environments", name, "type"];
                configuration.guesses.insert(path.map(str::to_owned).into(), reason.to_owned());
            }
            environments.insert(name.clone(), environment);
        }
        Organization {
            access_token: Secret::Env(self.options.token_variable.clone()),
            environments,
            authorization: self.authorization.clone(),
            notifications: self.notifications.clone(),
            enable_custom_reports: self.custom_reports,
            ignore_changes: Vec::new(),
            protect: false,
        }
    }

    /// The portal of an environment, with the roles of its teams.
    fn portal(&self, draft: &DraftEnvironment, all: &BTreeMap<String, Team>) -> EnvironmentPortal {
        let mut portal = draft.overrides.clone();
        let of_member = |(team, member): (&String, &DraftMember)| {
            let services = all.get(team).into_iter().flat_map(|team| &team.services);
            let there = services.filter(|(_, service)| member.apis.contains_key(&service.name));
            there.map(|(key, service)| (service.name.clone(), key.clone())).collect::<Vec<_>>()
        };
        let keys: BTreeMap<String, String> = draft.members.iter().flat_map(of_member).collect();
        for (name, team) in &mut portal.teams {
            for role in PortalRole::ALL {
                let given = draft.roles.get(name).into_iter().flatten().filter(|(given, _)| *given == role);
                let services: Vec<String> = given.filter_map(|(_, service)| keys.get(service).cloned()).collect();
                if !services.is_empty() {
                    let services = (services.len() < keys.len()).then_some(services);
                    team.roles.push(PortalTeamRole { role, services, teams: None });
                }
            }
        }
        portal
    }

    /// The teams that take part in an environment. `None` if all teams do, with all of their services.
    fn members(
        &self,
        environment: &str,
        draft: &DraftEnvironment,
        all: &BTreeMap<String, Team>,
        branches: &BTreeMap<&str, BTreeMap<&str, String>>,
    ) -> Option<BTreeMap<String, EnvironmentTeam>> {
        let mut parts = BTreeMap::new();
        let common = common_settings(draft);
        for (name, member) in &draft.members {
            let usual = format!("{name}-{environment}");
            let own = |service: &Service| {
                let branch = branches.get(service.name.as_str())?.get(environment)?;
                Some(self::part(service, branch, environment, draft, member.apis.get(&service.name)?))
            };
            let services = all.get(name).map(|team| &team.services);
            let services: BTreeMap<String, EnvironmentService> = services
                .into_iter()
                .flatten()
                .filter_map(|(key, service)| Some((key.clone(), own(service)?)))
                .collect();
            let complete = all.get(name).is_some_and(|team| team.services.len() == services.len());
            let plain = complete && services.values().all(|service| *service == EnvironmentService::default());
            let part = EnvironmentTeam {
                control_plane_name: Some(member.plane_name.clone()).filter(|plane| *plane != usual),
                control_plane: if common.is_some() { ControlPlane::default() } else { member.settings.clone() },
                services: if plain { None } else { Some(services) },
            };
            parts.insert(name.clone(), part);
        }
        let usual = |part: &EnvironmentTeam| {
            part.control_plane_name.is_none() && part.control_plane.is_empty() && part.services.is_none()
        };
        let everybody = parts.len() == all.len() && parts.values().all(usual);
        if everybody { None } else { Some(parts) }
    }
}

/// What an environment says of a service, where its API differs from what the service says.
fn part(
    service: &Service,
    branch: &str,
    environment: &str,
    draft: &DraftEnvironment,
    api: &DraftApi,
) -> EnvironmentService {
    let r#type = draft.r#type;
    let default_strategy = draft.overrides.default_application_auth_strategy.as_deref();
    let shown = service.display_name.as_deref().unwrap_or(&service.name);
    let description = api.description.clone().filter(|_| service.description.is_none());
    let own = |(key, value): &(&String, &String)| service.labels.get(*key) != Some(*value);
    EnvironmentService {
        branch: Some(branch.to_owned()).filter(|branch| branch != service.branch(r#type)),
        api_name: Some(api.name.clone()).filter(|name| *name != r#type.api_name(shown, environment)),
        slug: api.slug.clone().filter(|_| service.slug.is_none()),
        description,
        visibility: api.visibility,
        auth_strategy: api.auth_strategy.clone().filter(|key| Some(key.as_str()) != default_strategy),
        labels: api.labels.iter().filter(own).map(|(key, value)| (key.clone(), value.clone())).collect(),
    }
}

/// What all control planes of an environment have in common. `None` if they differ.
fn common_settings(draft: &DraftEnvironment) -> Option<ControlPlane> {
    let mut all = draft.members.values().map(|member| &member.settings);
    let first = all.next()?;
    all.all(|other| other == first).then(|| first.clone())
}

/// The name of a service from which those of its APIs follow. `None` if there is none.
fn common_name(uses: &[Use<'_>]) -> Option<String> {
    let shown = |one: &Use<'_>| match one.r#type {
        EnvironmentType::Prod => Some(one.api.name.clone()),
        EnvironmentType::Dev => one.api.name.strip_suffix(one.environment)?.strip_suffix('-').map(str::to_owned),
    };
    let first = shown(uses.first()?).filter(|name| unfit_shown_name(name).is_none())?;
    uses.iter().all(|one| shown(one).as_ref() == Some(&first)).then_some(first)
}

/// The slug of a service from which those of its APIs follow. `None` if there is none.
fn common_slug(uses: &[Use<'_>]) -> Option<String> {
    let slug = |one: &Use<'_>| match one.r#type {
        EnvironmentType::Prod => one.api.slug.clone(),
        EnvironmentType::Dev => {
            let slug = one.api.slug.as_deref()?.strip_suffix(one.environment)?.strip_suffix('-')?;
            Some(slug.to_owned()).filter(|slug| !slug.is_empty())
        }
    };
    let first = slug(uses.first()?)?;
    uses.iter().all(|one| slug(one).as_ref() == Some(&first)).then_some(first)
}

/// The labels that all APIs of a service have.
fn common_labels(uses: &[Use<'_>]) -> BTreeMap<String, String> {
    let Some(first) = uses.first() else { return BTreeMap::new() };
    let is_common = |(key, value): &(&String, &String)| uses.iter().all(|one| one.api.labels.get(*key) == Some(*value));
    first.api.labels.iter().filter(is_common).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The description that the APIs of a service share. `None` if they differ: the configuration does not set it then.
fn common_description(uses: &[Use<'_>]) -> Option<String> {
    let first = uses.first()?.api.description.clone()?;
    uses.iter().all(|one| one.api.description.as_ref() == Some(&first)).then_some(first)
}

/// The branch that each environment is made from: environments of one type mostly from that which the type implies,
/// those with another specification from one that is named after the first of them.
fn branches<'a>(uses: &[Use<'a>]) -> BTreeMap<&'a str, String> {
    let mut contents: BTreeMap<String, &str> = BTreeMap::new();
    for branch in [Service::PROD_BRANCH, Service::DEV_BRANCH] {
        let of_branch: Vec<&Use<'a>> = uses.iter().filter(|one| one.default_branch() == branch).collect();
        if let Some(content) = usual_content(&of_branch, branch) {
            contents.insert(branch.to_owned(), content);
        }
    }
    let mut chosen = BTreeMap::new();
    for one in uses {
        let usual = one.default_branch();
        let same = |branch: &str| contents.get(branch) == Some(&one.content());
        let there =
            || contents.iter().find(|(_, content)| **content == one.content()).map(|(branch, _)| branch.clone());
        let branch = if same(usual) { Some(usual.to_owned()) } else { there() };
        let branch = branch.unwrap_or_else(|| free_name(one.environment, &contents));
        contents.insert(branch.clone(), one.content());
        chosen.insert(one.environment, branch);
    }
    chosen
}

/// The specification that most of these have; among equals, that of the environment that is named as the branch is.
fn usual_content<'u>(uses: &[&'u Use<'_>], branch: &str) -> Option<&'u str> {
    let count = |content: &str| uses.iter().filter(|one| one.content() == content).count();
    let rank = |one: &&&Use<'_>| (count(one.content()), one.environment == branch);
    // The last of equals is the first by name.
    uses.iter().rev().max_by_key(rank).map(|one| one.content())
}

fn free_name(wanted: &str, taken: &BTreeMap<String, &str>) -> String {
    let numbered = (1..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains_key(name))
        .expect("there are more numbers than branches")
}
