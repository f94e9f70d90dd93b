//! Golden vectors: made with Ethereum's own libraries (EIP-4844 and EIP-7594).

use allod_kzg::{Kzg, RECORD_SCALARS};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Vectors {
    blobs: Vec<Blob>,
    openings: Vec<Opening>,
}

#[derive(Deserialize)]
struct Blob {
    commitment: String,
    extension_sha256: String,
    rule: String,
    tag: String,
}

#[derive(Deserialize)]
struct Opening {
    commitment: String,
    bucket: u16,
    z: String,
    y: String,
    proof: String,
    valid: bool,
}

fn vectors() -> Vectors {
    allod_test_support::vectors::read("kzg.json")
}

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

impl Blob {
    fn record(&self) -> Vec<u8> {
        let tag = hex::decode(&self.tag).unwrap();
        (0..RECORD_SCALARS as u32)
            .flat_map(|index| {
                let mut hash = Sha256::new();
                hash.update(&tag);
                hash.update(index.to_be_bytes());
                let hash: [u8; 32] = hash.finalize().into();
                match self.rule.as_str() {
                    "zero" => [0; 32],
                    "31-byte" => {
                        let mut scalar = [0; 32];
                        scalar[1..].copy_from_slice(&hash[..31]);
                        scalar
                    }
                    "mod-r" => reduced(hash),
                    other => panic!("unknown rule {other}"),
                }
            })
            .collect()
    }
}

/// The number mod r; at most twice r fits below it.
fn reduced(mut number: [u8; 32]) -> [u8; 32] {
    let order: [u8; 32] = bytes("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
    while number >= order {
        let mut borrow = 0;
        for (digit, subtract) in number.iter_mut().zip(order).rev() {
            let difference = i16::from(*digit) - i16::from(subtract) - borrow;
            borrow = i16::from(difference < 0);
            *digit = difference.rem_euclid(256) as u8;
        }
    }
    number
}

#[test]
fn commitments_and_extensions_are_ethereums() {
    let kzg = Kzg::new();
    let blobs = vectors().blobs;
    assert_eq!(blobs.len(), 3);
    for blob in blobs {
        let record = blob.record();
        let commitment = kzg.commit_record(&record).unwrap();
        assert_eq!(hex::encode(commitment), blob.commitment);
        let extension = kzg.extend_record(&record).unwrap().concat();
        assert_eq!(extension[..record.len()], record);
        assert_eq!(
            hex::encode(Sha256::digest(&extension)),
            blob.extension_sha256
        );
    }
}

#[test]
fn openings_are_ethereums() {
    let kzg = Kzg::new();
    let Vectors { blobs, openings } = vectors();
    let (mut valid, mut invalid) = (0, 0);
    for opening in openings {
        let commitment = bytes(&opening.commitment);
        let (y, proof) = (bytes(&opening.y), bytes(&opening.proof));
        let in_place = hex::encode(kzg.chunk_point(opening.bucket).unwrap()) == opening.z;
        let holds = kzg.verify_chunk(&commitment, opening.bucket, &y, &proof);
        assert_eq!(in_place && holds.unwrap(), opening.valid);
        if !opening.valid {
            invalid += 1;
            continue;
        }
        valid += 1;
        let blob = blobs
            .iter()
            .find(|blob| blob.commitment == opening.commitment)
            .unwrap();
        let record = blob.record();
        let opened = kzg.open_chunk(&record, opening.bucket).unwrap();
        assert_eq!(opened, (y, proof));
        let extension = kzg.extend_record(&record).unwrap();
        assert_eq!(extension[usize::from(opening.bucket)], y);
    }
    assert_eq!((valid, invalid), (14, 4));
}
