//! Every key of the configuration on two organizations: applied and quiet, and then each key changed by itself gives
//! the plan that it should and no more.

use std::collections::BTreeSet;
use std::fmt::Write;

use koctl::manifest::document::parse_value;
use koctl::manifest::model::json_schema;
use serde_json::Value;

use crate::world::{World, filters, finish, spec};

const PLATFORM: &str = "\
platform:
  git:
    remote: https://github.com/Acme/platform.git
    author: {name: Platform, email: platform@example.com}
    github: {token: {type: env, value: PLATFORM_TOKEN}}
";

const TEAMS: &str = "\
teams:
  orders:
    description: Takes orders.
    users: [kim@example.com]
    protect: false
    services:
      Acme/checkout:
        name: checkout
        display-name: Checkout
        slug: checkout
        visibility: private
        labels: {tier: gold}
        select-tags: [shop]
        description: The checkout.
        git: {remote: 'https://github.com/Acme/checkout.git'}
        spec-path: openapi.yaml
        docs: docs
        prod-branch-name: main
        dev-branch-name: dev
        protect: false
  stock:
    services:
      Acme/cart:
        name: cart
        auth-strategy: none
        git: {remote: 'https://github.com/Acme/cart.git'}
";

const ORGANIZATIONS: &str = "\
organizations:
  Acme:
    access-token: {type: env, value: ACME_TOKEN}
    protect: false
    enable-custom-reports: true
    notifications: {email: true, in-app: true}
    authorization:
      built-in: {enabled: true}
      oidc:
        enabled: true
        login-path: acme
        issuer: https://idp.example.com
        client-id: konnect
        client-secret: {type: file, value: secrets/oidc}
        claim-mappings: {name: name, email: mail, groups: roles}
        scopes: [openid, email]
      team-mappings:
        built-in: {enabled: false}
        idp:
          enabled: true
          mappings:
            Organization Admin: [owners]
            orders: [buyers]
    environments:
      dev:
        type: DEV
        region: eu
        select-tags: [koctl]
        control-plane: {description: A gateway., auth-type: pinned_client_certs, labels: {tier: bronze},
                        proxy-urls: ['https://dev.example.com:8443', 'http://dev.example.com']}
        portal:
          name: acme-dev
          display-name: Acme for developers
          description: Try things out.
          authentication: true
          rbac: true
          ip-allow-list: false
          default-api-visibility: private
          default-page-visibility: private
          auto-approve-developers: false
          auto-approve-applications: false
          developers-in-notifications: false
          labels: {tier: bronze}
          pages: {handbook: '# Handbook'}
          snippets: {note: Note.}
          custom-domain: {hostname: developers.example.com, enabled: true}
          customization:
            theme: {name: ours, mode: dark, primary-color: '#0b5fff'}
            layout: ours
            css: 'a {}'
            menu:
              main: [{path: /apis, title: APIs, visibility: public, external: false}]
              footer-sections: [{title: More, items: [{path: /about, title: About}]}]
              footer-bottom: [{path: /terms, title: Terms}]
            spec-renderer: {try-it-ui: false, try-it-insomnia: false, infinite-scroll: false, show-schemas: false,
                            hide-internal: true, hide-deprecated: true, allow-custom-server-urls: false}
            robots: Everything.
          logo: data:image/png;base64,iVBORw0KGgo=
          favicon: data:image/x-icon;base64,AAAA
          authorization:
            built-in: {enabled: true}
            oidc:
              enabled: true
              issuer: https://login.example.com
              client-id: portal
              client-secret: {type: file, value: secrets/portal}
              claim-mappings: {name: name, email: mail, groups: roles}
              scopes: [openid]
            saml: {enabled: false, idp-metadata-url: 'https://login.example.com/saml'}
            team-mappings:
              built-in: {enabled: false}
              idp: {enabled: true, mappings: {partners: [buyers]}}
          auth-strategies:
            company:
              strategy-type: openid_connect
              name: acme-company
              display-name: Company
              issuer: https://idp.example.com
              credential-claim: [client_id]
              scopes: [openid, email]
              auth-methods: [bearer, session]
              labels: {tier: bronze}
            partner:
              strategy-type: key_auth
              key-names: [x-api-key]
              ttl: 2 weeks
          default-application-auth-strategy: company
          teams:
            partners:
              description: Buy from us.
              can-own-applications: true
              roles:
                - role: API Viewer
                - {role: API Consumer, services: [Acme/checkout]}
        protect: false
        teams:
          orders:
            control-plane-name: gateway-dev
            control-plane: {cluster-type: CLUSTER_TYPE_CONTROL_PLANE}
            services:
              Acme/checkout:
                branch: dev
                api-name: Checkout of tomorrow
                slug: tomorrow
                description: The next checkout.
                visibility: private
                auth-strategy: partner
                labels: {stage: alpha}
      prd:
        type: PROD
        region: us
        control-plane: {cluster-type: CLUSTER_TYPE_CONTROL_PLANE}
        api-name: '{service} in {environment}'
  Zeta:
    access-token: {type: env, value: ZETA_TOKEN}
    enable-custom-reports: false
    notifications: {email: false, in-app: true}
    authorization:
      built-in: {enabled: false}
      saml:
        enabled: true
        login-path: zeta
        idp-metadata-url: https://idp.example.com/saml
      team-mappings:
        built-in: {enabled: true}
        idp: {enabled: false}
    environments:
      dev: {type: DEV, region: au}
";

/// The changes, by key: the file, the text to replace, and the new text.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    ("platform.git.author.name", "platform", "name: Platform", "name: Platform Team"),
    ("teams.*.description", "teams", "Takes orders.", "Takes all orders."),
    ("teams.*.users", "teams", "[kim@example.com]", "[kim@example.com, robin@example.com]"),
    ("teams.*.protect", "teams", "    protect: false\n    services", "    protect: true\n    services"),
    ("teams.*.services.*.name", "teams", "name: cart\n", "name: basket\n"),
    ("teams.*.services.*.display-name", "teams", "display-name: Checkout", "display-name: Pay"),
    ("teams.*.services.*.slug", "teams", "slug: checkout", "slug: pay"),
    ("teams.*.services.*.visibility", "teams", "        visibility: private\n", ""),
    ("teams.*.services.*.labels", "teams", "{tier: gold}", "{tier: silver}"),
    ("teams.*.services.*.select-tags", "teams", "select-tags: [shop]", "select-tags: [shop, checkout]"),
    ("teams.*.services.*.description", "teams", "The checkout.", "Where people pay."),
    ("teams.*.services.*.git.remote", "teams", "Acme/cart.git", "Acme/other-cart.git"),
    ("teams.*.services.*.spec-path", "teams", "spec-path: openapi.yaml", "spec-path: v2/openapi.yaml"),
    ("teams.*.services.*.docs", "teams", "docs: docs", "docs: v2/docs"),
    ("teams.*.services.*.prod-branch-name", "teams", "prod-branch-name: main", "prod-branch-name: next"),
    ("teams.*.services.*.dev-branch-name", "teams", "dev-branch-name: dev", "dev-branch-name: next"),
    ("teams.*.services.*.protect", "teams", "        protect: false\n", "        protect: true\n"),
    ("organizations.*.access-token", "organizations", "value: ACME_TOKEN", "value: OTHER_TOKEN"),
    ("organizations.*.protect", "organizations", "    protect: false\n    enable", "    protect: true\n    enable"),
    (
        "organizations.*.enable-custom-reports",
        "organizations",
        "enable-custom-reports: true",
        "enable-custom-reports: false",
    ),
    (
        "organizations.*.notifications.email",
        "organizations",
        "{email: false, in-app: true}",
        "{email: true, in-app: true}",
    ),
    (
        "organizations.*.notifications.in-app",
        "organizations",
        "{email: false, in-app: true}",
        "{email: false, in-app: false}",
    ),
    (
        "authorization.built-in.enabled",
        "organizations",
        "built-in: {enabled: true}\n      oidc",
        "built-in: {enabled: false}\n      oidc",
    ),
    (
        "authorization.oidc.enabled",
        "organizations",
        "        enabled: true\n        login-path: acme",
        "        enabled: false\n        login-path: acme",
    ),
    ("authorization.oidc.login-path", "organizations", "login-path: acme", "login-path: acme-sso"),
    ("authorization.oidc.issuer", "organizations", "https://idp.example.com\n", "https://sso.example.com\n"),
    ("authorization.oidc.client-id", "organizations", "client-id: konnect", "client-id: kong"),
    ("authorization.oidc.client-secret", "organizations", "secrets/oidc", "secrets/new"),
    ("authorization.oidc.claim-mappings", "organizations", "groups: roles", "groups: groups"),
    ("authorization.oidc.scopes", "organizations", "[openid, email]", "[openid, email, profile]"),
    (
        "authorization.saml.enabled",
        "organizations",
        "built-in: {enabled: false}\n      saml:\n        enabled: true",
        "built-in: {enabled: true}\n      saml:\n        enabled: false",
    ),
    ("authorization.saml.login-path", "organizations", "login-path: zeta", "login-path: zeta-sso"),
    ("authorization.saml.idp-metadata-url", "organizations", "idp.example.com/saml", "sso.example.com/saml"),
    (
        "authorization.team-mappings.built-in.enabled",
        "organizations",
        "built-in: {enabled: false}\n        idp",
        "built-in: {enabled: true}\n        idp",
    ),
    (
        "authorization.team-mappings.idp.enabled",
        "organizations",
        "          enabled: true\n          mappings",
        "          enabled: false\n          mappings",
    ),
    ("authorization.team-mappings.idp.mappings", "organizations", "orders: [buyers]", "orders: [buyers, sellers]"),
    ("environments.*.type", "organizations", "{type: DEV, region: au}", "{type: PROD, region: au}"),
    ("environments.*.region", "organizations", "region: us", "region: in"),
    (
        "environments.*.protect",
        "organizations",
        "        protect: false\n        teams",
        "        protect: true\n        teams",
    ),
    (
        "organizations.*.ignore-changes",
        "organizations",
        "    protect: false\n    enable",
        "    ignore-changes: [team.description]\n    enable",
    ),
    (
        "environments.*.ignore-changes",
        "organizations",
        "        protect: false\n        teams",
        "        ignore-changes: [portal.display_name]\n        teams",
    ),
    (
        "teams.*.ignore-changes",
        "teams",
        "    protect: false\n    services",
        "    ignore-changes: [control_plane.labels]\n    services",
    ),
    (
        "teams.*.services.*.ignore-changes",
        "teams",
        "        protect: false\n",
        "        ignore-changes: [api.description]\n",
    ),
    ("environments.*.api-name", "organizations", "{service} in {environment}", "{service} of {environment}"),
    ("environments.*.control-plane.description", "organizations", "description: A gateway., ", ""),
    ("environments.*.control-plane.auth-type", "organizations", "pinned_client_certs", "pki_client_certs"),
    (
        "environments.*.control-plane.proxy-urls",
        "organizations",
        "['https://dev.example.com:8443', 'http://dev.example.com']",
        "['http://dev.example.com:80', 'https://api.example.com', 'https://dev.example.com:8443']",
    ),
    ("environments.*.control-plane.labels", "organizations", ", labels: {tier: bronze},\n", ",\n"),
    ("environments.*.portal.name", "organizations", "name: acme-dev", "name: acme-test"),
    ("environments.*.portal.display-name", "organizations", "          display-name: Acme for developers\n", ""),
    ("environments.*.portal.description", "organizations", "          description: Try things out.\n", ""),
    (
        "environments.*.portal.authentication",
        "organizations",
        "authentication: true\n          rbac: true",
        "authentication: false\n          rbac: false",
    ),
    ("environments.*.portal.custom-domain.hostname", "organizations", "developers.example.com", "portal.example.com"),
    (
        "environments.*.portal.custom-domain.enabled",
        "organizations",
        "developers.example.com, enabled: true",
        "developers.example.com, enabled: false",
    ),
    (
        "environments.*.portal.custom-domain.certificate",
        "organizations",
        "developers.example.com, enabled: true",
        "developers.example.com, certificate: {type: file, value: secrets/oidc}, \
         private-key: {type: file, value: secrets/new}",
    ),
    ("environments.*.portal.customization.theme.name", "organizations", "theme: {name: ours, ", "theme: {name: new, "),
    ("environments.*.portal.customization.theme.mode", "organizations", "mode: dark", "mode: system"),
    ("environments.*.portal.customization.theme.primary-color", "organizations", "'#0b5fff'", "'#05f'"),
    ("environments.*.portal.customization.layout", "organizations", "            layout: ours\n", ""),
    ("environments.*.portal.customization.css", "organizations", "            css: 'a {}'\n", ""),
    ("environments.*.portal.customization.menu.main", "organizations", "title: APIs", "title: All APIs"),
    ("environments.*.portal.customization.menu.footer-sections", "organizations", "title: More", "title: Company"),
    ("environments.*.portal.customization.menu.footer-bottom", "organizations", "[{path: /terms, title: Terms}]", "[]"),
    ("environments.*.portal.customization.spec-renderer.try-it-ui", "organizations", "{try-it-ui: false, ", "{"),
    (
        "environments.*.portal.customization.spec-renderer.try-it-insomnia",
        "organizations",
        "try-it-insomnia: false, ",
        "",
    ),
    (
        "environments.*.portal.customization.spec-renderer.infinite-scroll",
        "organizations",
        "infinite-scroll: false, ",
        "",
    ),
    (
        "environments.*.portal.customization.spec-renderer.show-schemas",
        "organizations",
        "show-schemas: false",
        "show-schemas: true",
    ),
    ("environments.*.portal.customization.spec-renderer.hide-internal", "organizations", "hide-internal: true, ", ""),
    (
        "environments.*.portal.customization.spec-renderer.hide-deprecated",
        "organizations",
        "hide-deprecated: true, ",
        "",
    ),
    (
        "environments.*.portal.customization.spec-renderer.allow-custom-server-urls",
        "organizations",
        ", allow-custom-server-urls: false",
        "",
    ),
    ("environments.*.portal.customization.robots", "organizations", "            robots: Everything.\n", ""),
    ("environments.*.portal.logo", "organizations", "iVBORw0KGgo=", "iVBORw0KGgoA"),
    ("environments.*.portal.favicon", "organizations", "          favicon: data:image/x-icon;base64,AAAA\n", ""),
    (
        "environments.*.portal.authorization.built-in.enabled",
        "organizations",
        "            built-in: {enabled: true}\n",
        "            built-in: {enabled: false}\n",
    ),
    (
        "environments.*.portal.authorization.oidc.enabled",
        "organizations",
        "              enabled: true\n              issuer: https://login",
        "              enabled: false\n              issuer: https://login",
    ),
    (
        "environments.*.portal.authorization.oidc.issuer",
        "organizations",
        "issuer: https://login.example.com",
        "issuer: https://sso.example.com",
    ),
    ("environments.*.portal.authorization.oidc.client-id", "organizations", "client-id: portal", "client-id: docs"),
    ("environments.*.portal.authorization.oidc.client-secret", "organizations", "secrets/portal", "secrets/new"),
    (
        "environments.*.portal.authorization.oidc.claim-mappings",
        "organizations",
        "              claim-mappings: {name: name, email: mail, groups: roles}\n              scopes: [openid]\n",
        "              scopes: [openid]\n",
    ),
    (
        "environments.*.portal.authorization.oidc.scopes",
        "organizations",
        "              scopes: [openid]\n            saml",
        "            saml",
    ),
    (
        "environments.*.portal.authorization.saml.idp-metadata-url",
        "organizations",
        "login.example.com/saml",
        "sso.example.com/saml",
    ),
    (
        "environments.*.portal.authorization.team-mappings.built-in.enabled",
        "organizations",
        "              built-in: {enabled: false}\n",
        "              built-in: {enabled: true}\n",
    ),
    (
        "environments.*.portal.authorization.team-mappings.idp.enabled",
        "organizations",
        "idp: {enabled: true, mappings: {partners",
        "idp: {enabled: false, mappings: {partners",
    ),
    (
        "environments.*.portal.authorization.team-mappings.idp.mappings",
        "organizations",
        "{partners: [buyers]}",
        "{partners: [buyers, sellers]}",
    ),
    ("environments.*.portal.rbac", "organizations", "          rbac: true\n", ""),
    ("environments.*.portal.ip-allow-list", "organizations", "ip-allow-list: false", "ip-allow-list: true"),
    (
        "environments.*.portal.default-api-visibility",
        "organizations",
        "default-api-visibility: private",
        "default-api-visibility: public",
    ),
    (
        "environments.*.portal.default-page-visibility",
        "organizations",
        "default-page-visibility: private",
        "default-page-visibility: public",
    ),
    (
        "environments.*.portal.auto-approve-developers",
        "organizations",
        "auto-approve-developers: false",
        "auto-approve-developers: true",
    ),
    (
        "environments.*.portal.auto-approve-applications",
        "organizations",
        "auto-approve-applications: false",
        "auto-approve-applications: true",
    ),
    (
        "environments.*.portal.developers-in-notifications",
        "organizations",
        "developers-in-notifications: false",
        "developers-in-notifications: true",
    ),
    ("environments.*.portal.labels", "organizations", "          labels: {tier: bronze}\n", ""),
    ("environments.*.portal.pages.*", "organizations", "# Handbook", "# Guide"),
    ("environments.*.portal.snippets.*", "organizations", "Note.", "A note."),
    ("environments.*.portal.auth-strategies.*.name", "organizations", "name: acme-company", "name: acme"),
    (
        "environments.*.portal.auth-strategies.*.display-name",
        "organizations",
        "              display-name: Company\n",
        "",
    ),
    (
        "environments.*.portal.auth-strategies.*.strategy-type",
        "organizations",
        "              strategy-type: key_auth\n              key-names: [x-api-key]\n              \
         ttl: 2 weeks\n",
        "              strategy-type: openid_connect\n              issuer: https://idp.example.com\n",
    ),
    (
        "environments.*.portal.auth-strategies.*.issuer",
        "organizations",
        "issuer: https://idp.example.com\n              credential",
        "issuer: https://sso.example.com\n              credential",
    ),
    (
        "environments.*.portal.auth-strategies.*.credential-claim",
        "organizations",
        "credential-claim: [client_id]",
        "credential-claim: [sub]",
    ),
    (
        "environments.*.portal.auth-strategies.*.scopes",
        "organizations",
        "scopes: [openid, email]\n              auth",
        "scopes: [openid]\n              auth",
    ),
    ("environments.*.portal.auth-strategies.*.auth-methods", "organizations", "[bearer, session]", "[bearer]"),
    (
        "environments.*.portal.auth-strategies.*.labels",
        "organizations",
        "              labels: {tier: bronze}\n            partner",
        "            partner",
    ),
    ("environments.*.portal.auth-strategies.*.key-names", "organizations", "[x-api-key]", "[apikey]"),
    ("environments.*.portal.auth-strategies.*.ttl", "organizations", "              ttl: 2 weeks\n", ""),
    (
        "environments.*.portal.default-application-auth-strategy",
        "organizations",
        "default-application-auth-strategy: company",
        "default-application-auth-strategy: partner",
    ),
    ("environments.*.portal.teams.*.description", "organizations", "              description: Buy from us.\n", ""),
    (
        "environments.*.portal.teams.*.can-own-applications",
        "organizations",
        "can-own-applications: true",
        "can-own-applications: false",
    ),
    (
        "environments.*.portal.teams.*.roles",
        "organizations",
        "                - {role: API Consumer, services: [Acme/checkout]}\n",
        "",
    ),
    (
        "environments.*.teams.*.services.*.auth-strategy",
        "organizations",
        "                auth-strategy: partner\n",
        "",
    ),
    (
        "environments.*.teams",
        "organizations",
        "        teams:\n          orders:",
        "        teams:\n          stock: {}\n          orders:",
    ),
    ("environments.*.teams.*.control-plane-name", "organizations", "gateway-dev", "gateway"),
    (
        "environments.*.teams.*.control-plane.cluster-type",
        "organizations",
        "            control-plane: {cluster-type: CLUSTER_TYPE_CONTROL_PLANE}\n",
        "",
    ),
    ("environments.*.teams.*.services.*.branch", "organizations", "branch: dev", "branch: next"),
    (
        "environments.*.teams.*.services.*.api-name",
        "organizations",
        "                api-name: Checkout of tomorrow\n",
        "",
    ),
    ("environments.*.teams.*.services.*.slug", "organizations", "slug: tomorrow", "slug: later"),
    (
        "environments.*.teams.*.services.*.description",
        "organizations",
        "                description: The next checkout.\n",
        "",
    ),
    (
        "environments.*.teams.*.services.*.visibility",
        "organizations",
        "                visibility: private\n",
        "                visibility: public\n",
    ),
    ("environments.*.teams.*.services.*.labels", "organizations", "                labels: {stage: alpha}\n", ""),
];

/// The keys that neither the configuration nor a change has, with all below them, and where they are tested instead.
const ELSEWHERE: &[(&str, &str)] = &[
    (".moved", "it is about names and not about objects: tests/cli/moved.rs"),
    (".organizations.*.environments.*.portal.custom-domain.skip-ca-check", DOMAIN),
    (".organizations.*.environments.*.portal.customization.menu.footer-bottom.*.external", MENU),
    (".organizations.*.environments.*.portal.customization.menu.footer-bottom.*.visibility", MENU),
    (".organizations.*.environments.*.portal.customization.menu.footer-sections.*.items.*.external", MENU),
    (".organizations.*.environments.*.portal.customization.menu.footer-sections.*.items.*.visibility", MENU),
    (".organizations.*.environments.*.portal.teams.*.roles.*.teams", "tests/cli/developers.rs"),
    (".organizations.*.environments.*.teams.*.control-plane.auth-type", SAME),
    (".organizations.*.environments.*.teams.*.control-plane.description", SAME),
    (".organizations.*.environments.*.teams.*.control-plane.labels", SAME),
    (".organizations.*.environments.*.teams.*.control-plane.proxy-urls", SAME),
    (".platform.drift", "it is about reports: tests/cli/drift_telling.rs"),
    (".platform.git.auth", "it is about access: tests/cli/secrets.rs, and unit tests of `manifest/git`"),
    (".platform.portal", "it is about `koctl run`: tests/portal"),
    (".platform.state", "it is about the state: tests/cli/stores.rs and encryption.rs"),
    (".teams.*.services.*.git.auth", "it is about access: unit tests of `github/fetch.rs`"),
    (".teams.*.services.*.git.author", "it has no effect"),
    (".teams.*.services.*.git.github", "it is about access: tests/cli/secrets.rs"),
];

const DOMAIN: &str = "a portal has a certificate of its own or Konnect's, which the configuration has";
const MENU: &str = "it is the key of an item of the main menu";
const SAME: &str = "it is the key of the environment, and a unit test of the model says which of them counts";

/// The schema that a schema refers to, without the alternative that it is null.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return resolved(root, &root["$defs"][name]);
    }
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    match alternatives.into_iter().find(|one| one["type"] != "null") {
        Some(one) => resolved(root, one),
        None => schema,
    }
}

/// The paths of all keys of a schema, with a star for a name and for an item.
fn keys(root: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let schema = resolved(root, schema);
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        keys(root, below, &path, found);
        found.insert(path);
    }
    for many in ["additionalProperties", "items"] {
        if schema[many].is_object() {
            keys(root, &schema[many], &format!("{path}.*"), found);
        }
    }
    for one in schema["oneOf"].as_array().into_iter().flatten() {
        keys(root, one, path, found);
    }
}

/// The same, of those that a configuration has.
fn used(known: &BTreeSet<String>, value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let mut below = |path: String, value: &Value| {
        if known.contains(&path) {
            found.insert(path.clone());
        }
        used(known, value, &path, found);
    };
    for (key, value) in value.as_object().into_iter().flatten() {
        let named = format!("{path}.{key}");
        below(if known.contains(&named) { named } else { format!("{path}.*") }, value);
    }
    value.as_array().into_iter().flatten().for_each(|value| below(format!("{path}.*"), value));
}

#[test]
fn every_key_of_the_schema_is_in_the_configuration_or_tested_elsewhere() {
    let (schema, mut known) = (json_schema(), BTreeSet::new());
    keys(&schema, &schema, "", &mut known);
    assert!(known.contains(".organizations.*.environments.*.portal.auth-strategies.*.ttl"), "{known:#?}");
    let mut found = BTreeSet::new();
    for (name, text) in [("platform", PLATFORM), ("teams", TEAMS), ("organizations", ORGANIZATIONS)] {
        let changes = CHANGES.iter().filter(|(_, file, ..)| *file == name);
        let changed = changes.map(|(_, _, from, to)| text.replacen(from, to, 1));
        for text in changed.chain([text.to_owned()]) {
            used(&known, &parse_value(&text).unwrap(), "", &mut found);
        }
    }
    let is_below = |path: &str, whole: &str| path == whole || path.starts_with(&format!("{whole}."));
    let is_elsewhere = |path: &&String| ELSEWHERE.iter().any(|(whole, _)| is_below(path, whole));
    let missing: Vec<_> = known.difference(&found).filter(|path| !is_elsewhere(path)).collect();
    assert!(missing.is_empty(), "add these to the configuration: {missing:#?}");
    let stale: Vec<_> = ELSEWHERE
        .iter()
        .filter(|(whole, _)| !known.contains(*whole) || found.contains(*whole))
        .map(|(whole, _)| whole)
        .collect();
    assert!(stale.is_empty(), "these are no exceptions any more: {stale:#?}");
}

/// The way back for who lost the state: what is there is described again, and the configuration that made it changes
/// nothing in it.
#[test]
fn a_lost_state_comes_back_by_generating_the_configuration_of_each_organization() {
    let world = world();
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    for (organization, variable) in [("Acme", "ACME_TOKEN"), ("Zeta", "ZETA_TOKEN")] {
        world.koctl(&["state", "rm", &format!("{organization}/**"), "--auto-approve"]).exits(0);
        let out = organization.to_lowercase();
        let remote = "https://github.com/Acme/{service}.git";
        let generate = ["import", "--generate", "--org", organization, "--token-env", variable, "--out", &out];
        let mut generate = world.command(&[&generate[..], &["--git-remote", remote, "--sandbox"]].concat());
        // Konnect does not show it, and the first value is taken to be the right one.
        generate.env("ACME_OIDC_CLIENT_SECRET", "hunter2");
        generate.env("ACME_DEV_OIDC_CLIENT_SECRET", "hunter4");
        finish(generate).exits(0);
        // The generated files have all pages and snippets of the portals, and this configuration has its own.
        for content in ["portal_page", "portal_snippet"] {
            world.koctl(&["state", "rm", &format!("{organization}/{content}/**"), "--auto-approve"]).exits(0);
        }
    }
    let plan = world.koctl(&["plan"]).exits(0);
    assert!(plan.last_line().contains(", 0 to add, 0 to change, 0 to destroy"), "{}", plan.stdout);
    let imported: BTreeSet<&str> = plan
        .stdout
        .lines()
        .filter_map(|line| line.split_once("  will be imported"))
        .map(|(address, _)| {
            address.trim_start_matches(|c: char| !c.is_alphanumeric()).split('/').nth(1).unwrap_or_default()
        })
        .collect();
    // Images are not read back into files, documents are in the repositories of services, pull requests are GitHub's, and
    // Konnect does not know the key of a strategy in the configuration.
    let expected = BTreeSet::from([
        "api_document",
        "application_auth_strategy",
        "portal_asset",
        "portal_page",
        "portal_snippet",
        "pull_request",
    ]);
    assert!(imported.is_subset(&expected), "{imported:?}\n{}", plan.stdout);
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}

fn world() -> World {
    let world = World::empty();
    world.write("konnect/platform.yaml", PLATFORM);
    world.write("konnect/teams.yaml", TEAMS);
    world.write("konnect/organizations.yaml", ORGANIZATIONS);
    world.write("secrets/oidc", "hunter2\n");
    world.write("secrets/new", "hunter3\n");
    world.write("secrets/portal", "hunter4\n");
    for (repository, title) in [("checkout", "checkout"), ("cart", "cart"), ("other-cart", "cart")] {
        for (branch, version) in [("main", "1.0.0"), ("dev", "1.0.0"), ("next", "1.1.0")] {
            let folder = format!("services/Acme/{repository}/{branch}");
            world.write(&format!("{folder}/openapi.yaml"), &spec(title, version));
            world.write(&format!("{folder}/v2/openapi.yaml"), &spec(title, "2.0.0"));
            world.write(&format!("{folder}/docs/start.md"), "# Start\n");
            world.write(&format!("{folder}/v2/docs/start.md"), "# Start\n\nAgain.\n");
            world.write(&format!("{folder}/v2/docs/start/more.md"), "More.\n");
        }
    }
    world
}

/// A plan in short: the resources, the attributes that change, and the count.
fn gist(plan: &str) -> String {
    let is_headline = |line: &str| ["  will be ", "  must be "].iter().any(|verb| line.contains(verb));
    let is_attribute = |line: &str| ["    ~ ", "    + ", "    - "].iter().any(|mark| line.starts_with(mark));
    // The risks above the details name the same resources.
    let details = &plan[plan.find("What the symbols mean").unwrap_or(0)..];
    let told = details.lines().filter(|line| is_headline(line) || is_attribute(line));
    let told = told.map(|line| line.split("  [id=").next().unwrap_or_default());
    let last = plan.trim_end().lines().last().into_iter();
    told.chain(last).map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_key_changed_by_itself_gives_one_minimal_plan() {
    let _filters = filters();
    let world = world();
    world.koctl(&["apply", "--auto-approve"]).exits(0);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
    let mut table = String::new();
    for (key, file, from, to) in CHANGES {
        let path = format!("konnect/{file}.yaml");
        let before = world.read(&path);
        world.write(&path, &before.replacen(from, to, 1));
        assert_ne!(world.read(&path), before, "{key}: {path} has no `{from}`");
        let plan = world.koctl(&["plan"]).exits(0).stdout;
        writeln!(table, "{key}: {} -> {}\n{}", from.trim(), to.trim(), gist(&plan)).unwrap();
        world.write(&path, &before);
    }
    insta::assert_snapshot!(table);
    world.koctl(&["plan", "--detailed-exitcode"]).exits(0);
}
