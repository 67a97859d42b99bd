//! The look of the portal of an environment, and its address under a name of the company. Without the keys, there are none
//! of these resources, and of the customization, only the given keys count.

use serde_json::{Value, json};

use super::portals::portal;
use super::scope::{EnvironmentScope, Output};
use crate::konnect::resources::portal_asset::{self as assets, PortalAsset};
use crate::konnect::resources::portal_custom_domain::{self as domains, PortalCustomDomain};
use crate::konnect::resources::portal_customization::{self as looks, PortalCustomization};
use crate::manifest::model::{Customization, MenuItem, MenuSection, Organization, ThemeMode, Visibility};
use engine::Desired;

pub(super) fn compile(scope: &EnvironmentScope<'_>, out: &mut Output) {
    let configured = &scope.environment.portal;
    if !configured.customization.is_empty() {
        out.push(customization(scope, &configured.customization));
    }
    for (name, image) in [("logo", &configured.logo), ("favicon", &configured.favicon)] {
        out.extend(image.iter().map(|image| asset(scope, name, image)));
    }
    let domain = custom_domain(scope, out);
    out.extend(domain);
}

fn customization(scope: &EnvironmentScope<'_>, look: &Customization) -> Desired<PortalCustomization> {
    let (theme, menu, renderer) = (&look.theme, &look.menu, &look.spec_renderer);
    Desired::of(scope.organization.name, scope.name)
        .with(looks::REGION, scope.region())
        .with(looks::PORTAL_ID, portal(scope).id())
        .with_some(looks::THEME_NAME, theme.name.as_deref())
        .with_some(looks::THEME_MODE, theme.mode.map(ThemeMode::as_str))
        .with_some(looks::PRIMARY_COLOR, theme.primary_color.as_deref())
        .with_some(looks::LAYOUT, look.layout.as_deref())
        .with_some(looks::CSS, look.css.as_deref())
        .with_some(looks::MAIN_MENU, menu.main.as_deref().map(links))
        .with_some(looks::FOOTER_SECTIONS, menu.footer_sections.as_deref().map(sections))
        .with_some(looks::FOOTER_BOTTOM, menu.footer_bottom.as_deref().map(links))
        .with_some(looks::TRY_IT_UI, renderer.try_it_ui)
        .with_some(looks::TRY_IT_INSOMNIA, renderer.try_it_insomnia)
        .with_some(looks::INFINITE_SCROLL, renderer.infinite_scroll)
        .with_some(looks::SHOW_SCHEMAS, renderer.show_schemas)
        .with_some(looks::HIDE_INTERNAL, renderer.hide_internal)
        .with_some(looks::HIDE_DEPRECATED, renderer.hide_deprecated)
        .with_some(looks::ALLOW_CUSTOM_SERVER_URLS, renderer.allow_custom_server_urls)
        .with_some(looks::ROBOTS, look.robots.as_deref())
}

/// Links as Konnect has them, which requires all fields (schema `PortalMenuItem`).
fn links(items: &[MenuItem]) -> Value {
    let link = |item: &MenuItem| {
        json!({
            "path": item.path,
            "title": item.title,
            "visibility": item.visibility.unwrap_or(Visibility::Public).as_str(),
            "external": item.external.unwrap_or(false),
        })
    };
    items.iter().map(link).collect()
}

fn sections(sections: &[MenuSection]) -> Value {
    sections.iter().map(|section| json!({ "title": section.title, "items": links(&section.items) })).collect()
}

fn asset(scope: &EnvironmentScope<'_>, name: &str, image: &str) -> Desired<PortalAsset> {
    scope
        .resource(name)
        .with(assets::REGION, scope.region())
        .with(assets::PORTAL_ID, portal(scope).id())
        .with(assets::NAME, name)
        .with(assets::DATA, image)
}

fn custom_domain(scope: &EnvironmentScope<'_>, out: &mut Output) -> Option<Desired<PortalCustomDomain>> {
    let domain = scope.environment.portal.custom_domain.as_ref()?;
    let path = Organization::custom_domain(scope.organization.name, scope.name);
    let mut secret = |key: &str| scope.organization.input.secret(&path.key(key), out);
    let certificate = domain.certificate.as_ref().and_then(|_| secret("certificate"));
    let private_key = domain.private_key.as_ref().and_then(|_| secret("private-key"));
    let domain = Desired::of(scope.organization.name, scope.name)
        .with(domains::REGION, scope.region())
        .with(domains::PORTAL_ID, portal(scope).id())
        .with(domains::HOSTNAME, domain.hostname.as_str())
        .with(domains::ENABLED, domain.enabled.unwrap_or(true))
        .with(domains::DOMAIN_VERIFICATION_METHOD, domain.verification_method())
        .with_some(domains::CUSTOM_CERTIFICATE, certificate)
        .with_some(domains::CUSTOM_PRIVATE_KEY, private_key)
        .with_some(domains::SKIP_CA_CHECK, domain.skip_ca_check)
        .protect(scope.protect());
    Some(domain)
}
