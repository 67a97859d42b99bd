//! An organization as the existing Go tool leaves it: built by direct API calls, from what the configuration says.

use http::Method;
use koctl::compiler::Spec;
use koctl::manifest::model::{Environment, EnvironmentType, Manifest, Service};
use koctl::manifest::{Sources, load};
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::outside::{GLOBAL, Outsider};
use crate::world::World;

/// One organization while it is being built.
struct Builder<'a> {
    world: &'a World,
    outsider: Outsider<'a>,
    manifest: &'a Manifest,
    organization: &'a str,
    /// The files that were staged and merged.
    staged: Vec<(String, String)>,
}

/// Builds everything that the configuration of `world` declares for `organization`, as the Go tool leaves it after its
/// second run, and after its pull requests were merged: teams have no label, control planes have a description and two
/// labels, the second run gave portals the names of their environments, publications have the visibility that is their
/// portal's default, and the dashboards are its own.
pub(crate) async fn leave(world: &World, sandbox: &Sandbox, organization: &str, platform: &str) {
    let loaded = load(&Sources::directory(world.path())).unwrap();
    let manifest = &loaded.manifest;
    let mut builder = Builder { world, outsider: Outsider(sandbox), manifest, organization, staged: Vec::new() };
    let teams = builder.teams().await;
    for (name, environment) in &manifest.organizations[organization].environments {
        builder.environment(name, environment, &teams).await;
    }
    builder.dashboards().await;
    world.merge(platform, &builder.staged);
}

impl Builder<'_> {
    /// The ids of the teams, by name.
    async fn teams(&self) -> Vec<(String, String)> {
        let mut ids = Vec::new();
        for (name, team) in &self.manifest.teams {
            let mut body = json!({ "name": name });
            if let Some(description) = &team.description {
                body["description"] = description.as_str().into();
            }
            let id = self.outsider.made(GLOBAL, "/v3/teams", body).await;
            for email in &team.users {
                self.member(&id, email).await;
            }
            ids.push((name.clone(), id));
        }
        ids
    }

    async fn member(&self, team: &str, email: &str) {
        let path = format!("/v3/users?filter[email][eq]={email}");
        let mut found = self.outsider.konnect(Method::GET, GLOBAL, &path, None).await;
        if found["data"].as_array().unwrap().is_empty() {
            self.outsider.konnect(Method::POST, GLOBAL, "/v3/invites", Some(json!({ "email": email }))).await;
            found = self.outsider.konnect(Method::GET, GLOBAL, &path, None).await;
        }
        let user = json!({ "id": found["data"][0]["id"] });
        self.outsider.konnect(Method::POST, GLOBAL, &format!("/v3/teams/{team}/users"), Some(user)).await;
    }

    async fn environment(&mut self, name: &str, environment: &Environment, teams: &[(String, String)]) {
        let region = environment.region.as_str();
        let production = environment.r#type == EnvironmentType::Prod;
        let kind = if production { "PROD" } else { "DEV" };
        let labels = json!({ "ko-konnect-orchestrator": "true", "env-name": name, "env-type": kind });
        let visibility = if production { "public" } else { "private" };
        let organization = self.organization;
        let portal = json!({
            "name": name,
            "display_name": if production { organization.to_owned() } else { format!("{organization} ({name})") },
            "authentication_enabled": !production,
            "default_api_visibility": visibility,
            "default_page_visibility": visibility,
            "labels": labels,
        });
        let portal = self.outsider.made(region, "/v3/portals", portal).await;
        let second_run = Some(json!({ "display_name": name }));
        self.outsider.konnect(Method::PATCH, region, &format!("/v3/portals/{portal}"), second_run).await;
        for (team, team_id) in teams {
            let plane = json!({
                "name": format!("{team}-{name}"),
                "description": format!("Control plane for team {team} in environment {name}"),
                "cluster_type": if production { "CLUSTER_TYPE_CONTROL_PLANE" } else { "CLUSTER_TYPE_SERVERLESS" },
                "labels": { "env": kind, "team": team },
            });
            let plane = self.outsider.made(region, "/v2/control-planes", plane).await;
            let role = json!({
                "role_name": if production { "Viewer" } else { "Admin" },
                "entity_id": plane,
                "entity_type_name": "Control Planes",
                "entity_region": region,
            });
            self.outsider.made(GLOBAL, &format!("/v3/teams/{team_id}/assigned-roles"), role).await;
            for (key, service) in &self.manifest.teams[team].services {
                let folder = format!("konnect/{organization}/envs/{name}/teams/{team}/services/{key}");
                let mut api_labels = labels.clone();
                api_labels["team-name"] = team.as_str().into();
                api_labels["service-name"] = service.name.as_str().into();
                self.api((region, &portal), (service, environment, name), api_labels, &folder).await;
            }
        }
    }

    async fn api(
        &mut self,
        (region, portal): (&str, &str),
        (service, environment, environment_name): (&Service, &Environment, &str),
        labels: Value,
        folder: &str,
    ) {
        let production = environment.r#type == EnvironmentType::Prod;
        let name = if production { service.name.clone() } else { format!("{}-{environment_name}", service.name) };
        let branch = if production { &service.prod_branch_name } else { &service.dev_branch_name };
        let repository = service.git.remote.trim_start_matches("https://github.com/").trim_end_matches(".git");
        let content = self.world.read(&format!("services/{repository}/{branch}/openapi.yaml"));
        let spec = Spec::parse(content.clone()).unwrap();
        let body = json!({
            "name": name,
            "version": spec.version,
            "description": service.description,
            "labels": labels,
            "spec_content": content,
        });
        let api = self.outsider.made(region, "/v3/apis", body).await;
        let path = format!("/v3/apis/{api}/publications/{portal}");
        self.outsider.konnect(Method::PUT, region, &path, Some(json!({}))).await;
        let patch = format!(
            "_format_version: \"1.0\"\npatches:\n    - selectors:\n        - $..services[*]\n      values:\n        \
             tags:\n            - ko-api-name={name}\n"
        );
        self.staged.push((format!("{folder}/openapi.yaml"), content));
        self.staged.push((format!("{folder}/ko-patch.yaml"), patch));
    }

    async fn dashboards(&self) {
        let environments = self.manifest.organizations[self.organization].environments.values();
        let regions: std::collections::BTreeSet<_> = environments.map(|environment| environment.region).collect();
        for region in regions {
            for name in ["API Usage (last 30 days)", "API Usage by Application (last 30 days)"] {
                let labels = json!({ "ko-konnect-orchestrator": "true" });
                let body = json!({ "name": name, "definition": { "tiles": [] }, "labels": labels });
                self.outsider.made(region.as_str(), "/v2/dashboards", body).await;
            }
        }
    }
}
