use super::{
    test_lists::{Changes, NOW, issuer, list, usual},
    *,
};
use crate::{
    request::payload,
    test_golden::{call_bytes, calls},
};
use allod_rpc_types::auto_id::{BlockHash, BlockReference};
use allod_test_support::Folder;
use allod_x509::builder::SigningKey;
use clap::Parser;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    command: CrlCmd,
}

#[test]
fn lists_are_put_together_only_with_the_right_signature() {
    let key = SigningKey::ed25519([1; 32]);
    let issuer = issuer(&key);
    let tbs = list(usual(&issuer));
    let signature = key.sign(&tbs);
    let made = assembled(&tbs, &signature, &issuer.certificate, None).unwrap();
    assert_eq!(ParsedCrl::parse(&made).unwrap().entries().len(), 2);
    let wrong = SigningKey::ed25519([2; 32]).sign(&tbs);
    let error = assembled(&tbs, &wrong, &issuer.certificate, None).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("by ed25519"), "{error}");
    let error = publication(
        &issuer,
        crl::assemble(&tbs, SignatureAlgorithm::Ed25519, &wrong),
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("by 0101"), "{error}");
    assert!(publication(&issuer, made).is_ok());
}

/// A list of OpenSSL's, published as the golden call does.
#[test]
fn golden_publication() {
    let golden = calls()
        .into_iter()
        .find(|golden| golden.name() == "publish_crl" && !golden.declares_too_many())
        .unwrap();
    let PayloadQuery::PublishCrl { crl, .. } = golden.query() else {
        panic!("it is");
    };
    let issuer = golden.signer();
    let folder = Folder::new();
    let pem = files::encode(LABEL, &crl, Form::Pem).unwrap();
    let text = [b"Certificate Revocation List (CRL):\n", pem.as_slice()].concat();
    for path in [
        folder.write("crl.der", &crl),
        folder.write("crl.pem", &text),
    ] {
        let unsigned = publication(&issuer, read(&path).unwrap()).unwrap();
        let payload = payload::payload(&unsigned.query, unsigned.actor, golden.terms()).unwrap();
        assert_eq!(hex::encode(payload), golden.text("payload"));
        let call = call_bytes(unsigned.query, golden.signatures()).unwrap();
        assert_eq!(hex::encode(call), golden.text("bytes"));
    }
    let twice = folder.write("two.pem", text.repeat(2));
    assert!(
        read(&twice)
            .unwrap_err()
            .to_string()
            .contains("holds 2 revocation lists")
    );
    let long = folder.write("long.der", vec![0x30_u8; 40_000]);
    assert!(
        read(&long)
            .unwrap_err()
            .to_string()
            .contains(&format!("more than {MAX_CRL_SIZE}"))
    );
}

/// What the chain would refuse is refused before anybody pays, with both values.
#[test]
fn lists_made_elsewhere_follow_the_last_one() {
    let key = SigningKey::ed25519([1; 32]);
    let issuer = issuer(&key);
    let made = |changes| {
        let tbs = list(changes);
        crl::assemble(&tbs, SignatureAlgorithm::Ed25519, &key.sign(&tbs))
    };
    let last = made(usual(&issuer));
    let check =
        |list: &[u8], now| check_made(list, Some(&last), now).map_err(|error| error.to_string());
    let of = |number, this_update| {
        made(Changes {
            number,
            this_update,
            ..usual(&issuer)
        })
    };
    assert_eq!(check(&of(9, NOW), NOW), Ok(None));
    for (list, parts) in [
        (of(8, NOW), ["the number 0x08", "the last one's, 0x08"]),
        (of(7, NOW), ["the number 0x07", "the last one's, 0x08"]),
        (
            of(9, NOW - 7),
            ["2027-01-15T07:59:53Z", "2027-01-15T07:59:54Z"],
        ),
        (
            of(9, NOW + DAY),
            ["2027-01-16T08:00:00Z", "it is 2027-01-15T08:00:00Z"],
        ),
    ] {
        let error = check(&list, NOW).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    let warning = check(&of(9, NOW), NOW + 7 * DAY + 1).unwrap().unwrap();
    assert!(
        warning.contains("2027-01-22T08:00:00Z, and it is 2027-01-22T08:00:01Z"),
        "{warning}"
    );
    assert_eq!(check(&of(9, NOW), NOW + 7 * DAY), Ok(None));
}

#[test]
fn exports_say_what_they_are_worth() {
    let key = SigningKey::ed25519([1; 32]);
    let issuer = issuer(&key);
    let tbs = list(usual(&issuer));
    let whole = crl::assemble(&tbs, SignatureAlgorithm::Ed25519, &key.sign(&tbs));
    let parsed = ParsedCrl::parse(&whole).unwrap();
    let mut answer = CrlAnswer {
        crl: format!("0x{}", hex::encode(&whole)),
        published_at: 5,
        this_update: NOW - 6,
        next_update: NOW + 7 * DAY,
        is_outdated: false,
        block: BlockReference {
            number: 9,
            hash: BlockHash([0; 32]),
        },
    };
    assert_eq!(der_of(&answer).unwrap(), whole);
    let text = state_of(&parsed, &answer, NOW);
    assert!(
        text.contains("nothing more") && !text.contains("was due"),
        "{text}"
    );
    answer.is_outdated = true;
    let text = state_of(&parsed, &answer, NOW + 8 * DAY);
    assert!(
        text.contains("knows more") && text.contains("was due"),
        "{text}"
    );
}

#[test]
fn arguments() {
    let parse = |arguments: &[&str]| {
        Cli::try_parse_from([&["crl"], arguments].concat()).map_err(|error| error.to_string())
    };
    assert!(parse(&["publish", "ca.pem"]).is_ok());
    assert!(parse(&["publish", "ca.pem", "--days", "30"]).is_ok());
    assert!(parse(&["export", "ca.pem"]).is_ok());
    for wrong in [
        &["publish", "ca.pem", "--crl", "a", "--days", "3"][..],
        &["publish", "ca.pem", "--days", "0"],
        &["publish"],
        &["export", "ca.pem", "--der"],
        &["to-be-signed", "ca.pem"],
        &["assemble", "tbs", "--signature", "s", "--out", "o"],
    ] {
        assert!(parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn instructions_can_be_pasted() {
    let text = list_instructions(Path::new("tbs"), SignatureAlgorithm::EcdsaP384Sha384, None);
    for line in [
        "sign:    openssl pkeyutl -sign -rawin -digest sha384 -in tbs -inkey KEY -out tbs.sig",
        "then:    allod id crl assemble tbs --signature tbs.sig --out tbs.pem --certificate ISSUER",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}
