//! Rules about the names and slugs of APIs, each of which is one object in a region.

use std::collections::BTreeMap;

use super::Rules;
use super::clashes::CLASH;
use super::overrides::NAME;
use crate::manifest::model::{Environment, EnvironmentType, Organization, Placement};
use crate::manifest::path::KeyPath;

/// The services by the region and the name or slug of their APIs.
type Claims<'m> = BTreeMap<(&'static str, String), Claim<'m>>;

/// A service in an environment.
#[derive(Clone, Copy)]
struct Claim<'m> {
    environment: &'m str,
    placement: Placement<'m>,
}

/// What two APIs would share.
#[derive(Clone, Copy)]
struct Shared<'a> {
    what: &'static str,
    value: &'a str,
    /// The key that chooses it for a service in an environment, and the one that does for a service.
    keys: [&'static str; 2],
}

impl Rules<'_> {
    /// Reports services of which an API would be the same object, in one environment or in two, and those with the same
    /// slug.
    pub(super) fn apis(&mut self, path: &KeyPath, organization: &Organization) {
        let (mut names, mut slugs) = (Claims::new(), Claims::new());
        for (name, environment) in self.known(path, organization) {
            let mut is_reported = false;
            for placement in environment.services(&self.manifest.teams) {
                let claim = Claim { environment: name, placement };
                if self.locations.is_wrong(&of_service(&placement).key("name")) {
                    continue;
                }
                let api = environment.api_name(name, &placement);
                self.api_length(path, &claim, &api);
                let first = *names.entry((environment.region.as_str(), api.clone())).or_insert(claim);
                if first.placement.key != placement.key {
                    let shared = Shared { what: "API", value: &api, keys: ["api-name", "display-name"] };
                    self.report_shared(path, &first, &claim, shared);
                } else if first.environment != name && !is_reported {
                    is_reported = true;
                    self.report_api(path, [first.environment, name], environment, &api);
                }
                let Some(slug) = environment.slug(name, &placement) else { continue };
                let first = *slugs.entry((environment.region.as_str(), slug.clone())).or_insert(claim);
                let is_same = first.placement.key == placement.key && first.environment == name;
                // Two environments with the same APIs have an error already.
                if !is_same && !is_reported {
                    self.report_shared(path, &first, &claim, Shared { what: "slug", value: &slug, keys: ["slug"; 2] });
                }
            }
        }
    }

    fn api_length(&mut self, path: &KeyPath, claim: &Claim<'_>, api: &str) {
        let length = api.chars().count();
        if length > NAME {
            let environment = claim.environment;
            let place = self.chosen_at(path, claim, ["api-name", "display-name"]);
            let message = format!(
                "the name of an API is too long: with the environment `{environment}`, it has {length} characters"
            );
            let help = format!("shorten it to {NAME} characters, the limit of Konnect");
            self.report(&place, "koctl::manifest::too_long", message, help);
        }
    }

    /// The place that decides about the name or the slug of an API.
    fn chosen_at(&self, path: &KeyPath, claim: &Claim<'_>, [own, common]: [&str; 2]) -> KeyPath {
        let Claim { environment, placement } = claim;
        let environment = path.key(*environment);
        let part = environment.key("teams").key(placement.team_name).key("services").key(placement.key);
        let service = of_service(placement);
        let places = [part.key(own), environment.key(own), service.key(common)];
        places.into_iter().find(|place| self.locations.contains(place)).unwrap_or_else(|| service.key("name"))
    }

    fn report_shared(&mut self, path: &KeyPath, first: &Claim<'_>, second: &Claim<'_>, shared: Shared<'_>) {
        // Two services of one name are an error of their own.
        if first.placement.key != second.placement.key && first.placement.service.name == second.placement.service.name
        {
            return;
        }
        let Shared { what, value, keys } = shared;
        let place = |claim: &Claim<'_>| self.chosen_at(path, claim, keys);
        let places = [place(first), place(second)];
        let [(first, here), (second, there)] = [first, second].map(|claim| (claim.placement.key, claim.environment));
        let subject = if first == second {
            format!("the service `{first}` in `{here}` and in `{there}`")
        } else if here == there {
            format!("the services `{first}` and `{second}` in `{here}`")
        } else {
            format!("the services `{first}` in `{here}` and `{second}` in `{there}`")
        };
        let message = format!("{subject} would have the same {what} `{value}`");
        let help = match keys {
            [own, _] if first == second => format!("choose a `{own}` for it in one of the environments"),
            [own, common] if own == common => format!("choose another `{own}` for one of them"),
            [own, common] => {
                format!("choose another `{common}` for one of them, or another `{own}` in the environment")
            }
        };
        let [one, other] = &places;
        if one == other {
            self.report(one, CLASH, message, help);
        } else {
            self.report_alike([one, other], CLASH, message, &help);
        }
    }

    fn report_api(&mut self, path: &KeyPath, [first, second]: [&str; 2], environment: &Environment, api: &str) {
        let help = match environment.r#type {
            EnvironmentType::Prod => {
                "name the APIs of one of them otherwise, with `api-name: '{service}-{environment}'`, or set another region, \
                 or list different services under their `teams`"
            }
            EnvironmentType::Dev => "rename one of the environments or one of the services, or change an `api-name`",
        };
        self.report_alike(
            [&path.key(first), &path.key(second)],
            CLASH,
            format!("`{first}` and `{second}` would have the same API `{api}` in the region {}", environment.region),
            help,
        );
    }
}

/// The definition of a service.
fn of_service(placement: &Placement<'_>) -> KeyPath {
    KeyPath::from(["teams", placement.team_name, "services", placement.key])
}
