//! `portal_custom_domain`: the address of a portal under a name of the company (`portal-management-v3`,
//! `/portals/{portalId}/custom-domain`).

use async_trait::async_trait;
use serde_json::Value;

use super::portal::Portal;
use crate::konnect::client::WriteClient;
use crate::konnect::collection::{Collection, Paging};
use crate::konnect::resource::{KonnectType, PLAIN, Resource, off, reader, writer};
use crate::konnect::single;
use crate::resource_type::{Generate, KeyShape, Listing, Part, Title, Unmanaged, Watch};
use engine::plan::Notice;
use engine::resource::Update;
use engine::typed::Typed;
use engine::{Attributes, Error, Remote};

engine::schema! {
    /// The custom domain of a portal, which has one at most. Neither its name nor the way in which it gets its certificate
    /// can be changed (schema `UpdatePortalCustomDomainRequest`).
    PortalCustomDomain = "portal_custom_domain" {
        REGION: Attribute::plain("region").forces_replacement().in_address(),
        PORTAL_ID: Attribute::plain("portal_id").forces_replacement().in_address(),
        HOSTNAME: Attribute::plain("hostname").forces_replacement(),
        ENABLED: Attribute::plain("enabled"),
        DOMAIN_VERIFICATION_METHOD: Attribute::plain("domain_verification_method")
            .inside("/ssl/domain_verification_method")
            .forces_replacement(),
        CUSTOM_CERTIFICATE: Attribute::write_only("custom_certificate").inside("/ssl/custom_certificate"),
        CUSTOM_PRIVATE_KEY: Attribute::write_only("custom_private_key").inside("/ssl/custom_private_key"),
        /// The default is that of the document (schema `CreatePortalCustomDomainSSLWithCustomCertificate`).
        SKIP_CA_CHECK: Attribute::plain("skip_ca_check").inside("/ssl/skip_ca_check").defaults_to(off),
        WAITS_FOR: Attribute::notice("waits_for"),
    }
    natural_key: &[REGION.text(), PORTAL_ID.text()],
    reads_after: &[Portal::SCHEMA.type_name],
    guarded: true,
    environment_in_key: true,
    ..PLAIN
}

/// Everything that is said of custom domains.
pub static TYPE: KonnectType = KonnectType {
    schema: &SCHEMA,
    key: KeyShape::Environment,
    reader: reader::<PortalCustomDomain>,
    writer: Some(writer::<PortalCustomDomain>),
    watch: &[Watch::Address {
        attribute: ENABLED.text(),
        effect: "the portal is reached at its custom domain, or no longer",
    }],
    generate: Generate::Read {
        plural: "the custom domains of portals",
        listing: Listing::Below { parent: Portal::SCHEMA, attribute: PORTAL_ID.text(), with_parents: false },
        part: Some(Part::PortalCustomDomain),
        unmanaged: Some(Unmanaged {
            reason: "the configuration does not describe it",
            below: &[(Portal::SCHEMA, PORTAL_ID.text())],
            title: &[Title::Attribute(HOSTNAME.text())],
        }),
    },
};

/// What a domain waits for. `None` if it works, as far as Konnect knows.
fn notice(json: &Value) -> Option<Notice> {
    let reason = match (json["cname_status"].as_str(), json["ssl"]["verification_status"].as_str()) {
        (Some("pending"), _) => {
            format!("a CNAME record of {} in DNS, which leads to the domain of the portal", json["hostname"])
        }
        (_, Some("error")) => {
            let errors = json["ssl"]["validation_errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("a valid certificate: {}", errors.collect::<Vec<_>>().join("; "))
        }
        (_, Some("pending")) => "the verification of its certificate".to_owned(),
        _ => return None,
    };
    Some(Notice { reason, link: None, by_apply: false })
}

#[async_trait]
impl Resource for PortalCustomDomain {
    const COLLECTION: Collection =
        Collection::new(&SCHEMA, "/v3/portals/{portal_id}/custom-domain").paged(Paging::Single);

    fn read(address: &Attributes, json: Value) -> Result<Remote, Error> {
        let mut domain = single::read::<Self>(address, PORTAL_ID.text(), "custom-domain", &json)?;
        domain.attributes.extend(notice(&json).map(|notice| (WAITS_FOR.text().to_owned(), notice.value())));
        Ok(domain)
    }

    /// A certificate and its key are only sent together.
    async fn update(client: &WriteClient, update: &Update<'_>) -> Result<Remote, Error> {
        let (region, path) = Self::COLLECTION.url(update.after)?;
        let mut changes = update.changes();
        let pair = [CUSTOM_CERTIFICATE.text(), CUSTOM_PRIVATE_KEY.text()];
        if pair.iter().any(|name| changes.contains_key(*name)) {
            changes.extend(update.after.clone().into_iter().filter(|(name, _)| pair.contains(&name.as_str())));
        }
        Self::read(update.after, client.patch(&region, &path, &Self::body(&changes)?).await?)
    }
}
