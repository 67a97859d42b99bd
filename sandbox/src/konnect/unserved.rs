//! The operations that the documents describe and the sandbox does not offer yet. They are answered with 501; a path in
//! no document is 404. Implementing one means removing its line here: an operation that is both here and served is
//! refused when the routes are built.

use axum::routing::MethodFilter;

use super::framework::Document;
use super::framework::serve::Operation;

/// Each of these operations: its document, its method, and its path template below the region.
pub(super) fn operations() -> impl Iterator<Item = Operation> {
    UNSERVED.iter().flat_map(|(document, operations)| {
        operations
            .iter()
            .flat_map(|(path, methods)| methods.split(' ').map(|method| (*document, filter(method), *path)))
    })
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        "GET" => MethodFilter::GET,
        other => unreachable!("the table below holds no method {other}"),
    }
}

/// Path templates and their methods, by document.
const UNSERVED: &[(Document, &[(&str, &str)])] = &[
    (Document::Identity, &[("/v3/authenticate/{organizationLoginPath}", "GET")]),
    (
        Document::AuditLogs,
        &[
            ("/v3/audit-log-webhook", "DELETE GET PATCH"),
            ("/v3/audit-log-webhook/status", "GET"),
            ("/v3/audit-log-replay-job", "GET PUT"),
            ("/v3/audit-log-destinations", "GET POST"),
            ("/v3/audit-log-destinations/{auditLogDestinationId}", "DELETE GET PATCH"),
        ],
    ),
    (
        Document::Notifications,
        &[
            ("/v1/notifications/inbox", "GET"),
            ("/v1/notifications/inbox/{notificationId}", "DELETE GET PATCH"),
            ("/v1/notifications/inbox/bulk", "POST"),
        ],
    ),
    (
        Document::GatewayConfiguration,
        &[
            ("/v2/control-planes/{controlPlaneId}/expected-config-hash", "GET"),
            ("/v2/control-planes/{controlPlaneId}/expected-config-version", "GET"),
            ("/v2/control-planes/{controlPlaneId}/dp-client-certificates", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/dp-client-certificates/{certificateId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/nodes", "GET"),
            ("/v2/control-planes/{controlPlaneId}/nodes/eol", "GET"),
            ("/v2/control-planes/{controlPlaneId}/nodes/{nodeId}", "DELETE GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/plugin-schemas", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/plugin-schemas/{name}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/targets", "GET"),
            ("/v2/control-planes/{controlPlaneId}/config-stores", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}/secrets", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/config-stores/{configStoreId}/secrets/{key}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/acls", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/acls/{ACLId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/basic-auths", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/basic-auths/{BasicAuthId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/ca_certificates", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/ca_certificates/{CACertificateId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/certificates", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/certificates/{CertificateId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/certificates/{CertificateId}/snis", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/certificates/{CertificateId}/snis/{SNIId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups/{ConsumerGroupId}", "DELETE GET PUT"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups/{ConsumerGroupId}/consumers",
                "DELETE GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups/{ConsumerGroupId}/consumers/{ConsumerId}",
                "DELETE",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups/{ConsumerGroupId}/plugins", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumer_groups/{ConsumerGroupId}/plugins/{PluginId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/consumers", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerId}", "DELETE GET PUT"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerId}/consumer_groups",
                "DELETE GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerId}/consumer_groups/{ConsumerGroupId}",
                "DELETE",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/acls",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/acls/{ACLId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/basic-auth",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/basic-auth/{BasicAuthId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/hmac-auth",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/hmac-auth/{HMACAuthId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/jwt",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/jwt/{JWTId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/key-auth",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/key-auth/{KeyAuthId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/mtls-auth",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/mtls-auth/{MTLSAuthId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/plugins",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/consumers/{ConsumerIdForNestedEntities}/plugins/{PluginId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/custom-plugins", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/custom-plugins/{CustomPluginId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/degraphql_routes", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/degraphql_routes/{Degraphql_routeId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/graphql-rate-limiting-advanced/costs", "GET"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/graphql-rate-limiting-advanced/costs/{GraphQLCostDecorationId}",
                "GET",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/hmac-auths", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/hmac-auths/{HMACAuthId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/jwts", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/jwts/{JWTId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-auths", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-auths/{KeyAuthId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-sets", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-sets/{KeySetId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-sets/{KeySetId}/keys", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/key-sets/{KeySetId}/keys/{KeyId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/keys", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/keys/{KeyId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/mtls-auths", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/mtls-auths/{MTLSAuthId}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/partials", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/partials/{PartialId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/partials/{PartialId}/links", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/plugins", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/plugins/{PluginId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/routes", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/routes/{RouteId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/routes/{RouteId}/plugins", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/routes/{RouteId}/plugins/{PluginId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/schemas/{entityName}/validate", "POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/schemas/partials/{partialType}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/schemas/plugins/{pluginName}", "GET"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/degraphql/routes", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/degraphql/routes/{Degraphql_routeId}",
                "DELETE GET PUT",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/graphql-rate-limiting-advanced/costs",
                "GET POST",
            ),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/graphql-rate-limiting-advanced/costs/{GraphQLCostDecorationId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/plugins", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/plugins/{PluginId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/routes", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/services/{ServiceId}/routes/{RouteId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/snis", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/snis/{SNIId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/upstreams", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/upstreams/{UpstreamId}", "DELETE GET PUT"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/upstreams/{UpstreamIdForTarget}/targets", "GET POST"),
            (
                "/v2/control-planes/{controlPlaneId}/core-entities/upstreams/{UpstreamIdForTarget}/targets/{TargetId}",
                "DELETE GET PUT",
            ),
            ("/v2/control-planes/{controlPlaneId}/core-entities/vaults", "GET POST"),
            ("/v2/control-planes/{controlPlaneId}/core-entities/vaults/{VaultId}", "DELETE GET PUT"),
        ],
    ),
    (
        Document::AuthStrategies,
        &[
            ("/v2/dcr-providers", "GET POST"),
            ("/v2/dcr-providers/{dcrProviderId}", "DELETE GET PATCH"),
            ("/v2/dcr-providers/{dcrProviderId}/verify", "POST"),
        ],
    ),
    (
        Document::ApiCatalog,
        &[
            ("/v3/apis/validate-specification", "POST"),
            ("/v3/apis/{apiId}/specifications", "GET POST"),
            ("/v3/apis/{apiId}/specifications/{specId}", "DELETE GET PATCH"),
            ("/v3/apis/{apiId}/images/{imageType}", "DELETE GET PUT"),
            ("/v3/apis/{apiId}/images/{imageType}/raw", "GET"),
            ("/v3/api-packages/{apiPackageId}/publications/{portalId}", "DELETE GET PUT"),
            ("/v3/apis/{apiId}/operations", "GET"),
            ("/v3/apis/{apiId}/operations/{operationId}", "GET"),
            ("/v3/api-attributes", "GET"),
            ("/v3/api-packages", "GET POST"),
            ("/v3/api-packages/{packageId}", "DELETE GET PATCH"),
            ("/v3/api-packages/{packageId}/documents", "GET POST"),
            ("/v3/api-packages/{packageId}/documents/{documentId}", "DELETE GET PATCH"),
            ("/v3/api-packages/{packageId}/documents/{documentId}/move", "POST"),
            ("/v3/api-packages/{packageId}/operations", "GET PATCH"),
            ("/v3/api-packages/{packageId}/operations/{operationId}", "DELETE GET"),
            ("/v3/api-packages/{packageId}/current-specification", "DELETE GET PUT"),
            ("/v3/api-packages/{packageId}/computed-specification", "GET"),
            ("/v3/api-packages/{packageId}/images/{imageType}", "DELETE GET PUT"),
            ("/v3/api-packages/{packageId}/images/{imageType}/raw", "GET"),
            ("/v3/apis/{apiId}/registrations", "GET"),
        ],
    ),
    (
        Document::Portals,
        &[
            ("/v3/portals/{portalId}/assets/logo/raw", "GET"),
            ("/v3/portals/{portalId}/assets/favicon/raw", "GET"),
            ("/v3/portals/{portalId}/integrations", "GET PATCH PUT"),
            ("/v3/portals/{portalId}/applications", "GET POST"),
            ("/v3/portals/{portalId}/applications/{applicationId}", "DELETE GET PATCH"),
            ("/v3/portals/{portalId}/applications/{applicationId}/developers", "GET"),
            ("/v3/applications/{applicationId}", "GET"),
            ("/v3/portals/{portalId}/applications/{applicationId}/credentials", "GET"),
            ("/v3/portals/{portalId}/application-registrations", "GET"),
            ("/v3/portals/{portalId}/applications/{applicationId}/registrations", "GET POST"),
            ("/v3/portals/{portalId}/applications/{applicationId}/registrations/{registrationId}", "DELETE GET PATCH"),
            (
                "/v3/portals/{portalId}/applications/{applicationId}/registrations/{registrationId}/consumer",
                "DELETE PUT",
            ),
            ("/v3/portals/{portalId}/audit-log-replay-job", "GET PUT"),
            ("/v3/portals/{portalId}/audit-log-webhook", "DELETE GET PATCH"),
            ("/v3/portals/{portalId}/audit-log-webhook/status", "GET"),
            ("/v3/portals/email-domains", "GET POST"),
            ("/v3/portals/email-domains/{emailDomain}", "DELETE GET"),
            ("/v3/portals/{portalId}/email-delivery", "DELETE GET PATCH"),
            ("/v3/portals/{portalId}/email-config", "DELETE GET PATCH POST"),
            ("/v3/portals/email-templates", "GET"),
            ("/v3/portals/email-templates/variables", "GET"),
            ("/v3/portals/email-templates/{templateName}", "GET"),
            ("/v3/portals/{portalId}/email-templates", "GET"),
            ("/v3/portals/{portalId}/email-templates/{templateName}", "DELETE GET PATCH"),
            ("/v3/portals/{portalId}/email-templates/{templateName}/send-test-email", "POST"),
            ("/v3/portals/{portalId}/ip-allow-list", "GET POST"),
            ("/v3/portals/{portalId}/ip-allow-list/{id}", "DELETE GET PATCH PUT"),
        ],
    ),
];
