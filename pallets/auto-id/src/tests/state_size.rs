//! What identities take in storage, and that the pallet's documentation says so of every item.

use std::collections::BTreeMap;

use allod_identity::{GuardianSet, Identifier};
use allod_x509::{
    MAX_CERTIFICATE_SIZE, SigningKey,
    builder::{CertificateBuilder, extension},
};
use frame_support::{storage::unhashed, traits::StorageInfoTrait};
use parity_scale_codec::{Encode, MaxEncodedLen};
use sp_io::{hashing::twox_128, storage::next_key};

use crate::{
    mock::*,
    pallet::Superseded,
    types::{
        CertificateBytes, Delayed, IdentityRecord, KeyRecord, Recovery, ServiceRecord,
        SupersededCertificate,
    },
};

/// Most bytes of values that an identity takes beside its certificate.
const MOST_BESIDE: usize = 256;
/// The longest serial number.
const SERIAL: [u8; 20] = [0x7f; 20];

/// The length of every value in storage but the block's events and the accounts, of which an identity has one, as
/// everybody has.
fn values() -> BTreeMap<Vec<u8>, usize> {
    let others = [&b"Events"[..], b"EventCount", b"Account"]
        .map(|name| [twox_128(b"System"), twox_128(name)].concat());
    let mut values = BTreeMap::new();
    let mut key = Vec::new();
    while let Some(next) = next_key(&key) {
        if !others.iter().any(|other| next.starts_with(other)) {
            values.insert(next.clone(), unhashed::get_raw(&next).unwrap().len());
        }
        key = next;
    }
    values
}

/// By how many bytes values grew. It is as many on the chain: the record's balance has 8 bytes more there, its two block
/// numbers 4 less each.
fn added(act: impl FnOnce()) -> usize {
    let before = values();
    act();
    let grown = values().into_iter().map(|(key, length)| {
        let old = before.get(&key).copied().unwrap_or(0);
        length.saturating_sub(old)
    });
    grown.sum()
}

/// The least that a certificate says.
fn shortest(builder: &mut CertificateBuilder) {
    builder.extensions.clear();
}

/// A certificate of the greatest length, made by `make` with so much filling.
fn longest(make: impl Fn(&dyn Fn(&mut CertificateBuilder)) -> Vec<u8>) -> Vec<u8> {
    let length = usize::try_from(MAX_CERTIFICATE_SIZE).unwrap();
    let filled = |filling: usize| {
        make(&|builder| {
            builder.serial = SERIAL.to_vec();
            let filler = extension(&[0x2a, 3], false, &vec![0; filling]);
            builder.extensions.push(filler);
        })
    };
    let mut filling = length / 2;
    loop {
        let made = filled(filling);
        match length - made.len() {
            0 => return made,
            missing => filling += missing,
        }
    }
}

fn register(key: &SigningKey, der: &[u8]) {
    let mut registration = Registration::agent(key);
    registration.certificate = der.to_vec();
    registration.submit(PAYER).unwrap();
}

#[test]
fn a_root_takes_its_certificate_and_little_more() {
    new_chain().execute_with(|| {
        // What the payer's first deposit adds is the payer's, and is there once.
        root("payer's first", 1);
        let key = ed25519(2);
        let short = certificate(("s", &key), ("s", &key), 1, shortest);
        let bytes = added(|| register(&key, &short));
        assert!(bytes > short.len(), "{bytes}");
        assert!(bytes <= short.len() + MOST_BESIDE, "{bytes}");

        let key = ed25519(3);
        let long = longest(|change| certificate(("l", &key), ("l", &key), 1, change));
        let bytes = added(|| register(&key, &long));
        assert!(bytes > long.len(), "{bytes}");
        assert!(bytes <= long.len() + MOST_BESIDE, "{bytes}");
    });
}

#[test]
fn an_issued_one_does_with_any_number_of_co_issuers() {
    new_chain().execute_with(|| {
        let issuer = root("issuer", 1);
        let co_issuers = [root("a", 2), root("b", 3), root("c", 4)];
        for count in 0..=co_issuers.len() {
            let co_issuers = &co_issuers[..count];
            let seed = u8::try_from(10 * count + 10).unwrap();
            let key = ed25519(seed);
            let short = issuer.issue_with("s", &key, seed, shortest);
            let bytes = added(|| issue(&key, &short, &issuer, co_issuers));
            assert!(bytes <= short.len() + MOST_BESIDE, "{count}: {bytes}");

            let key = ed25519(seed + 1);
            let long = longest(|change| {
                issuer.issue_with("l", &key, seed, |builder| {
                    change(builder);
                    // Another one for each: an issuer's serial numbers are used once.
                    builder.serial[19] = seed;
                })
            });
            let bytes = added(|| issue(&key, &long, &issuer, co_issuers));
            assert!(bytes > long.len(), "{count}: {bytes}");
            assert!(bytes <= long.len() + MOST_BESIDE, "{count}: {bytes}");
        }
    });
}

fn issue(key: &SigningKey, der: &[u8], issuer: &Somebody, co_issuers: &[Somebody]) {
    let consents: Vec<_> = co_issuers
        .iter()
        .map(|co_issuer| co_issuer.consent(der, issuer.identifier))
        .collect();
    register_issued(key, der, issuer, &consents).unwrap();
}

#[test]
fn a_renewed_one_does_apart_from_its_superseded_certificate() {
    new_chain().execute_with(|| {
        root("payer's first", 1);
        let (old, new) = (ed25519(2), ed25519(3));
        let first = certificate(("r", &old), ("r", &old), 1, as_it_is);
        let second = longest(|change| certificate(("r", &new), ("r", &new), 1, change));
        let subject = Somebody {
            identifier: identifier_of(&first),
            name: "r".into(),
            key: old.clone(),
            serial: 1,
        };
        let bytes = added(|| {
            register(&old, &first);
            let mut renewal = subject.renewal(second.clone(), &new);
            renewal.compromised_after = Some(1);
            renewal.submit(PAYER).unwrap();
        });
        let superseded: usize = Superseded::<Test>::iter_prefix_values(subject.identifier)
            .map(|superseded| superseded.encoded_size())
            .sum();
        assert!(superseded > first.len());
        assert!(bytes - superseded <= second.len() + MOST_BESIDE, "{bytes}");
    });
}

/// The most bytes of a value in the table of the documentation, with the chain's own types.
#[test]
fn the_documentation_lists_every_storage_item() {
    type Account = [u8; 32];
    type Delay<Value> = Delayed<Value, u32, Account, u128>;
    let most = |name: &str| match name {
        "Identities" => IdentityRecord::<Account, u32, u128>::max_encoded_len() - 111,
        "Certificates" => CertificateBytes::max_encoded_len(),
        "Superseded" => SupersededCertificate::<u32>::max_encoded_len() - 111,
        "Keys" => KeyRecord::<u32>::max_encoded_len(),
        "Serials" | "IssuedBy" => 0,
        "Fingerprints" => Identifier::max_encoded_len(),
        "Controllers" => Delay::<Identifier>::max_encoded_len(),
        "Guardians" => Delay::<GuardianSet>::max_encoded_len(),
        "Recoveries" => Recovery::<Account, u32, u128>::max_encoded_len(),
        "ServiceRecords" => ServiceRecord::<Account, u128>::max_encoded_len(),
        other => panic!("{other} is not in this list"),
    };
    let documentation = include_str!("../lib.rs");
    for item in AutoId::storage_info() {
        let name = String::from_utf8(item.storage_name).unwrap();
        let row = documentation
            .lines()
            .find(|line| line.starts_with(&format!("//! | [`{name}`] | ")))
            .unwrap_or_else(|| panic!("{name} is not in the table"));
        let value = row.split(" | ").nth(3).unwrap().replace(',', "");
        // `nothing` has no number.
        let documented: usize = value
            .split(|character: char| !character.is_ascii_digit())
            .find_map(|number| number.parse().ok())
            .unwrap_or(0);
        assert_eq!(documented, most(&name), "{row}");
    }
}
