//! `/roles`: the predefined roles, by the kind of entity.
//!
//! The document fixes every name and every description.

use serde_json::{Value, json};

use crate::konnect::framework::{Answer, Call, Document, Konnect, Problem, Route};

pub(super) static ROUTES: &[Route] = &[Route::get(Document::Identity, "/v3/roles", list_roles)];

/// Key, name, description.
type Role = (&'static str, &'static str, &'static str);

/// Key, name, roles.
static GROUPS: [(&str, &str, &[Role]); 7] = [
    (
        "control_planes",
        "Control Planes",
        &[
            ("admin", "Admin", "This role grants full write access to all entities within a control plane."),
            (
                "certificate_admin",
                "Certificate Admin",
                "This role grants full write access to administer certificates.",
            ),
            ("consumer_admin", "Consumer Admin", "This role grants full write access to administer consumers."),
            (
                "creator",
                "Creator",
                "Creates a new Control Plane in an organization. The creator becomes the owner of the Control Plane they create.",
            ),
            (
                "debug_session_creator",
                "Debug Session Creator",
                "This role grants access to create debug sessions. This role also grants read-only access to all entities within a control plane.",
            ),
            (
                "deployer",
                "Deployer",
                "This role grants full write access to administer services, routes and plugins necessary to deploy services in Service Hub.",
            ),
            (
                "gateway_service_admin",
                "Gateway Service Admin",
                "This role grants full write access to administer gateway services.",
            ),
            ("plugin_admin", "Plugin Admin", "This role grants full write access to administer plugins."),
            ("route_admin", "Route Admin", "This role grants full write access to administer routes."),
            ("sni_admin", "SNI Admin", "This role grants full write access to administer SNIs."),
            ("upstream_admin", "Upstream Admin", "This role grants full write access to administer upstreams."),
            ("viewer", "Viewer", "This role grants read only access to all entities within a control plane."),
        ],
    ),
    (
        "api_products",
        "API Products",
        &[
            ("admin", "Admin", "This role grants full write access to an API product and its versions."),
            (
                "application_registration",
                "Application Registration",
                "This role grants permission to enable and disable application registration on an API product.",
            ),
            (
                "creator",
                "Creator",
                "This access is required to create API products. This access is not for creating sub-entities such as versions, API specs, etc.",
            ),
            (
                "deployer",
                "Deployer",
                "This role grants permission to deploy and remove an API product from a control plane.",
            ),
            (
                "maintainer",
                "Maintainer",
                "This role grants all write permission to manage an API product and to administer plugins.",
            ),
            ("plugins_admin", "Plugins Admin", "This role grants full write permission to administer plugins."),
            ("publisher", "Publisher", "This role grants permission to publish an API product to one or more portals."),
            ("viewer", "Viewer", "Viewer has read-only access to an API product and its sub-entities."),
        ],
    ),
    (
        "audit_logs",
        "Audit Logs",
        &[("admin", "Admin", "This role grants full write access to the Audit log configuration.")],
    ),
    (
        "identity",
        "Identity",
        &[("admin", "Admin", "This role grants full write access to the Identity configuration.")],
    ),
    (
        "mesh_control_planes",
        "Mesh Control Plane",
        &[
            ("admin", "Admin", "This role grants full write access to the related to Mesh control planes."),
            ("connector", "Connector", "This role grants a mesh zone to connect to the mesh control plane in Konnect."),
            ("creator", "Creator", "This role grants access to create new Mesh control planes."),
            ("viewer", "Viewer", "This role grants access to read-only permissions to Mesh control planes."),
        ],
    ),
    (
        "dashboards",
        "Dashboards",
        &[
            ("admin", "Admin", "Allows users to edit, delete, and share a Dashboard in Konnect Analytics."),
            ("creator", "Creator", "Allows users to create a new Dashboard in Konnect Analytics."),
            ("editor", "Editor", "Allows users to edit a Dashboard in Konnect Analytics."),
            ("viewer", "Viewer", "Allows users to view any Dashboards content in Konnect Analytics."),
        ],
    ),
    (
        "reports",
        "Reports",
        &[
            ("admin", "Admin", "Allows users to edit, delete, and share a Report in Konnect Analytics."),
            ("creator", "Creator", "Allows users to create a new Report in Konnect Analytics."),
            ("editor", "Editor", "Allows users to edit a Report in Konnect Analytics."),
            ("viewer", "Viewer", "Allows users to view a Report in Konnect Analytics."),
        ],
    ),
];

fn list_roles(_: &Konnect, _: &Call) -> Result<Answer, Problem> {
    let role =
        |(key, name, description): &Role| ((*key).to_owned(), json!({ "name": name, "description": description }));
    let groups = GROUPS.iter().map(|(key, name, roles)| {
        let roles: Value = roles.iter().map(role).collect();
        ((*key).to_owned(), json!({ "name": name, "roles": roles }))
    });
    Ok(Answer::ok(groups.collect::<Value>()))
}
