//! Alerts and dashboard ask for metrics, labels and values that there are.

use std::collections::BTreeSet;

use super::read;

/// Every file that asks for metrics.
const FILES: [&str; 4] = [
    "deploy/prometheus/rules.yml",
    "deploy/prometheus/rules_test.yml",
    "deploy/grafana/dashboards/gateway.json",
    "deploy/kubernetes/autoscaler.yaml",
];

/// Name, type and labels of each metric in the documents' table, which a test of the library holds
/// against `/metrics`.
fn table() -> Vec<(String, String, Vec<String>)> {
    let cell = |cell: &str| {
        cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<String>>()
    };
    let table = read("docs/metrics.md");
    let rows = table.lines().filter(|line| line.starts_with("| `gateway_"));
    let rows = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cell(cells[1]).remove(0), cells[2].to_owned(), cell(cells[3]))
    });
    rows.collect()
}

/// The names of all samples that `/metrics` may have.
fn samples() -> BTreeSet<String> {
    let names = table().into_iter().flat_map(|(name, kind, _)| {
        let suffixes: &[&str] = match kind.as_str() {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
    });
    names.collect()
}

/// The words of a text that begin like a metric of the gateway's.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("gateway_")).map(ToOwned::to_owned).collect()
}

/// The labels that a text selects or groups by.
fn labels(text: &str) -> BTreeSet<String> {
    let groups = text.split("by (").skip(1).filter_map(|rest| rest.split_once(')'));
    let groups = groups.flat_map(|(names, _)| names.split(',').map(str::trim));
    let selected = text.split("_total{").skip(1).filter_map(|rest| rest.split_once('='));
    groups.chain(selected.map(|(name, _)| name)).map(ToOwned::to_owned).collect()
}

#[test]
fn every_metric_that_is_asked_for_is_there() {
    let known = samples();
    for path in FILES {
        let named = named(&read(path));
        assert!(!named.is_empty(), "{path} asks for nothing");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn every_label_that_is_asked_for_is_there() {
    let own = table().into_iter().flat_map(|(_, _, labels)| labels);
    let known: BTreeSet<String> = own.chain(["le", "instance"].map(ToOwned::to_owned)).collect();
    for path in FILES {
        let unknown: Vec<_> = labels(&read(path)).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

/// What `promtool test rules` runs makes each alert fire at least once.
#[test]
fn every_alert_is_made_to_fire() {
    let (rules, tests) =
        (read("deploy/prometheus/rules.yml"), read("deploy/prometheus/rules_test.yml"));
    let alerts: Vec<&str> =
        rules.lines().filter_map(|it| it.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    let fires = |alert: &&&str| {
        let cases = tests.split("alertname: ").skip(1);
        let mut cases = cases.filter_map(|case| case.strip_prefix(**alert));
        cases.any(|case| case.trim_start().starts_with("exp_alerts:\n          - exp_labels:"))
    };
    let silent: Vec<_> = alerts.iter().filter(|alert| !fires(alert)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn the_dashboard_shows_every_metric() {
    let shown = named(&read("deploy/grafana/dashboards/gateway.json"));
    for (family, ..) in table() {
        assert!(shown.iter().any(|name| name.starts_with(&family)), "{family} is not shown");
    }
    let dashboard = read("deploy/grafana/dashboards/gateway.json");
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "ids are each panel's own");
}

#[test]
fn names_and_labels_are_found() {
    let text = "sum by (le, model) (rate(gateway_a_total{code=\"x\"}[5m])) / gateway_b";
    assert_eq!(Vec::from_iter(named(text)), ["gateway_a_total", "gateway_b"]);
    assert_eq!(Vec::from_iter(labels(text)), ["code", "le", "model"]);
}
