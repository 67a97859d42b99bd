//! A look for drift as metrics, in Prometheus' text format 0.0.4.
//!
//! A scope that was compared has all types that were compared, with a zero if nothing differs, so that an alert can
//! distinguish "none" from "unknown". The time of the last success outlives a failure: it is copied from the earlier
//! file.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::words::kind;
use engine::drift::{DriftReport, Findings, Look};

/// The time of the last successful look at a scope.
const LAST_SUCCESS: &str = "koctl_drift_last_success_timestamp_seconds";

/// True if `text` begins like the metrics of [`prometheus`].
#[must_use]
pub fn is_prometheus(text: &str) -> bool {
    text.starts_with("# HELP koctl_drift_")
}

/// A look for drift as metrics. `earlier` is the content of the earlier file; empty if there is none.
#[must_use]
pub fn prometheus(report: &DriftReport, earlier: &str) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, samples: Vec<(String, i64)>| {
        write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n").expect("a String takes all that is written");
        for (labels, value) in samples {
            writeln!(text, "{name}{labels} {value}").expect("a String takes all that is written");
        }
    };
    let at = report.at.as_second();
    let each = |is: fn(&Look) -> bool| {
        let scopes = report.scopes.iter();
        scopes.map(|scope| (labels(&[("org", &scope.scope)]), i64::from(is(&scope.outcome)))).collect()
    };
    let resources = report.findings().flat_map(|(scope, findings)| samples(scope, findings)).collect();
    family(
        "koctl_drift_resources",
        "Resources that differ from what the last apply left, and objects that no state knows.",
        resources,
    );
    let ignored = |(scope, findings): (&str, &Findings)| {
        (labels(&[("org", scope)]), i64::try_from(findings.ignored.len()).unwrap_or(i64::MAX))
    };
    let ignored = report.findings().map(ignored).collect();
    family("koctl_drift_ignored", "Differences that the configuration ignores.", ignored);
    let failed = each(|look| matches!(look, Look::Failed(_)));
    family("koctl_drift_error", "Whether the organization could not be read.", failed);
    let skipped = each(|look| matches!(look, Look::Skipped(_)));
    family("koctl_drift_skipped", "Whether the organization was left out, since somebody was applying.", skipped);
    family("koctl_drift_last_run_timestamp_seconds", "When koctl last looked for drift.", vec![(String::new(), at)]);
    let successes = successes(report, earlier);
    family(LAST_SUCCESS, "When koctl last read and compared the organization.", successes);
    text
}

/// The number of resources of a scope that differ, by type and kind.
fn samples(scope: &str, findings: &Findings) -> Vec<(String, i64)> {
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for type_name in findings.resources.keys() {
        for kind in ["changed", "deleted", "remade", "unmanaged"] {
            counts.insert((type_name, kind), 0);
        }
    }
    for drift in &findings.drift {
        *counts.entry((drift.address.type_name(), kind(drift))).or_default() += 1;
    }
    for object in &findings.unmanaged {
        *counts.entry((&object.type_name, "unmanaged")).or_default() += 1;
    }
    let labelled = |((type_name, kind), count)| (labels(&[("org", scope), ("type", type_name), ("kind", kind)]), count);
    counts.into_iter().map(labelled).collect()
}

/// The time at which each scope was last compared, if it is known.
fn successes(report: &DriftReport, earlier: &str) -> Vec<(String, i64)> {
    let earlier: BTreeMap<&str, i64> = earlier.lines().filter_map(success).collect();
    let last = |labels: &str, look: &Look| match look {
        Look::Compared(_) => Some(report.at.as_second()),
        _ => earlier.get(labels).copied(),
    };
    let scopes = report.scopes.iter().map(|scope| (labels(&[("org", &scope.scope)]), &scope.outcome));
    scopes.filter_map(|(labels, look)| last(&labels, look).map(|last| (labels, last))).collect()
}

/// The labels and the value of a line about a success.
fn success(line: &str) -> Option<(&str, i64)> {
    let (labels, value) = line.strip_prefix(LAST_SUCCESS)?.rsplit_once(' ')?;
    Some((labels, value.parse().ok()?))
}

/// `{org="Acme",kind="changed"}`.
fn labels(labels: &[(&str, &str)]) -> String {
    let escape = |value: &str| value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("{{{}}}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use prometheus_parse::{Scrape, Value};

    use super::*;
    use crate::report::drift::testing::{drifted, failed, quiet, report, skipped};

    /// The value of a metric as a scraper reads it.
    fn scraped(text: &str, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let fits = |sample: &&prometheus_parse::Sample| {
            sample.metric == metric && labels.iter().all(|(name, value)| sample.labels.get(name) == Some(*value))
        };
        let mut found = scrape.samples.iter().filter(fits);
        let value = found.next().map(|sample| match sample.value {
            Value::Gauge(value) => value,
            ref other => panic!("{metric} is no gauge: {other:?}"),
        });
        assert!(found.next().is_none(), "{metric} {labels:?} is there twice");
        value
    }

    #[test]
    fn no_drift_is_zeros_and_not_silence() {
        let text = prometheus(&quiet(), "");
        for kind in ["changed", "deleted", "remade", "unmanaged"] {
            let labels = [("org", "Acme"), ("type", "team"), ("kind", kind)];
            assert_eq!(scraped(&text, "koctl_drift_resources", &labels), Some(0.0));
        }
        assert_eq!(scraped(&text, "koctl_drift_error", &[("org", "Acme")]), Some(0.0));
        assert_eq!(scraped(&text, "koctl_drift_last_run_timestamp_seconds", &[]), Some(1_767_323_045.0));
    }

    #[test]
    fn each_kind_is_counted_and_what_could_not_be_read_has_no_numbers() {
        let text = prometheus(&report([drifted("Acme"), failed("Bolt"), skipped("Coil")]), "");
        let number = |type_name: &str, kind: &str| {
            scraped(&text, "koctl_drift_resources", &[("org", "Acme"), ("type", type_name), ("kind", kind)])
        };
        assert_eq!(number("team", "changed"), Some(1.0));
        assert_eq!(number("portal", "deleted"), Some(1.0));
        assert_eq!(number("control_plane", "remade"), Some(1.0));
        assert_eq!(number("team", "unmanaged"), Some(1.0));
        assert_eq!(number("api", "unmanaged"), Some(0.0));
        assert_eq!(scraped(&text, "koctl_drift_error", &[("org", "Bolt")]), Some(1.0));
        assert_eq!(scraped(&text, "koctl_drift_skipped", &[("org", "Coil")]), Some(1.0));
        assert!(!text.contains("koctl_drift_resources{org=\"Bolt\""), "{text}");
    }

    #[test]
    fn the_time_of_the_last_success_outlives_failures() {
        let odd = "O\"Hare\\ \n";
        let good = prometheus(&report([drifted("Acme"), drifted(odd)]), "");
        let mut later = report([failed("Acme"), skipped(odd), failed("New")]);
        later.at = "2026-01-03T00:00:00Z".parse().unwrap();
        let text = prometheus(&later, &good);
        assert_eq!(scraped(&text, LAST_SUCCESS, &[("org", "Acme")]), Some(1_767_323_045.0));
        assert_eq!(scraped(&text, LAST_SUCCESS, &[("org", "New")]), None);
        // As Prometheus documents it; the parser leaves what is escaped as it is.
        let line = format!("{LAST_SUCCESS}{{org=\"O\\\"Hare\\\\ \\n\"}} 1767323045\n");
        assert!(text.contains(&line), "{text}");
    }
}
