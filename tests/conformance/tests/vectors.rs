//! The repository's vectors hold, and nothing else does: every kind of corruption is noticed.

use allod_test_support::vectors::path;
use conformance::{FileError, Report, file, kzg, proof_of_space, proof_of_time};
use serde_json::{Value, json};

fn vectors(name: &str) -> Value {
    file::read(&path(name)).unwrap()
}

/// Flips one bit of the hexadecimal string, in the last digit.
fn corrupt(value: &mut Value) {
    let text = value.as_str().unwrap();
    let (rest, digit) = text.split_at(text.len() - 1);
    let digit = u8::from_str_radix(digit, 16).unwrap() ^ 1;
    *value = json!(format!("{rest}{digit:x}"));
}

/// Which cases do not hold, as numbers of outcomes.
fn wrong(report: &Report) -> Vec<usize> {
    let outcomes = report.outcomes.iter().enumerate();
    outcomes
        .filter(|(_, outcome)| !outcome.failures.is_empty())
        .map(|(index, _)| index)
        .collect()
}

fn all_hold(report: &Report, cases: usize) {
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(report.passed(), cases);
    let last = format!("{cases} passed, 0 failed");
    assert_eq!(report.to_string().lines().last(), Some(last.as_str()));
}

#[test]
fn repository_vectors_hold() {
    all_hold(
        &proof_of_space::check(&vectors("chia-pos.json")).unwrap(),
        24,
    );
    all_hold(
        &proof_of_time::check(&vectors("proof-of-time.json")).unwrap(),
        4,
    );
    all_hold(&kzg::check(&vectors("kzg.json")).unwrap(), 21);
}

#[test]
fn corrupted_proofs_of_time_do_not_hold() {
    let original = vectors("proof-of-time.json");
    let mut file = original.clone();
    corrupt(&mut file[0]["seed"]);
    file[1]["iterations"] = json!(1040);
    corrupt(&mut file[2]["checkpoints"][0]);
    assert_eq!(wrong(&proof_of_time::check(&file).unwrap()), [0, 1, 2]);

    let mut file = json!([original[0], original[1], original[0], original[0]]);
    corrupt(&mut file[0]["checkpoints"][7]);
    file[1]["checkpoints"].as_array_mut().unwrap().swap(2, 3);
    // Not a multiple of sixteen.
    file[2]["iterations"] = json!(17);
    // A claim of invalidity is a claim too.
    file[3]["valid"] = json!(false);
    assert_eq!(wrong(&proof_of_time::check(&file).unwrap()), [0, 1, 2, 3]);

    for case in [0, 1, 2] {
        file[case]["valid"] = json!(false);
    }
    file[3]["valid"] = json!(true);
    all_hold(&proof_of_time::check(&file).unwrap(), 4);
}

#[test]
fn corrupted_proofs_of_space_do_not_hold() {
    // All of one table, K = 18.
    let original = vectors("chia-pos.json");
    let original = &original[0];
    let mut file = json!([original, original, original, original, original, original]);
    corrupt(&mut file[0]["proof"]);
    corrupt(&mut file[1]["quality"]);
    // The proof answers another challenge.
    file[2]["challenge"] = vectors("chia-pos.json")[1]["challenge"].clone();
    // There are proofs, contrary to what is said.
    file[3]["proof"] = json!("");
    let text = original["proof"].as_str().unwrap();
    file[4]["proof"] = json!(text[2..]);
    file[5]["valid"] = json!(false);
    let report = proof_of_space::check(&file).unwrap();
    assert_eq!(wrong(&report), [0, 1, 2, 3, 4, 5]);

    for case in [0, 2, 4] {
        file[case]["valid"] = json!(false);
    }
    assert_eq!(wrong(&proof_of_space::check(&file).unwrap()), [1, 3, 5]);
}

#[test]
fn challenges_without_proof_are_recognised() {
    let original = &vectors("chia-pos.json")[0];
    // About a third of all challenges have no proof, so that some of these have none.
    let challenges: Vec<Value> = (0..24_u8)
        .map(|number| {
            let mut case = original.clone();
            case["challenge"] = json!(hex::encode([number.wrapping_mul(11); 32]));
            case["proof"] = Value::Null;
            case["quality"] = Value::Null;
            case
        })
        .collect();
    let report = proof_of_space::check(&Value::from(challenges)).unwrap();
    assert!(report.passed() > 0, "{report}");
    assert!(report.failed() > 0, "{report}");
    let refused = report.wrong().next().unwrap().to_string();
    assert!(refused.contains("expected none, computed "), "{refused}");
}

#[test]
fn k_of_which_no_table_is_made() {
    let mut file = json!([vectors("chia-pos.json")[0], vectors("chia-pos.json")[0]]);
    file[0]["k"] = json!(33);
    file[1]["k"] = json!(32);
    file[1]["proof"] = json!(null);
    assert_eq!(wrong(&proof_of_space::check(&file).unwrap()), [0, 1]);
}

#[test]
fn corrupted_kzg_cases_do_not_hold() {
    let mut file = vectors("kzg.json");
    let count = file["blobs"].as_array().unwrap().len();
    corrupt(&mut file["blobs"][0]["extension_sha256"]);
    corrupt(&mut file["blobs"][1]["commitment"]);
    corrupt(&mut file["blobs"][2]["tag"]);
    corrupt(&mut file["openings"][0]["commitment"]);
    file["openings"][1]["bucket"] = json!(2);
    corrupt(&mut file["openings"][2]["z"]);
    corrupt(&mut file["openings"][3]["y"]);
    corrupt(&mut file["openings"][4]["proof"]);
    // Not a scalar, not a bucket.
    file["openings"][5]["y"] = json!("ff".repeat(32));
    file["openings"][6]["bucket"] = json!(8192);
    file["openings"][7]["valid"] = json!(true);
    let report = kzg::check(&file).unwrap();
    let mut expected: Vec<usize> = (0..count).collect();
    expected.extend((0..8).map(|opening| count + opening));
    // The blob with the wrong tag is opened elsewhere than the file's openings of it are.
    let openings = file["openings"].as_array().unwrap().iter().enumerate();
    let of_blob = openings.filter(|(index, opening)| {
        *index >= 8
            && opening["valid"] == json!(true)
            && opening["commitment"] == file["blobs"][2]["commitment"]
    });
    expected.extend(of_blob.map(|(index, _)| count + index));
    assert_eq!(wrong(&report), expected, "{report}");

    // What is wrong and said to be wrong is right.
    for opening in 0..7 {
        file["openings"][opening]["valid"] = json!(false);
    }
    let report = kzg::check(&file).unwrap();
    assert!(
        !wrong(&report)
            .iter()
            .any(|case| (count..count + 7).contains(case))
    );
}

#[test]
fn blobs_are_checked_by_their_contents() {
    let mut file = vectors("kzg.json");
    file["openings"] = json!([]);
    file["blobs"][0]["rule"] = json!("mod-r");
    file["blobs"][1]["rule"] = json!("zero");
    file["blobs"][2]["rule"] = json!("31-byte");
    assert_eq!(wrong(&kzg::check(&file).unwrap()), [0, 1, 2]);
}

type Check = fn(&Value) -> Result<Report, FileError>;

/// The file is refused, in one line that has all of `parts`.
fn refused(check: Check, file: &Value, parts: &[&str]) {
    let message = check(file).unwrap_err().to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    for part in parts {
        assert!(message.contains(part), "{message}: {part}?");
    }
}

#[test]
fn malformed_lists_are_refused() {
    for check in [proof_of_space::check, proof_of_time::check] as [Check; 2] {
        refused(check, &json!({}), &["no list of cases"]);
        refused(check, &json!(null), &["no list of cases"]);
        refused(check, &json!([]), &["no cases"]);
        refused(check, &json!([7]), &["case 0 is not an object"]);
    }
    refused(kzg::check, &json!([]), &["no list `blobs`"]);
    refused(kzg::check, &json!({"blobs": []}), &["no list `openings`"]);
    refused(kzg::check, &json!({"blobs": 1, "openings": []}), &["list"]);
    refused(
        kzg::check,
        &json!({"blobs": [], "openings": []}),
        &["no cases"],
    );
}

#[test]
fn malformed_fields_are_refused_by_name() {
    let wrong_values = [
        json!(null),
        json!(-1),
        json!(1e30),
        json!(true),
        json!([]),
        json!({}),
        json!("xy"),
        json!("abc"),
        json!("ab"),
    ];
    let files: [(Check, &str, &str, &[&str]); 4] = [
        (
            proof_of_space::check,
            "chia-pos.json",
            "",
            &["k", "seed", "challenge", "quality"],
        ),
        (
            proof_of_time::check,
            "proof-of-time.json",
            "",
            &["seed", "iterations", "checkpoints"],
        ),
        (
            kzg::check,
            "kzg.json",
            "/blobs",
            &["rule", "commitment", "extension_sha256"],
        ),
        (
            kzg::check,
            "kzg.json",
            "/openings",
            &["commitment", "bucket", "z", "y", "proof"],
        ),
    ];
    for (check, name, list, fields) in files {
        let original = vectors(name);
        for field in fields {
            let named = format!("`{field}`");
            for value in &wrong_values {
                let mut file = original.clone();
                let case = file.pointer_mut(list).unwrap().get_mut(1).unwrap();
                case[*field] = value.clone();
                case["id"] = json!("broken\nhere");
                refused(check, &file, &[" 1 (broken\\nhere)", &named]);
            }
            let mut file = original.clone();
            let case = file.pointer_mut(list).unwrap().get_mut(1).unwrap();
            case.as_object_mut().unwrap().remove(*field);
            refused(check, &file, &[" 1", &named, "missing"]);
        }
    }
}

#[test]
fn malformed_proofs_and_verdicts_are_refused() {
    let mut file = vectors("chia-pos.json");
    file[3]["proof"] = json!("zz");
    refused(proof_of_space::check, &file, &["case 3", "`proof`"]);
    file[3]["proof"] = json!(7);
    refused(proof_of_space::check, &file, &["case 3", "`proof`"]);

    let mut file = vectors("proof-of-time.json");
    file[2]["checkpoints"].as_array_mut().unwrap().pop();
    refused(
        proof_of_time::check,
        &file,
        &["case 2", "`checkpoints`", "7 elements, not 8"],
    );
    let mut file = vectors("proof-of-time.json");
    file[2]["iterations"] = json!(0);
    refused(proof_of_time::check, &file, &["case 2", "`iterations`"]);
    let mut file = vectors("proof-of-time.json");
    file[2]["valid"] = json!("no");
    refused(proof_of_time::check, &file, &["case 2", "`valid`"]);

    let mut file = vectors("kzg.json");
    file["openings"][4].as_object_mut().unwrap().remove("valid");
    refused(kzg::check, &file, &["opening 4", "`valid`", "missing"]);
    let mut file = vectors("kzg.json");
    file["blobs"][1]["rule"] = json!("other");
    refused(kzg::check, &file, &["blob 1 (raw)", "`rule`", "\"other\""]);
}
