//! The kinds of record of a control plane's configuration. Each record has the id of its control plane, and for each
//! reference to another record an index: a field whose name begins with `@`, which is not shown.

use super::kinds::SERVICES;
use crate::store::Kind;

/// All of them: what a control plane takes with it when it is deleted.
pub(super) const GATEWAY_KINDS: &[&Kind] = &[
    &SERVICES,
    &ROUTES,
    &PLUGINS,
    &CONSUMERS,
    &CONSUMER_GROUPS,
    &GROUP_CONSUMERS,
    &ACLS,
    &BASIC_AUTHS,
    &HMAC_AUTHS,
    &JWTS,
    &KEY_AUTHS,
    &MTLS_AUTHS,
    &UPSTREAMS,
    &TARGETS,
    &CERTIFICATES,
    &SNIS,
    &CA_CERTIFICATES,
    &KEY_SETS,
    &KEYS,
    &VAULTS,
    &PARTIALS,
    &CUSTOM_PLUGINS,
    &PLUGIN_SCHEMAS,
    &DEGRAPHQL_ROUTES,
    &COST_DECORATIONS,
    &DATA_PLANE_CERTIFICATES,
    &CONFIG_STORES,
    &CONFIG_STORE_SECRETS,
];

/// Routes. Names are unique in their control plane.
pub(super) static ROUTES: Kind = Kind {
    name: "gateway_routes",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id", "@service"],
};

/// Plugins, of a whole control plane or of what they are bound to. There is one of each name for the same things.
pub(super) static PLUGINS: Kind = Kind {
    name: "gateway_plugins",
    unique: &[
        &["instance_name", "control_plane_id"],
        &["name", "control_plane_id", "@service", "@route", "@consumer", "@consumer_group"],
    ],
    references: &["control_plane_id", "@service", "@route", "@consumer", "@consumer_group", "@partials"],
};

/// Consumers. Both of their names are unique.
pub(super) static CONSUMERS: Kind = Kind {
    name: "gateway_consumers",
    unique: &[&["username", "control_plane_id"], &["custom_id", "control_plane_id"]],
    references: &["control_plane_id"],
};

/// Groups of consumers.
pub(super) static CONSUMER_GROUPS: Kind = Kind {
    name: "gateway_consumer_groups",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id"],
};

/// Memberships: which consumer is in which group.
pub(super) static GROUP_CONSUMERS: Kind = Kind {
    name: "gateway_group_consumers",
    unique: &[&["@consumer", "@consumer_group"]],
    references: &["control_plane_id", "@consumer", "@consumer_group"],
};

/// The groups of access control lists that consumers are in.
pub(super) static ACLS: Kind = Kind {
    name: "gateway_acls",
    unique: &[&["group", "control_plane_id", "@consumer"]],
    references: &["control_plane_id", "@consumer"],
};

/// User names and passwords of consumers.
pub(super) static BASIC_AUTHS: Kind = Kind {
    name: "gateway_basic_auths",
    unique: &[&["username", "control_plane_id"]],
    references: &["control_plane_id", "@consumer"],
};

/// User names and secrets of consumers.
pub(super) static HMAC_AUTHS: Kind = Kind {
    name: "gateway_hmac_auths",
    unique: &[&["username", "control_plane_id"]],
    references: &["control_plane_id", "@consumer"],
};

/// Keys of consumers for JSON Web Tokens.
pub(super) static JWTS: Kind = Kind {
    name: "gateway_jwts",
    unique: &[&["key", "control_plane_id"]],
    references: &["control_plane_id", "@consumer"],
};

/// API keys of consumers.
pub(super) static KEY_AUTHS: Kind = Kind {
    name: "gateway_key_auths",
    unique: &[&["key", "control_plane_id"]],
    references: &["control_plane_id", "@consumer"],
};

/// Subjects of client certificates of consumers.
pub(super) static MTLS_AUTHS: Kind = Kind {
    name: "gateway_mtls_auths",
    unique: &[&["subject_name", "control_plane_id", "@ca_certificate"]],
    references: &["control_plane_id", "@consumer", "@ca_certificate"],
};

/// Upstreams.
pub(super) static UPSTREAMS: Kind = Kind {
    name: "gateway_upstreams",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id", "@client_certificate"],
};

/// Targets of upstreams. An address is unique in its upstream.
pub(super) static TARGETS: Kind = Kind {
    name: "gateway_targets",
    unique: &[&["target", "control_plane_id", "@upstream"]],
    references: &["control_plane_id", "@upstream"],
};

/// Certificates with their keys.
pub(super) static CERTIFICATES: Kind =
    Kind { name: "gateway_certificates", unique: &[], references: &["control_plane_id"] };

/// Host names of certificates.
pub(super) static SNIS: Kind = Kind {
    name: "gateway_snis",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id", "@certificate"],
};

/// Certificates of authorities. One is unique by its digest.
pub(super) static CA_CERTIFICATES: Kind = Kind {
    name: "gateway_ca_certificates",
    unique: &[&["cert_digest", "control_plane_id"]],
    references: &["control_plane_id"],
};

/// Sets of keys.
pub(super) static KEY_SETS: Kind =
    Kind { name: "gateway_key_sets", unique: &[&["name", "control_plane_id"]], references: &["control_plane_id"] };

/// Keys. The id of a key is unique in its set.
pub(super) static KEYS: Kind = Kind {
    name: "gateway_keys",
    unique: &[&["name", "control_plane_id"], &["kid", "control_plane_id", "@set"]],
    references: &["control_plane_id", "@set"],
};

/// Vaults.
pub(super) static VAULTS: Kind =
    Kind { name: "gateway_vaults", unique: &[&["prefix", "control_plane_id"]], references: &["control_plane_id"] };

/// Parts of configurations that plugins share.
pub(super) static PARTIALS: Kind =
    Kind { name: "gateway_partials", unique: &[&["name", "control_plane_id"]], references: &["control_plane_id"] };

/// Plugins with a handler and a schema of their own.
pub(super) static CUSTOM_PLUGINS: Kind = Kind {
    name: "gateway_custom_plugins",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id"],
};

/// Schemas of plugins that are installed in the gateways.
pub(super) static PLUGIN_SCHEMAS: Kind = Kind {
    name: "gateway_plugin_schemas",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id"],
};

/// Queries that a service answers at an address. The document describes no conflict.
pub(super) static DEGRAPHQL_ROUTES: Kind =
    Kind { name: "gateway_degraphql_routes", unique: &[], references: &["control_plane_id", "@service"] };

/// Costs of the types of a GraphQL service.
pub(super) static COST_DECORATIONS: Kind = Kind {
    name: "gateway_cost_decorations",
    unique: &[&["type_path", "control_plane_id", "@service"]],
    references: &["control_plane_id", "@service"],
};

/// Certificates that data planes connect with.
pub(super) static DATA_PLANE_CERTIFICATES: Kind =
    Kind { name: "gateway_data_plane_certificates", unique: &[], references: &["control_plane_id"] };

/// Stores of secrets.
pub(super) static CONFIG_STORES: Kind =
    Kind { name: "gateway_config_stores", unique: &[], references: &["control_plane_id"] };

/// Secrets of the stores, without their values. A key is unique in its store.
pub(super) static CONFIG_STORE_SECRETS: Kind = Kind {
    name: "gateway_config_store_secrets",
    unique: &[&["key", "config_store_id"]],
    references: &["control_plane_id", "config_store_id"],
};
