//! The labels that an expression asks for, and those that are served. Prometheus takes a rule whose label has another name
//! or value than the code writes, and it never fires.

use std::collections::{BTreeMap, BTreeSet};

/// Labels that Prometheus itself adds to every series.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];
/// What stands between the names of labels, and before them.
const GROUPINGS: [&str; 5] = ["by", "without", "on", "ignoring", "group_left"];

/// An expression of the dashboard or of an alert rule, with the text that is shown of it.
pub struct Watch {
    pub expression: String,
    /// Names labels, as `{{rule}}` or `{{ $labels.rule }}`.
    pub shown: String,
}

/// The values of the labels of every series that is served.
pub struct Served(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Served {
    /// What a node answered.
    pub fn read(answer: &str) -> Self {
        let mut series: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
        for line in answer.lines().filter(|line| !line.starts_with('#')) {
            let end = line.find(['{', ' ']).unwrap_or(line.len());
            let (name, rest) = line.split_at(end);
            let labels = series.entry(name.to_owned()).or_default();
            for (label, _, value) in matchers(rest) {
                let values = labels.entry(label.to_owned()).or_default();
                values.insert(value.to_owned());
            }
        }
        Self(series)
    }

    /// The values of a label of a series.
    pub fn values(&self, series: &str, label: &str) -> BTreeSet<String> {
        let labels = self.0.get(series);
        let values = labels.and_then(|labels| labels.get(label));
        values.cloned().unwrap_or_default()
    }

    /// What is wrong with what it asks for, each in words.
    pub fn faults(&self, watch: &Watch) -> Vec<String> {
        let mut faults = Vec::new();
        let mut known: BTreeSet<&str> = OF_PROMETHEUS.into();
        for (series, selector) in selectors(&watch.expression) {
            let Some(labels) = self.0.get(series) else {
                faults.push(format!("{series} is not served"));
                continue;
            };
            known.extend(labels.keys().map(String::as_str));
            for (label, operator, asked) in matchers(selector) {
                if OF_PROMETHEUS.contains(&label) {
                    continue;
                }
                let Some(values) = labels.get(label) else {
                    faults.push(format!("{series} has no label {label}"));
                    continue;
                };
                // The pattern of `=~` is nowhere more than alternatives.
                let alternatives = if operator.ends_with('~') {
                    asked.split('|').collect()
                } else {
                    vec![asked]
                };
                for value in alternatives {
                    if !values.contains(value) {
                        faults.push(format!("{series} has no {label} {value}, but {values:?}"));
                    }
                }
            }
        }
        for label in grouped(&watch.expression) {
            if !known.contains(label) {
                faults.push(format!("no series of it is grouped by {label}"));
            }
        }
        // What is summed up keeps only what it is summed by.
        let kept: BTreeSet<&str> = if watch.expression.contains("by (") {
            grouped(&watch.expression).collect()
        } else {
            known
        };
        for label in shown(&watch.shown) {
            if !kept.contains(label) {
                faults.push(format!("it shows a label {label} that is not there"));
            }
        }
        faults
    }
}

/// The series of ours and of the SDK that an expression names, each with what stands behind it.
fn selectors(expression: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let starts = ["allod_", "substrate_"].into_iter();
    starts
        .flat_map(|start| expression.match_indices(start))
        .map(move |(at, _)| {
            let text = expression.get(at..).unwrap_or_default();
            let end = text.find(|sign| !is_of_name(sign)).unwrap_or(text.len());
            text.split_at(end)
        })
}

/// Label, operator and value of each matcher between the braces that a text begins with.
fn matchers(text: &str) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return found;
    };
    while let Some((matcher, behind)) = rest.split_once('"') {
        let matcher = matcher.trim_start_matches([',', ' ']);
        // The braces end before the next quotation mark.
        if matcher.starts_with('}') {
            break;
        }
        let at = matcher.find(['=', '!']).expect("an operator");
        let (label, operator) = matcher.split_at(at);
        let (value, behind) = behind.split_once('"').expect("the end of a value");
        found.push((label.trim(), operator.trim(), value));
        rest = behind;
    }
    found
}

/// The labels by which an expression groups or joins.
fn grouped(expression: &str) -> impl Iterator<Item = &str> {
    let lists = GROUPINGS.into_iter().flat_map(|word| {
        let mut pieces = expression.split(word);
        let mut before = pieces.next().unwrap_or_default();
        pieces.filter_map(move |piece| {
            let is_a_word = before.ends_with([' ', ')']);
            before = piece;
            let list = piece.trim_start().strip_prefix('(').filter(|_| is_a_word)?;
            list.split(')').next()
        })
    });
    lists.flat_map(|list| list.split(',').map(str::trim))
}

/// The labels that a legend or a summary shows: in the dashboard `{{rule}}`, in a rule `{{ $labels.rule }}`.
fn shown(text: &str) -> impl Iterator<Item = &str> {
    let braces = text
        .split("{{")
        .skip(1)
        .filter_map(|part| part.split("}}").next());
    braces.filter_map(|inside| {
        let inside = inside.trim();
        match inside.strip_prefix('$') {
            Some(variable) => variable.strip_prefix("labels."),
            None => Some(inside),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "# HELP allod_x_count what\n\
        allod_x_count{stage=\"check\",le=\"8\"} 1\n\
        allod_x_count{stage=\"store\",le=\"+Inf\"} 1\n\
        allod_y 3\n";

    fn faults(expression: &str, shown: &str) -> Vec<String> {
        Served::read(ANSWER).faults(&Watch {
            expression: expression.into(),
            shown: shown.into(),
        })
    }

    #[test]
    fn what_is_served_is_right() {
        let right = [
            (
                "allod_y > 3",
                "{{ $labels.instance }} {{ $value | humanize }}",
            ),
            (
                "sum by (stage, le) (rate(allod_x_count{instance=~\"$instance\"}[5m]))",
                "{{stage}} {{le}}",
            ),
            (
                "allod_x_count{stage=~\"check|store\"} - ignoring(le) allod_x_count{le=\"8\"}",
                "{{stage}}",
            ),
            (
                "allod_y and on (instance) allod_x_count{stage!=\"check\"} == 0",
                "{{job}}",
            ),
        ];
        for (expression, shown) in right {
            assert_eq!(
                faults(expression, shown),
                Vec::<String>::new(),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_nobody_serves_is_found() {
        let wrong = [
            ("allod_z > 0", "", "allod_z is not served"),
            ("allod_y{state=\"a\"}", "", "has no label state"),
            (
                "allod_x_count{le=\"8\", stage=\"execute\"}",
                "",
                "no stage execute",
            ),
            (
                "allod_x_count{stage=~\"check|stored\"}",
                "",
                "no stage stored",
            ),
            ("allod_y + allod_x_count{le=\"9\"}", "", "no le 9"),
            ("sum by (instance, rule) (allod_y)", "", "grouped by rule"),
            ("allod_y and on(instanc) allod_y", "", "grouped by instanc"),
            ("allod_x_count", "{{rule}}", "a label rule"),
            (
                "sum by (instance) (allod_x_count)",
                "{{ $labels.stage }}",
                "a label stage",
            ),
        ];
        for (expression, shown, expected) in wrong {
            let faults = faults(expression, shown);
            let [fault] = faults.as_slice() else {
                panic!("{expression}: {faults:?}");
            };
            assert!(fault.contains(expected), "{expression}: {fault}");
        }
    }
}
