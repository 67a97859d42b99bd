//! How applications identify themselves to APIs: the strategies of an environment, and the one of each API. Without any,
//! koctl leaves that as it is.

use serde_json::{Value, json};

use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::application_auth_strategy::{
    AUTH_METHODS, ApplicationAuthStrategy, CREDENTIAL_CLAIM, DISPLAY_NAME, ISSUER, KEY_NAMES, LABELS, NAME, REGION,
    SCOPES, STRATEGY_TYPE, TTL,
};
use crate::manifest::model::{AuthStrategy, NO_STRATEGY, Placement, StrategyType, Ttl};
use engine::{Desired, Expr};

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    out.extend(
        scope.environment.portal.auth_strategies.iter().map(|(key, configured)| strategy(scope, key, configured)),
    );
}

fn strategy(scope: &EnvironmentScope<'_>, key: &str, configured: &AuthStrategy) -> Desired<ApplicationAuthStrategy> {
    let strategy = scope
        .resource(key)
        .with(REGION, scope.region())
        .with(NAME, scope.environment.auth_strategy_name(scope.name, key))
        .with(DISPLAY_NAME, configured.display_name.as_deref().unwrap_or(key))
        .with(STRATEGY_TYPE, configured.strategy_type.as_str())
        .with(LABELS, scope.labels(&configured.labels))
        .protect(scope.protect());
    match configured.strategy_type {
        StrategyType::KeyAuth => strategy
            .with(KEY_NAMES, list(configured.key_names.as_deref(), AuthStrategy::KEY_NAMES))
            .with_some(TTL, configured.ttl.as_deref().and_then(Ttl::parse).map(ttl)),
        StrategyType::OpenidConnect => strategy
            .with_some(ISSUER, configured.issuer.as_deref())
            .with(CREDENTIAL_CLAIM, list(configured.credential_claim.as_deref(), AuthStrategy::CREDENTIAL_CLAIM))
            .with(SCOPES, list(configured.scopes.as_deref(), AuthStrategy::SCOPES))
            .with(AUTH_METHODS, list(configured.auth_methods.as_deref(), AuthStrategy::AUTH_METHODS)),
    }
}

fn ttl(Ttl { value, unit }: Ttl) -> Value {
    json!({ "value": value, "unit": unit })
}

fn list(configured: Option<&[String]>, default: &[&str]) -> Value {
    configured.map_or_else(|| json!(default), |items| json!(items))
}

/// The id of the strategy that new APIs of the portal have. `None` if the configuration names none.
pub(super) fn of_portal(scope: &EnvironmentScope<'_>) -> Option<Expr> {
    let key = scope.environment.portal.default_application_auth_strategy.as_deref()?;
    Some(id(scope, key))
}

/// The id of the strategy of an API. `None` if the configuration names none.
pub(super) fn of_api(scope: &EnvironmentScope<'_>, placement: &Placement<'_>) -> Option<Expr> {
    let key = scope.environment.auth_strategy(placement)?;
    Some(id(scope, key))
}

fn id(scope: &EnvironmentScope<'_>, key: &str) -> Expr {
    match key {
        NO_STRATEGY => Expr::Value(Value::Null),
        key => scope.resource::<ApplicationAuthStrategy>(key).id(),
    }
}
