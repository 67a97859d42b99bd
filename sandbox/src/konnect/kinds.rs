//! Every kind of record that the store may hold: its unique fields, and its references to other records.

use crate::store::Kind;

/// The field that holds the digest of a token.
pub(super) const DIGEST: &str = "digest";

/// The field that holds the id of the team, user or system account that a role is assigned to.
pub(super) const SUBJECT: &str = "subject_id";

/// All kinds except those of gateway configuration. The store refuses a file that holds any other.
pub(super) const KINDS: &[&Kind] = &[
    &ORGANIZATIONS,
    &TEAMS,
    &TEAM_USERS,
    &TEAM_SYSTEM_ACCOUNTS,
    &USERS,
    &ASSIGNED_ROLES,
    &SYSTEM_ACCOUNTS,
    &SYSTEM_ACCOUNT_TOKENS,
    &PERSONAL_TOKENS,
    &AUTHENTICATION_SETTINGS,
    &IMPERSONATION_SETTINGS,
    &IDENTITY_PROVIDERS,
    &TEAM_GROUP_MAPPINGS,
    &SUBSCRIPTIONS,
    &DASHBOARDS,
    &CONTROL_PLANES,
    &GROUP_MEMBERS,
    &PORTALS,
    &PAGES,
    &SNIPPETS,
    &CUSTOMIZATIONS,
    &PORTAL_AUTHENTICATION_SETTINGS,
    &PORTAL_IDENTITY_PROVIDERS,
    &PORTAL_GROUP_MAPPINGS,
    &PORTAL_CUSTOM_DOMAINS,
    &PORTAL_ASSETS,
    &PORTAL_IP_ALLOW_LISTS,
    &PORTAL_INTEGRATIONS,
    &PORTAL_EMAIL_CONFIGS,
    &PORTAL_EMAIL_DELIVERIES,
    &PORTAL_EMAIL_TEMPLATES,
    &PORTAL_AUDIT_LOG_WEBHOOKS,
    &DEVELOPERS,
    &PORTAL_TEAMS,
    &TEAM_DEVELOPERS,
    &TEAM_ROLES,
    &AUTH_STRATEGIES,
    &APIS,
    &DOCUMENTS,
    &VERSIONS,
    &PUBLICATIONS,
    &IMPLEMENTATIONS,
];

/// The organization itself: one in each organization's global partition.
pub(super) static ORGANIZATIONS: Kind = Kind { name: "organizations", unique: &[&["name"]], references: &[] };

/// Teams of an organization.
pub(super) static TEAMS: Kind = Kind { name: "teams", unique: &[], references: &[] };

/// Memberships: which user is in which team.
pub(super) static TEAM_USERS: Kind =
    Kind { name: "team_users", unique: &[&["team_id", "user_id"]], references: &["team_id", "user_id"] };

/// Memberships: which system account is in which team.
pub(super) static TEAM_SYSTEM_ACCOUNTS: Kind = Kind {
    name: "team_system_accounts",
    unique: &[&["team_id", "account_id"]],
    references: &["team_id", "account_id"],
};

/// Users of an organization, invited ones among them.
pub(super) static USERS: Kind = Kind { name: "users", unique: &[&["email"]], references: &[] };

/// Assigned roles, of teams, users and system accounts alike.
pub(super) static ASSIGNED_ROLES: Kind = Kind {
    name: "assigned_roles",
    unique: &[&[SUBJECT, "role_name", "entity_type_name", "entity_id", "entity_region"]],
    references: &[SUBJECT],
};

/// System accounts of an organization. Names are unique in it.
pub(super) static SYSTEM_ACCOUNTS: Kind = Kind { name: "system_accounts", unique: &[&["name"]], references: &[] };

/// Tokens of system accounts. A name is unique in its account.
pub(super) static SYSTEM_ACCOUNT_TOKENS: Kind =
    Kind { name: "system_account_tokens", unique: &[&[DIGEST], &["name", "account_id"]], references: &["account_id"] };

/// Tokens of users. A name is unique among a user's tokens.
pub(super) static PERSONAL_TOKENS: Kind =
    Kind { name: "personal_tokens", unique: &[&[DIGEST], &["name", "user_id"]], references: &["user_id"] };

/// How people log in to an organization: one record each, after the first change.
pub(super) static AUTHENTICATION_SETTINGS: Kind =
    Kind { name: "authentication_settings", unique: &[], references: &[] };

/// Kong's permission to act for users of an organization: one record each, after the first change.
pub(super) static IMPERSONATION_SETTINGS: Kind = Kind { name: "impersonation_settings", unique: &[], references: &[] };

/// Identity providers of an organization, one of each type.
pub(super) static IDENTITY_PROVIDERS: Kind = Kind { name: "identity_providers", unique: &[&["type"]], references: &[] };

/// Mappings of all providers of an organization. A group is mapped to a team once.
pub(super) static TEAM_GROUP_MAPPINGS: Kind = Kind {
    name: "team_group_mappings",
    unique: &[&["identity_provider_id", "team_id", "group"]],
    references: &["identity_provider_id", "team_id"],
};

/// Subscriptions to all events.
pub(super) static SUBSCRIPTIONS: Kind =
    Kind { name: "notification_subscriptions", unique: &[], references: &["event"] };

/// Dashboards of a region. The document describes no conflict: several may have the same name.
pub(super) static DASHBOARDS: Kind = Kind { name: "dashboards", unique: &[], references: &[] };

/// Control planes of a region. Names are unique in it.
pub(super) static CONTROL_PLANES: Kind = Kind { name: "control_planes", unique: &[&["name"]], references: &[] };

/// Which control plane is in which group. It may be in several.
pub(super) static GROUP_MEMBERS: Kind = Kind {
    name: "control_plane_group_members",
    unique: &[&["group_id", "control_plane_id"]],
    references: &["group_id", "control_plane_id"],
};

/// Services of all control planes of a region. Names are unique in their control plane.
pub(super) static SERVICES: Kind = Kind {
    name: "services",
    unique: &[&["name", "control_plane_id"]],
    references: &["control_plane_id", "@client_certificate", "@ca_certificates"],
};

/// Portals of a region. Names are unique in it.
pub(super) static PORTALS: Kind =
    Kind { name: "portals", unique: &[&["name"]], references: &["default_application_auth_strategy_id"] };

/// Pages of all portals of a region. A slug is unique under its parent page.
pub(super) static PAGES: Kind = Kind {
    name: "portal_pages",
    unique: &[&["slug", "portal_id", "parent_page_id"]],
    references: &["portal_id", "parent_page_id"],
};

/// Snippets of all portals of a region. A name is unique in its portal.
pub(super) static SNIPPETS: Kind =
    Kind { name: "portal_snippets", unique: &[&["name", "portal_id"]], references: &["portal_id"] };

/// The customization of the portals of a region: one record each, after the first change.
pub(super) static CUSTOMIZATIONS: Kind =
    Kind { name: "portal_customizations", unique: &[&["portal_id"]], references: &["portal_id"] };

/// How developers sign in to the portals of a region: one record each, after the first change.
pub(super) static PORTAL_AUTHENTICATION_SETTINGS: Kind =
    Kind { name: "portal_authentication_settings", unique: &[&["portal_id"]], references: &["portal_id"] };

/// Identity providers of the portals of a region, one of each type in each.
pub(super) static PORTAL_IDENTITY_PROVIDERS: Kind =
    Kind { name: "portal_identity_providers", unique: &[&["type", "portal_id"]], references: &["portal_id"] };

/// Mappings of all providers of the portals of a region. A group is mapped to a team once.
pub(super) static PORTAL_GROUP_MAPPINGS: Kind = Kind {
    name: "portal_team_group_mappings",
    unique: &[&["identity_provider_id", "team_id", "group"]],
    references: &["identity_provider_id", "team_id"],
};

/// Custom domains of the portals of a region, one each at most.
pub(super) static PORTAL_CUSTOM_DOMAINS: Kind =
    Kind { name: "portal_custom_domains", unique: &[&["portal_id"]], references: &["portal_id"] };

/// Logos and favicons of the portals of a region, each after it was replaced first.
pub(super) static PORTAL_ASSETS: Kind =
    Kind { name: "portal_assets", unique: &[&["name", "portal_id"]], references: &["portal_id"] };

/// Lists of addresses that may see the portals of a region. A portal may have several.
pub(super) static PORTAL_IP_ALLOW_LISTS: Kind =
    Kind { name: "portal_ip_allow_lists", unique: &[], references: &["portal_id"] };

/// Integrations of the portals of a region: one record each, after the first change.
pub(super) static PORTAL_INTEGRATIONS: Kind =
    Kind { name: "portal_integrations", unique: &[&["portal_id"]], references: &["portal_id"] };

/// Senders of the emails of the portals of a region, one each at most.
pub(super) static PORTAL_EMAIL_CONFIGS: Kind =
    Kind { name: "portal_email_configs", unique: &[&["portal_id"]], references: &["portal_id"] };

/// The older form of the same: one record each, after the first change.
pub(super) static PORTAL_EMAIL_DELIVERIES: Kind =
    Kind { name: "portal_email_deliveries", unique: &[&["portal_id"]], references: &["portal_id"] };

/// Templates of emails that a portal has of its own.
pub(super) static PORTAL_EMAIL_TEMPLATES: Kind =
    Kind { name: "portal_email_templates", unique: &[&["name", "portal_id"]], references: &["portal_id"] };

/// Where the audit logs of the portals of a region are sent: one record each, after the first change.
pub(super) static PORTAL_AUDIT_LOG_WEBHOOKS: Kind =
    Kind { name: "portal_audit_log_webhooks", unique: &[&["portal_id"]], references: &["portal_id"] };

/// Developers of all portals of a region. An address is unique in its portal.
pub(super) static DEVELOPERS: Kind =
    Kind { name: "portal_developers", unique: &[&["email", "portal_id"]], references: &["portal_id"] };

/// Teams of all portals of a region. A name is unique in its portal.
pub(super) static PORTAL_TEAMS: Kind =
    Kind { name: "portal_teams", unique: &[&["name", "portal_id"]], references: &["portal_id"] };

/// Memberships: which developer is in which team.
pub(super) static TEAM_DEVELOPERS: Kind = Kind {
    name: "portal_team_developers",
    unique: &[&["team_id", "developer_id"]],
    references: &["team_id", "developer_id"],
};

/// Roles of the teams.
pub(super) static TEAM_ROLES: Kind = Kind {
    name: "portal_team_roles",
    unique: &[&["role_name", "team_id", "entity_type_name", "entity_id", "entity_region"]],
    references: &["team_id"],
};

/// Strategies of a region. The document describes no conflict: several may have the same name.
pub(super) static AUTH_STRATEGIES: Kind = Kind { name: "auth_strategies", unique: &[], references: &[] };

/// APIs of a region. Name and version together are unique, and so is the slug.
pub(super) static APIS: Kind = Kind { name: "apis", unique: &[&["name", "version"], &["slug"]], references: &[] };

/// Documents of the APIs of a region. A slug is unique under its parent document.
pub(super) static DOCUMENTS: Kind = Kind {
    name: "api_documents",
    unique: &[&["slug", "api_id", "parent_document_id"]],
    references: &["api_id", "parent_document_id"],
};

/// Versions of the APIs of a region, one each.
pub(super) static VERSIONS: Kind = Kind { name: "api_versions", unique: &[&["api_id"]], references: &["api_id"] };

/// Publications of a region: an API is published to a portal once.
pub(super) static PUBLICATIONS: Kind = Kind {
    name: "api_publications",
    unique: &[&["api_id", "portal_id"]],
    references: &["api_id", "portal_id", "auth_strategy_ids"],
};

/// Implementations of the APIs of a region.
pub(super) static IMPLEMENTATIONS: Kind = Kind {
    name: "api_implementations",
    unique: &[&["api_id"], &["service_id"]],
    references: &["api_id", "service_id", "control_plane_id"],
};
