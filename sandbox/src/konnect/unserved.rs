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

/// The operations of a document as texts, one for each path.
#[cfg(test)]
pub(super) fn listed(document: Document) -> Vec<String> {
    let of_document = UNSERVED.iter().filter(|(of, _)| *of == document);
    of_document
        .flat_map(|(_, operations)| operations.iter().map(|(path, methods)| format!("`{methods} {path}`")))
        .collect()
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
            ("/v3/portals/{portalId}/audit-log-replay-job", "PUT"),
            ("/v3/portals/email-domains", "GET POST"),
            ("/v3/portals/email-domains/{emailDomain}", "DELETE GET"),
        ],
    ),
];
