//! The look of the portals of environments, and their custom domains.
//!
//! Of the look, the style sheet, the text for search engines, and how specifications are shown are described where they are
//! not as in a new portal. The document does not say which theme, layout and menus a new portal has, so that these are
//! left to the people who chose them.

use serde_json::Value;

use super::identity::some;
use crate::generate::draft::Draft;
use crate::generate::inventory::{Inventory, is_on, text};
use crate::konnect::resources::portal_custom_domain::{self as domains, DOMAIN_VERIFICATION_METHOD, ENABLED, HOSTNAME};
use crate::konnect::resources::portal_customization::{
    self as looks, ALLOW_CUSTOM_SERVER_URLS, CSS, HIDE_DEPRECATED, HIDE_INTERNAL, INFINITE_SCROLL, ROBOTS,
    SHOW_SCHEMAS, TRY_IT_INSOMNIA, TRY_IT_UI,
};
use crate::manifest::model::{CustomDomain, Customization, SpecRenderer};
use engine::Remote;

pub(super) fn recognise(inventory: &Inventory, draft: &mut Draft) {
    let looks = inventory.by(looks::SCHEMA.type_name, looks::PORTAL_ID.text());
    let domains = inventory.by(domains::SCHEMA.type_name, domains::PORTAL_ID.text());
    let mut unfit = Vec::new();
    for environment in draft.environments.values_mut() {
        let portal = environment.portal.as_str();
        if let Some(look) = looks.get(portal).and_then(|all| all.first()) {
            environment.overrides.customization = customization(look);
        }
        let Some(domain) = domains.get(portal).and_then(|all| all.first()) else { continue };
        if text(domain, DOMAIN_VERIFICATION_METHOD.text()) == CustomDomain::HTTP {
            environment.overrides.custom_domain = Some(custom_domain(domain));
        } else {
            unfit.push(domain.id.clone());
        }
    }
    for id in unfit {
        let reason = "its certificate and its private key cannot be read: add `custom-domain` with both by hand";
        draft.give_up(domains::SCHEMA.type_name, &id, reason);
    }
}

fn customization(look: &Remote) -> Customization {
    let switch = |attribute: &str, usual: bool| {
        let is = look.attributes.get(attribute).and_then(Value::as_bool);
        is.filter(|is| *is != usual)
    };
    Customization {
        css: some(look, CSS.text()),
        robots: some(look, ROBOTS.text()),
        spec_renderer: SpecRenderer {
            try_it_ui: switch(TRY_IT_UI.text(), true),
            try_it_insomnia: switch(TRY_IT_INSOMNIA.text(), true),
            infinite_scroll: switch(INFINITE_SCROLL.text(), true),
            show_schemas: switch(SHOW_SCHEMAS.text(), true),
            hide_internal: switch(HIDE_INTERNAL.text(), false),
            hide_deprecated: switch(HIDE_DEPRECATED.text(), false),
            allow_custom_server_urls: switch(ALLOW_CUSTOM_SERVER_URLS.text(), true),
        },
        ..Customization::default()
    }
}

fn custom_domain(domain: &Remote) -> CustomDomain {
    let enabled = is_on(domain, ENABLED.text());
    CustomDomain {
        hostname: text(domain, HOSTNAME.text()).to_owned(),
        enabled: (!enabled).then_some(false),
        certificate: None,
        private_key: None,
        skip_ca_check: None,
    }
}
