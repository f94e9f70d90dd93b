//! The tables of methods, against the traits.

/// A trait and its table: the prefix, the source of the trait, that of the table.
const TABLES: [(&str, &str, &str); 4] = [
    (
        "allod",
        include_str!("history.rs"),
        include_str!("history.rs"),
    ),
    (
        "autoId",
        include_str!("auto_id/mod.rs"),
        include_str!("../../../clients/rpc-types/src/auto_id/mod.rs"),
    ),
    (
        "did",
        include_str!("did/mod.rs"),
        include_str!("../../../clients/rpc-types/src/did.rs"),
    ),
    (
        "farmer",
        include_str!("../../../clients/farmer-rpc/src/api.rs"),
        include_str!("../../../clients/rpc-types/src/farmer.rs"),
    ),
];

/// A method with its parameters, of each whether it may be left out.
type Method = (String, Vec<bool>);

/// What a trait serves.
fn served(prefix: &str, source: &str) -> Vec<Method> {
    let start = format!("namespace = \"{prefix}\")]");
    let (_, behind) = source.split_once(&start).expect("the trait");
    let (api, _) = behind.split_once("\n}\n").expect("its end");
    let code: Vec<_> = api
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .collect();
    let code = code.join(" ");
    let methods = code.split(';').filter(|method| method.contains("fn "));
    methods
        .map(|method| {
            let (_, named) = method.split_once("(name = \"").expect("a name");
            let (name, named) = named.split_once('"').expect("its end");
            let (_, parameters) = named.split_once("&self").expect("a method");
            let (parameters, _) = parameters.split_once("->").expect("an answer");
            // `#[argument(rename = "…")]` has no colon.
            let types = parameters.split(": ").skip(1);
            let optional = types.map(|kind| kind.starts_with("Option<"));
            (format!("{prefix}_{name}"), optional.collect())
        })
        .collect()
}

/// What a table lists; the farmer's tells no parameters.
fn listed(prefix: &str, source: &str) -> Vec<Method> {
    let start = format!("//! | `{prefix}_");
    let rows = source.lines().filter_map(|line| line.strip_prefix(&start));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").expect("a name");
        let (parameters, _) = rest.split_once(" | ").expect("parameters");
        let parameters = parameters.split(", ").filter(|word| *word != "–");
        let optional = parameters.map(|parameter| parameter.ends_with('?'));
        (format!("{prefix}_{name}"), optional.collect())
    })
    .collect()
}

#[test]
fn the_tables_list_every_method_with_its_parameters() {
    for (prefix, api, table) in TABLES {
        let (mut served, mut listed) = (served(prefix, api), listed(prefix, table));
        if prefix == "farmer" {
            for (_, parameters) in served.iter_mut().chain(&mut listed) {
                parameters.clear();
            }
        }
        served.sort();
        listed.sort();
        assert!(!served.is_empty());
        assert_eq!(served, listed, "{prefix}");
    }
}
