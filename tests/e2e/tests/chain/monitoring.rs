//! Everything that the dashboard and the alert rules name is served by a node that runs: metrics, their labels, and the
//! values of these.

mod labels;

use allod_e2e::{Node, eventually, run, skipped};
use labels::{Served, Watch};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What of a histogram's name each of its series has behind it.
const SERIES: [&str; 3] = ["_bucket", "_count", "_sum"];

/// What a node answers to Prometheus.
async fn metrics(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The metrics that a text names: words of theirs beginnings.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    words
        .filter(|word| word.starts_with("allod_") || word.starts_with("substrate_"))
        .map(str::to_owned)
        .collect()
}

/// The names of the series that are served.
fn served(answer: &str) -> BTreeSet<String> {
    let lines = answer.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split(['{', ' ']).next())
        .map(str::to_owned)
        .collect()
}

/// The value of the first series that begins so.
fn value(answer: &str, series: &str) -> Option<f64> {
    let line = answer.lines().find(|line| line.starts_with(series))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// The expressions of the alert rules, each on a line of its own, with what they say.
fn alerts(text: &str) -> Vec<Watch> {
    let after = |start: &'static str| {
        let lines = text.lines();
        lines.filter_map(move |line| line.trim_start().strip_prefix(start))
    };
    let watches = after("expr: ").zip(after("summary: "));
    let watches: Vec<_> = watches
        .map(|(expression, shown)| Watch {
            expression: expression.into(),
            shown: shown.into(),
        })
        .collect();
    assert_eq!(watches.len(), after("- alert: ").count());
    watches
}

/// The expressions of the dashboard, wherever they stand in it, with their legends.
fn drawn(value: &Value, found: &mut Vec<Watch>) {
    if let (Some(expression), Some(legend)) =
        (value["expr"].as_str(), value["legendFormat"].as_str())
    {
        found.push(Watch {
            expression: expression.into(),
            shown: legend.into(),
        });
    }
    let items = value.as_array().into_iter().flatten();
    let members = value.as_object().into_iter().flat_map(|map| map.values());
    items.chain(members).for_each(|inner| drawn(inner, found));
}

/// A matcher that nothing fits is no error to Prometheus: the alert would never fire, the panel stay empty.
fn labels_are_served(answer: &str, monitoring: &Path) {
    let read = |file: &str| fs::read_to_string(monitoring.join(file)).unwrap();
    let mut watches = alerts(&read("alerts.yml"));
    let dashboard = read("dashboard.json");
    let rules = watches.len();
    drawn(&serde_json::from_str(&dashboard).unwrap(), &mut watches);
    assert_eq!(
        watches.len() - rules,
        dashboard.matches("\"expr\":").count()
    );
    let served = Served::read(answer);
    for watch in &watches {
        let faults = served.faults(watch);
        assert!(faults.is_empty(), "{}: {faults:?}", watch.expression);
    }
    // So is a rule that the table of what to do names.
    let told = read("../docs/monitoring.md");
    let told = told
        .lines()
        .find(|line| line.contains("AllodManyBlocksRefused"));
    let told = told
        .expect("a row of the table")
        .split('`')
        .skip(3)
        .step_by(2);
    let rules = served.values("allod_blocks_refused", "rule");
    for rule in told {
        assert!(
            rules.contains(rule),
            "docs/monitoring.md names the rule {rule}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_dashboard_and_the_alerts_name_is_served_and_moves() {
    let folder = tempfile::tempdir().unwrap();
    let (node, port) = Node::start_watched(folder.path(), &["dev"]).await;
    node.wait_for_block(8).await;

    let monitoring = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
    let answer = metrics(port).await;
    labels_are_served(&answer, &monitoring);
    let served_now = served(&answer);
    for file in ["dashboard.json", "alerts.yml"] {
        let text = fs::read_to_string(monitoring.join(file)).unwrap();
        let named = named(&text);
        assert!(named.len() > 10, "{file}: {named:?}");
        let missing: Vec<_> = named.difference(&served_now).collect();
        assert!(missing.is_empty(), "{file} names {missing:?}");
    }
    // And the other way round: nothing is served that nobody looks at.
    let metric_of = |series: &str| {
        let metric = SERIES.iter().find_map(|end| series.strip_suffix(end));
        metric.unwrap_or(series).to_owned()
    };
    let drawn = named(&fs::read_to_string(monitoring.join("dashboard.json")).unwrap());
    let drawn: BTreeSet<_> = drawn.iter().map(|series| metric_of(series)).collect();
    for series in served_now.iter().filter(|name| name.starts_with("allod_")) {
        assert!(drawn.contains(&metric_of(series)), "{series} is not drawn");
    }

    eventually("numbers that move", || async {
        let answer = metrics(port).await;
        let moved = |series: &str| value(&answer, series).is_some_and(|value| value > 0.0);
        let all = [
            "allod_import_seconds_count{stage=\"check\"",
            // Blocks of its own a node does not execute once more.
            "allod_import_seconds_count{stage=\"store\"",
            "allod_import_seconds_count{stage=\"finalize\"",
            "allod_history_segments",
            "allod_disk_free_bytes",
            "allod_sectors{state=\"plotted\"",
            "allod_sectors{state=\"pledged\"",
            "allod_audits{",
            "allod_solutions{outcome=\"found\"",
            "allod_wins{",
        ];
        all.into_iter().all(moved).then_some(())
    })
    .await;
    let answer = metrics(port).await;
    assert_eq!(value(&answer, "allod_archiver_lag_blocks"), Some(0.0));
    assert!(value(&answer, "allod_time_lag_slots").unwrap() < 10.0);
    assert!(node.stop().await.success());
}

#[test]
fn every_alert_has_a_row_of_what_to_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let (rules, document) = (read("monitoring/alerts.yml"), read("docs/monitoring.md"));
    let rules = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|row| row.split('`').next());
    assert_eq!(rules.collect::<Vec<_>>(), rows.collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_takes_the_alert_rules() {
    let monitoring = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitoring");
    if std::process::Command::new("promtool")
        .arg("--version")
        .output()
        .is_err()
    {
        skipped("promtool is not installed (Debian's package prometheus has it)");
        return;
    }
    let checked = run("promtool", &["check", "rules", "alerts.yml"], &monitoring).await;
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}
