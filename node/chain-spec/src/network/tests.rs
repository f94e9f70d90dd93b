use super::*;
use allod_core::{ChainParameters, SolutionRange};

const TESTNET: &[u8] = include_bytes!("../../../../chain-specs/testnet.json");
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

/// The genesis whose parameters are the defaults.
fn defaults() -> Value {
    let spec: Value = serde_json::from_slice(TESTNET).unwrap();
    spec.pointer("/genesis/runtimeGenesis/patch")
        .unwrap()
        .clone()
}

fn small() -> String {
    format!(
        r#"
        name = "My Network"
        id = "my-network"
        sectors = 64
        [stewards]
        members = ["{BOB}", "{ALICE}"]
        threshold = 2
        delay = 100
        [[endowed]]
        account = "{ALICE}"
        ald = 1000
        [parameters]
        slotProbability = [1, 3]
        "#
    )
}

fn network(text: &str) -> Result<Network, String> {
    let file = NetworkFile::read(text.as_bytes()).map_err(|error| error.to_string())?;
    file.check(&defaults()).map_err(|error| error.to_string())
}

#[test]
fn a_network_is_what_its_file_says_and_else_the_test_network() {
    let network = network(&small()).unwrap();
    assert_eq!(network.kind, ChainType::Live);
    let parameters = &network.genesis["farming"]["parameters"];
    let parameters: ChainParameters = serde_json::from_value(parameters.clone()).unwrap();
    let default = defaults()["farming"]["parameters"].clone();
    let default: ChainParameters = serde_json::from_value(default).unwrap();
    let expected = ChainParameters {
        slot_probability: (1, 3),
        initial_solution_range: SolutionRange::initial(default.pieces_per_sector, 64, (1, 3)),
        external_entropy: b"My Network".to_vec(),
        ..default
    };
    assert_eq!(parameters, expected);
    assert_eq!(
        network.genesis["balances"]["balances"],
        json!([[ALICE, 1_000_000_000_000_000_u64]])
    );
    assert_eq!(network.genesis["stewards"]["threshold"], 2);
    assert_eq!(network.genesis.get("storageFees"), None);
    assert_eq!(network.genesis.get("sudo"), None);
}

#[test]
fn toml_and_json_say_the_same() {
    let json = format!(
        r#"{{ "name": "My Network", "id": "my-network", "sectors": 64,
              "stewards": {{ "members": ["{BOB}", "{ALICE}"], "threshold": 2, "delay": 100 }},
              "endowed": [{{ "account": "{ALICE}", "ald": 1000 }}],
              "parameters": {{ "slotProbability": [1, 3] }} }}"#
    );
    let read = |text: &str| NetworkFile::read(text.as_bytes()).unwrap();
    assert_eq!(read(&json), read(&small()));
    // As some editors write files.
    assert_eq!(read(&format!("\u{feff}{json}")), read(&json));
}

#[test]
fn each_wrong_field_is_named_with_what_would_be_right() {
    for (from, to, expected) in [
        ("My Network", "", "field `name`: must be a line"),
        ("My Network", "a\\nb", "field `name`: must be a line"),
        (
            "my-network",
            "My Net/1",
            "field `id`: must be 1 to 64 letters",
        ),
        (
            "sectors = 64",
            "sectors = 0",
            "field `sectors`: must be from 1",
        ),
        (
            "sectors = 64",
            "sectors = -1",
            "field `sectors`: must be a whole number from 0 to 18446744073709551615, not -1",
        ),
        ("sectors = 64", "", "field `sectors`: is missing"),
        (
            "sectors = 64",
            "sectors = 64\nsectrs = 1",
            "field `sectrs`: is unknown; expected one of name, id",
        ),
        (
            "sectors = 64",
            "sectors = 64\nfixed_price = 0",
            "field `fixed_price`: must be from 1 to 100000000000",
        ),
        (
            "sectors = 64",
            "sectors = 64\nkind = \"main\"",
            "field `kind`: must be `live`, `local` or `development`, not `main`",
        ),
        (
            "sectors = 64",
            "sectors = 64\nboot_nodes = [\"x\"]",
            "field `boot_nodes[0]`: must be an address",
        ),
        (
            BOB,
            "5Bob",
            "field `stewards.members[0]`: `5Bob` is no address",
        ),
        (
            BOB,
            ALICE,
            "field `stewards.members`: must name each account once",
        ),
        (
            "threshold = 2",
            "threshold = 3",
            "field `stewards.threshold`: must be at least 2",
        ),
        (
            "delay = 100",
            "delay = 0",
            "field `stewards.delay`: must be above 0",
        ),
        (
            "ald = 1000",
            "ald = 0",
            "field `endowed[0].ald`: must be from 1",
        ),
        (
            "[1, 3]",
            "[2, 1]",
            "field `parameters.slotProbability`: must be above 0",
        ),
        (
            "[1, 3]",
            "\"often\"",
            "field `parameters.slotProbability`: must be like [1,6], not \"often\"",
        ),
        (
            "slotProbability",
            "slotProbabilty",
            "field `parameters.slotProbabilty`: there is no such parameter",
        ),
        (
            "slotProbability = [1, 3]",
            "initialIterations = 17",
            "field `parameters.initialIterations`: must be a multiple of 16",
        ),
    ] {
        let error = network(&small().replacen(from, to, 1)).err().unwrap();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
}

#[test]
fn a_specification_is_checked_by_the_same_rules() {
    let stewards = |members: Value, threshold| json!({ "stewards": { "members": members, "threshold": threshold, "delay": 1 } });
    let check =
        |genesis: Value| check_genesis("genesis", &genesis).map_err(|error| error.to_string());
    assert_eq!(check(stewards(json!([ALICE, BOB]), 2)), Ok(()));
    assert_eq!(check(stewards(json!([]), 0)), Ok(()));
    assert_eq!(check(json!({})), Ok(()));
    for (genesis, expected) in [
        (
            stewards(json!([ALICE, BOB]), 3),
            "field `genesis.stewards.threshold`: must be",
        ),
        (
            stewards(json!([ALICE]), 2),
            "field `genesis.stewards.members`: must be from 2",
        ),
        (
            json!({ "stewards": 7 }),
            "field `genesis.stewards`: must be a table, not 7",
        ),
        (
            json!({ "storageFees": { "fixedPrice": 0 } }),
            "field `genesis.storageFees.fixedPrice`: must be from 1 to 100000000000 of the smallest units, not 0",
        ),
    ] {
        let error = check(genesis).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn what_is_no_file_of_a_network_is_refused() {
    let long = vec![b' '; 65_537];
    assert!(matches!(
        NetworkFile::read(&long),
        Err(NetworkError::TooLong(65_537))
    ));
    assert!(matches!(
        NetworkFile::read(b"\xff"),
        Err(NetworkError::NoText)
    ));
    assert!(matches!(
        NetworkFile::read(b"{"),
        Err(NetworkError::Json(_))
    ));
    assert!(matches!(
        NetworkFile::read(b"name ="),
        Err(NetworkError::Toml { line: 1, .. })
    ));
    let entropy = format!("entropy = \"{}\"\n", "a".repeat(1_025));
    let error = network(&(entropy + &small())).err().unwrap();
    assert!(
        error.contains("field `entropy`: must have 1 to 1024 bytes"),
        "{error}"
    );
}

/// What [`small`] becomes with one more line before its tables.
fn with_line(line: &str) -> Result<Network, String> {
    network(&small().replacen("sectors = 64", &format!("sectors = 64\n{line}"), 1))
}

/// What [`small`] becomes with this parameter, on a chain of this kind.
fn with_parameter(kind: &str, parameter: &str) -> Result<Network, String> {
    let text = small().replacen(
        "sectors = 64",
        &format!("sectors = 64\nkind = \"{kind}\""),
        1,
    );
    network(&text.replacen("slotProbability = [1, 3]", parameter, 1))
}

#[test]
fn what_no_chain_can_have_is_refused_on_every_kind_with_field_range_and_value() {
    for (parameter, expected) in [
        (
            "slotDurationMs = 1",
            "slotDurationMs`: must be from 10 to 60000, not 1",
        ),
        (
            "confirmationDepth = 4294967295",
            "confirmationDepth`: must be from 1 to 4096, not 4294967295",
        ),
        (
            "initialSolutionRange = 1",
            "initialSolutionRange`: must be at least 65536, not 1",
        ),
        (
            "confirmationDepth = 4294967296",
            "confirmationDepth`: must be a whole number from 0 to 4294967295, not 4294967296",
        ),
        (
            "eraLength = \"long\"",
            "eraLength`: must be a whole number from 0",
        ),
        (
            "externalEntropy = [1]",
            "externalEntropy`: is given as a text, by the field `entropy`",
        ),
    ] {
        for kind in ["live", "local", "development"] {
            let error = with_parameter(kind, parameter).err().unwrap();
            let expected = format!("field `parameters.{expected}");
            assert!(error.starts_with(&expected), "{kind}, {parameter}: {error}");
        }
    }
}

#[test]
fn what_a_network_on_the_internet_cannot_live_with_is_refused_there_alone() {
    for (parameter, expected) in [
        (
            "initialIterations = 16",
            "initialIterations`: must be from 10000000 to 1000000000, not 16: they are the clock",
        ),
        (
            "slotDurationMs = 50",
            "slotDurationMs`: must be at least 100, not 50",
        ),
        (
            "confirmationDepth = 1",
            "confirmationDepth`: must be at least 16, not 1",
        ),
        ("eraLength = 2", "eraLength`: must be at least 64, not 2"),
        (
            "slotProbability = [1, 1]",
            "slotProbability`: must be at most 1 / 2, not [1, 1]",
        ),
        (
            "initialSolutionRange = 65536",
            "initialSolutionRange`: must be from ",
        ),
        (
            "initialSolutionRange = 9e18",
            "initialSolutionRange`: must be from ",
        ),
    ] {
        let error = with_parameter("live", parameter).err().unwrap();
        let expected = format!("field `parameters.{expected}");
        assert!(error.starts_with(&expected), "{parameter}: {error}");
        assert!(error.ends_with("(kind `live`)"), "{error}");
        for kind in ["local", "development"] {
            with_parameter(kind, parameter).unwrap();
        }
    }
}

#[test]
fn every_other_field_has_a_range_as_well() {
    for (line, expected) in [
        (
            "entropy = \"\"",
            "field `entropy`: must have 1 to 1024 bytes",
        ),
        (
            "entropy = \" \"",
            "field `entropy`: must have 1 to 1024 bytes",
        ),
        (
            "fixed_price = 100000000001",
            "field `fixed_price`: must be from 1 to 100000000000 of the smallest units, not 100000000001",
        ),
    ] {
        let error = with_line(line).err().unwrap();
        assert!(error.starts_with(expected), "{line}: {error}");
    }
    for (from, to, expected) in [
        (
            "sectors = 64",
            "sectors = 16777217",
            "field `sectors`: must be from 1 to 16777216, not 16777217",
        ),
        (
            "My Network",
            "My\u{202e}Network",
            "field `name`: must be a line of 1 to 64 bytes that can be seen, and has \\u{202e}",
        ),
        (
            "My Network",
            "My\\u001bNetwork",
            "field `name`: must be a line of 1 to 64 bytes that can be seen, and has \\u{1b}",
        ),
        (
            "delay = 100",
            "delay = 5256001",
            "field `stewards.delay`: must be from 1 to 5256000, not 5256001",
        ),
        (
            "ald = 1000",
            "ald = 18000001",
            "field `endowed[0].ald`: must be from 1 to 18000000 whole ALD, not 18000001",
        ),
    ] {
        let error = network(&small().replacen(from, to, 1)).err().unwrap();
        assert!(error.starts_with(expected), "{to}: {error}");
    }
}

#[test]
fn endowments_are_at_most_what_rewards_ever_issue() {
    let endowed = |index: u8, ald: u64| EndowedFile {
        account: sp_core::crypto::Ss58Codec::to_ss58check(&sp_core::crypto::AccountId32::new(
            [index; 32],
        )),
        ald,
    };
    let mut file = NetworkFile::read(small().as_bytes()).unwrap();
    file.endowed = (0..23).map(|index| endowed(index, 18_000_000)).collect();
    file.endowed.push(endowed(23, 6_000_000));
    assert!(file.check(&defaults()).is_ok());
    file.endowed.push(endowed(24, 1));
    let error = file.check(&defaults()).unwrap_err().to_string();
    assert!(
        error.starts_with("field `endowed[24].ald`: must be at most 0, not 1: all accounts"),
        "{error}"
    );

    // In a specification amounts have 128 bits: the sum of these is 1.
    let balances = json!({ "balances": { "balances": [[ALICE, u128::MAX], [BOB, 2]] } });
    let error = check_genesis("genesis", &balances).unwrap_err().to_string();
    assert!(
        error.starts_with("field `genesis.balances.balances[0][1]`: all accounts"),
        "{error}"
    );
}

#[test]
fn numbers_mean_the_same_in_both_forms() {
    let toml = |number: &str| {
        NetworkFile::read(format!("name = \"a\"\nid = \"a\"\nsectors = {number}").as_bytes())
    };
    let json = |number: &str| {
        NetworkFile::read(
            format!(r#"{{ "name": "a", "id": "a", "sectors": {number} }}"#).as_bytes(),
        )
    };
    for (written, meant) in [
        ("1e8", 100_000_000),
        ("1.0", 1),
        ("1.25e3", 1_250),
        ("7", 7),
    ] {
        assert_eq!(toml(written).unwrap().sectors, meant, "{written}");
        assert_eq!(json(written).unwrap().sectors, meant, "{written}");
    }
    for wrong in ["0.5", "-1", "\"7\"", "true", "[7]", "1e40"] {
        for read in [toml(wrong), json(wrong)] {
            let error = read.unwrap_err().to_string();
            assert!(
                error.starts_with("field `sectors`: must be a whole number"),
                "{wrong}: {error}"
            );
        }
    }
    for wrong in ["nan", "inf", "12345678901234567.0"] {
        let error = toml(wrong).unwrap_err().to_string();
        assert!(
            error.starts_with("field `sectors`: must be a whole number"),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_in_one_line() {
    for (text, expected) in [
        ("name = \"a\"\nid = \n", "no TOML, at line 2 column 6: "),
        (
            "name = \"a\"\nname = \"b\"\n",
            "no TOML, at line 2 column 1: duplicate key",
        ),
        (
            "{ \"name\": }",
            "no JSON: expected value at line 1 column 11",
        ),
        (
            "{ \"name\": \"a\", \"name\": \"b\" }",
            "no JSON: field `name` stands there twice at line 1",
        ),
        ("name = 2026-11-30", "field `name`: must be no date"),
    ] {
        let error = NetworkFile::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
