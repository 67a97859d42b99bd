//! Rules about how applications identify themselves to APIs. The limits are those of `application-auth-strategies-v2`.

use std::collections::BTreeMap;

use super::Rules;
use super::clashes::CLASH;
use crate::manifest::diagnostic::counted;
use crate::manifest::model::{AuthStrategy, Environment, NO_STRATEGY, Organization, StrategyType, Ttl};
use crate::manifest::path::KeyPath;

/// The largest number of items of a list, and of characters of an item.
struct Limit {
    items: usize,
    characters: usize,
}

const KEY_NAMES: Limit = Limit { items: 10, characters: 256 };
const CREDENTIAL_CLAIM: Limit = Limit { items: 10, characters: 128 };
const SCOPES: Limit = Limit { items: 50, characters: 128 };
const AUTH_METHODS: Limit = Limit { items: 10, characters: 64 };

impl Rules<'_> {
    /// Checks the strategies of the environment at `path`.
    pub(super) fn auth_strategies(&mut self, path: &KeyPath, environment: &Environment) {
        let portal = path.key("portal");
        for (key, strategy) in &environment.portal.auth_strategies {
            let path = portal.key("auth-strategies").key(key);
            self.check_name(&path, "an auth strategy", key);
            if key == NO_STRATEGY {
                let message = format!("`{key}` is not a valid name for an auth strategy: it stands for no strategy");
                self.report(&path, "koctl::manifest::name", message, "choose another key");
            }
            self.shown_name(&path.key("name"), "an auth strategy", strategy.name.as_deref());
            self.shown_name(&path.key("display-name"), "an auth strategy", strategy.display_name.as_deref());
            self.labels(&path.key("labels"), &strategy.labels);
            self.keys_of_type(&path, strategy);
            self.strategy_lists(&path, strategy);
            if let Some(ttl) = strategy.ttl.as_deref().filter(|ttl| Ttl::parse(ttl).is_none()) {
                let message = format!("`{ttl}` is not a valid time");
                let help = "write a number from 1 and `days`, `weeks` or `years`, as in `90 days`";
                self.report(&path.key("ttl"), "koctl::manifest::range", message, help);
            }
        }
        let default = environment.portal.default_application_auth_strategy.as_deref();
        self.strategy_is_defined(&portal.key("default-application-auth-strategy"), &portal, environment, default);
        for (team, part) in environment.teams.iter().flatten() {
            for (key, service) in part.services.iter().flatten() {
                let path = path.key("teams").key(team).key("services").key(key).key("auth-strategy");
                self.strategy_is_defined(&path, &portal, environment, service.auth_strategy.as_deref());
            }
        }
        self.strategies_of_services(path, environment);
    }

    /// Checks that the strategy that a service asks for in all of its environments is one of this environment.
    fn strategies_of_services(&mut self, path: &KeyPath, environment: &Environment) {
        let manifest = self.manifest;
        for placement in environment.services(&manifest.teams) {
            if placement.part.is_some_and(|part| part.auth_strategy.is_some()) {
                continue;
            }
            let Some(key) = placement.service.auth_strategy.as_deref() else { continue };
            if key == NO_STRATEGY || environment.portal.auth_strategies.contains_key(key) {
                continue;
            }
            let services = KeyPath::from(["teams", placement.team_name, "services"]);
            self.report(
                &services.key(placement.key).key("auth-strategy"),
                "koctl::manifest::undefined",
                format!("the auth strategy `{key}` is not defined in the environment {path}, which has this service"),
                format!(
                    "define it under {}, or say there what the service uses",
                    path.key("portal").key("auth-strategies")
                ),
            );
        }
    }

    fn strategy_is_defined(&mut self, path: &KeyPath, portal: &KeyPath, environment: &Environment, key: Option<&str>) {
        let strategies = &environment.portal.auth_strategies;
        let Some(key) = key.filter(|key| *key != NO_STRATEGY && !strategies.contains_key(*key)) else { return };
        let message = format!("the auth strategy `{key}` is not defined");
        self.report_undefined(path, &portal.key("auth-strategies"), key, strategies.keys(), message);
    }

    /// Checks that a strategy has the keys of its type and no other.
    fn keys_of_type(&mut self, path: &KeyPath, strategy: &AuthStrategy) {
        if self.locations.is_wrong(&path.key("strategy-type")) {
            return;
        }
        let of_key_auth = [("key-names", strategy.key_names.is_some()), ("ttl", strategy.ttl.is_some())];
        let of_openid_connect = [
            ("issuer", strategy.issuer.is_some()),
            ("credential-claim", strategy.credential_claim.is_some()),
            ("scopes", strategy.scopes.is_some()),
            ("auth-methods", strategy.auth_methods.is_some()),
        ];
        let (foreign, other): (&[_], _) = match strategy.strategy_type {
            StrategyType::KeyAuth => (&of_openid_connect, StrategyType::OpenidConnect),
            StrategyType::OpenidConnect => (&of_key_auth, StrategyType::KeyAuth),
        };
        for (key, _) in foreign.iter().filter(|(_, is_set)| *is_set) {
            let (r#type, other) = (strategy.strategy_type.as_str(), other.as_str());
            self.report(
                &path.key(*key),
                "koctl::manifest::strategy",
                format!("`{key}` has no effect on a strategy of type `{type}`"),
                format!("remove it, or write `strategy-type: {other}`"),
            );
        }
        if strategy.strategy_type == StrategyType::OpenidConnect && strategy.issuer.is_none() {
            self.report(
                &path.key("issuer"),
                "koctl::manifest::missing_key",
                "a strategy of type `openid_connect` needs `issuer`".to_owned(),
                "add `issuer`, the address of the identity provider of applications",
            );
        }
        self.check_url(&path.key("issuer"), strategy.issuer.as_deref());
        self.at_most(&path.key("issuer"), strategy.issuer.as_deref(), 256);
    }

    fn strategy_lists(&mut self, path: &KeyPath, strategy: &AuthStrategy) {
        let lists = [
            ("key-names", &strategy.key_names, KEY_NAMES),
            ("credential-claim", &strategy.credential_claim, CREDENTIAL_CLAIM),
            ("scopes", &strategy.scopes, SCOPES),
            ("auth-methods", &strategy.auth_methods, AUTH_METHODS),
        ];
        for (key, list, limit) in lists {
            let Some(list) = list else { continue };
            let path = path.key(key);
            if list.is_empty() && key == "key-names" {
                let help = "name a header, or remove the list: applications send `apikey` then";
                self.report(&path, "koctl::manifest::range", "no header can have the key".to_owned(), help);
            }
            if list.len() > limit.items {
                let message = format!("`{key}` has {}, more than Konnect allows", counted(list.len(), "item"));
                let help = format!("list at most {}, the limit of Konnect", limit.items);
                self.report(&path, "koctl::manifest::too_long", message, help);
            }
            for (index, item) in list.iter().enumerate() {
                self.at_most(&path.index(index), Some(item), limit.characters);
                if item.trim().is_empty() {
                    let message = format!("an item of `{key}` is empty");
                    self.report(&path.index(index), "koctl::manifest::name", message, "remove it, or write its name");
                }
            }
        }
    }

    pub(super) fn at_most(&mut self, path: &KeyPath, text: Option<&str>, longest: usize) {
        let length = text.map_or(0, |text| text.chars().count());
        if length > longest {
            let message = format!("`{}` is too long: it has {length} characters", path.last().unwrap_or_default());
            let help = format!("shorten it to {longest} characters, the limit of Konnect");
            self.report(path, "koctl::manifest::too_long", message, help);
        }
    }

    /// Reports strategies of which one would be the same object as another.
    pub(super) fn same_strategies(&mut self, path: &KeyPath, organization: &Organization) {
        let mut seen: BTreeMap<(&'static str, String), (&str, &str)> = BTreeMap::new();
        for (environment_name, environment) in self.known(path, organization) {
            for key in environment.portal.auth_strategies.keys() {
                let name = environment.auth_strategy_name(environment_name, key);
                let place = (environment_name, key.as_str());
                let first = *seen.entry((environment.region.as_str(), name.clone())).or_insert(place);
                if first == place {
                    continue;
                }
                let path_of = |(name, key): (&str, &str)| path.key(name).key("portal").key("auth-strategies").key(key);
                self.report_alike(
                    [&path_of(first), &path_of(place)],
                    CLASH,
                    format!(
                        "`{}/{}` and `{environment_name}/{key}` would have the same auth strategy `{name}` in the region {}",
                        first.0, first.1, environment.region
                    ),
                    "choose another key or another `name` for one of them: a strategy belongs to one environment",
                );
            }
        }
    }
}
