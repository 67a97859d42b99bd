//! Environments by the names of objects.

/// The environment that an object without labels is in by its name, `<something>-<environment>`, and that something.
pub(super) fn by_suffix<'a, 'e>(
    name: &'a str,
    environments: impl Iterator<Item = &'e str>,
) -> Option<(&'a str, &'e str)> {
    let parts = environments.filter_map(|environment| {
        let rest = name.strip_suffix(environment)?.strip_suffix('-')?;
        (!rest.is_empty()).then_some((rest, environment))
    });
    // Of `dev` and `big-dev`, the longer one is meant.
    parts.max_by_key(|(_, environment)| environment.len())
}

/// The reason if an environment has no portal in a region.
pub(super) fn no_portal(environment: &str, region: &str) -> String {
    format!("the environment `{environment}` has no portal in {region}")
}

#[cfg(test)]
mod tests {
    use super::by_suffix;

    #[test]
    fn a_name_without_an_environment_at_its_end_is_in_none() {
        let environments = || ["dev", "big-dev"].into_iter();
        assert_eq!(by_suffix("flights", environments()), None);
        assert_eq!(by_suffix("-dev", environments()), None);
        assert_eq!(by_suffix("flights-dev", environments()), Some(("flights", "dev")));
        assert_eq!(by_suffix("flights-big-dev", environments()), Some(("flights", "big-dev")));
    }
}
