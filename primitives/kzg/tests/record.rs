//! Records: extension, recovery, openings.

mod support;

use allod_kzg::{Error, Kzg, Opening, Point, RECORD_BYTES, RECORD_SCALARS, S_BUCKETS, ScalarBytes};
use ekzg_bls12_381::{Scalar, traits::*};
use proptest::prelude::*;
use rand::{Rng, seq::SliceRandom};
use support::{INFINITY, kzg, record, rng};

fn scalar(bytes: &ScalarBytes) -> Scalar {
    Scalar::from_bytes_be(bytes).unwrap()
}

/// The record's polynomial at `z`, by the barycentric formula over the 4,096th roots of unity.
fn slow_evaluation(record: &[u8], z: Scalar) -> Scalar {
    let root = Scalar::ROOT_OF_UNITY.pow_vartime([1 << 20]);
    let (scalars, _) = record.as_chunks::<32>();
    let mut sum = Scalar::ZERO;
    for (i, value) in (0_u16..).zip(scalars) {
        let x = root.pow_vartime([u64::from(i.reverse_bits() >> 4)]);
        if x == z {
            return scalar(value);
        }
        sum += scalar(value) * x * (z - x).invert().unwrap();
    }
    let size = Scalar::from(4096);
    sum * (z.pow_vartime([4096]) - Scalar::ONE) * size.invert().unwrap()
}

fn without(chunks: &[ScalarBytes], missing: &[usize]) -> Vec<Option<ScalarBytes>> {
    let mut chunks: Vec<_> = chunks.iter().copied().map(Some).collect();
    for index in missing {
        chunks[*index] = None;
    }
    chunks
}

#[test]
fn chunks_are_values_of_the_records_polynomial() {
    let record = record(&mut rng(1));
    let chunks = kzg().extend_record(&record).unwrap();
    assert_eq!(chunks.len(), S_BUCKETS);
    for s_bucket in [0, 1, 2, 77, 4095, 4096, 4097, 6000, 8191] {
        let z = scalar(&kzg().chunk_point(s_bucket).unwrap());
        let expected = slow_evaluation(&record, z).to_bytes_be();
        assert_eq!(chunks[usize::from(s_bucket)], expected);
    }
}

#[test]
fn opening_a_chunk_yields_the_chunk_and_a_proof_of_it() {
    let mut rng = rng(2);
    let record = record(&mut rng);
    let commitment = kzg().commit_record(&record).unwrap();
    let chunks = kzg().extend_record(&record).unwrap();
    for s_bucket in [0, 8191, rng.gen_range(1..4096), rng.gen_range(4096..8191)] {
        let (value, witness) = kzg().open_chunk(&record, s_bucket).unwrap();
        assert_eq!(value, chunks[usize::from(s_bucket)]);
        let verify = |commitment, s_bucket, value, witness| {
            kzg().verify_chunk(commitment, s_bucket, value, witness)
        };
        assert_eq!(verify(&commitment, s_bucket, &value, &witness), Ok(true));
        // Another place, another value, another witness.
        assert_eq!(
            verify(&commitment, s_bucket ^ 1, &value, &witness),
            Ok(false)
        );
        let mut wrong = value;
        wrong[31] ^= 1;
        assert_eq!(verify(&commitment, s_bucket, &wrong, &witness), Ok(false));
        assert_eq!(verify(&commitment, s_bucket, &value, &INFINITY), Ok(false));
        assert_eq!(
            verify(&commitment, s_bucket, &value, &commitment),
            Ok(false)
        );
    }
}

#[test]
fn a_single_bit_matters_wherever_it_is() {
    let record = record(&mut rng(3));
    let s_bucket = 4242;
    let (value, witness) = kzg().open_chunk(&record, s_bucket).unwrap();
    let commitment = kzg().commit_record(&record).unwrap();
    for bit in 0..384 {
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
            bytes
        };
        let commitment_flipped = flip(&commitment).try_into().unwrap();
        let accepted = kzg().verify_chunk(&commitment_flipped, s_bucket, &value, &witness);
        assert_ne!(accepted, Ok(true), "commitment, bit {bit}");
        let witness_flipped = flip(&witness).try_into().unwrap();
        let accepted = kzg().verify_chunk(&commitment, s_bucket, &value, &witness_flipped);
        assert_ne!(accepted, Ok(true), "witness, bit {bit}");
        if bit < 256 {
            let value_flipped = flip(&value).try_into().unwrap();
            let accepted = kzg().verify_chunk(&commitment, s_bucket, &value_flipped, &witness);
            assert_ne!(accepted, Ok(true), "value, bit {bit}");
        }
    }
}

#[test]
fn zeros_are_a_record_too() {
    let record = vec![0; RECORD_BYTES];
    assert_eq!(kzg().commit_record(&record), Ok(INFINITY));
    assert_eq!(kzg().open_chunk(&record, 5000), Ok(([0; 32], INFINITY)));
    assert_eq!(
        kzg().verify_chunk(&INFINITY, 5000, &[0; 32], &INFINITY),
        Ok(true)
    );
    let mut one = [0; 32];
    one[31] = 1;
    assert_eq!(
        kzg().verify_chunk(&INFINITY, 5000, &one, &INFINITY),
        Ok(false)
    );
    let chunks = kzg().extend_record(&record).unwrap();
    assert!(chunks.iter().all(|chunk| *chunk == [0; 32]));
    let missing: Vec<_> = (0..RECORD_SCALARS).collect();
    assert_eq!(
        kzg().recover_record(&without(&chunks, &missing)),
        Ok(record)
    );
}

#[test]
fn a_constant_record_opens_with_infinity() {
    let mut record = record(&mut rng(4));
    let (first, others) = record.split_at_mut(32);
    for scalar in others.chunks_mut(32) {
        scalar.copy_from_slice(first);
    }
    let (value, witness) = kzg().open_chunk(&record, 4500).unwrap();
    assert_eq!(value, record[..32]);
    assert_eq!(witness, INFINITY);
    let commitment = kzg().commit_record(&record).unwrap();
    assert_eq!(
        kzg().verify_chunk(&commitment, 4500, &value, &witness),
        Ok(true)
    );
}

#[test]
fn records_come_back_from_parity_alone() {
    let record = record(&mut rng(5));
    let chunks = kzg().extend_record(&record).unwrap();
    let missing: Vec<_> = (0..RECORD_SCALARS).collect();
    assert_eq!(
        kzg().recover_record(&without(&chunks, &missing)),
        Ok(record)
    );
}

#[test]
fn wrong_inputs_are_named() {
    let short = vec![0; RECORD_BYTES - 1];
    assert_eq!(
        kzg().commit_record(&short),
        Err(Error::RecordSize(RECORD_BYTES - 1))
    );
    assert_eq!(kzg().extend_record(&[]), Err(Error::RecordSize(0)));
    let mut record = vec![0; RECORD_BYTES];
    assert_eq!(
        kzg().open_chunk(&record, 8192),
        Err(Error::NoSuchBucket(8192))
    );
    assert_eq!(
        kzg().verify_chunk(&INFINITY, u16::MAX, &[0; 32], &INFINITY),
        Err(Error::NoSuchBucket(u16::MAX))
    );
    record[32 * 100..32 * 101].fill(0xff);
    let not_canonical = Error::ScalarNotCanonical([0xff; 32]);
    assert_eq!(kzg().commit_record(&record), Err(not_canonical.clone()));
    assert_eq!(kzg().extend_record(&record), Err(not_canonical.clone()));
    assert_eq!(kzg().open_chunk(&record, 0), Err(not_canonical.clone()));

    assert_eq!(
        kzg().recover_record(&[None; S_BUCKETS - 1]),
        Err(Error::ChunkCount(S_BUCKETS - 1))
    );
    let mut chunks = [None; S_BUCKETS];
    chunks[1..RECORD_SCALARS].fill(Some([0; 32]));
    assert_eq!(
        kzg().recover_record(&chunks),
        Err(Error::TooFewChunks(RECORD_SCALARS - 1))
    );
    chunks[8191] = Some([0xff; 32]);
    assert_eq!(kzg().recover_record(&chunks), Err(not_canonical));
}

#[test]
fn openings_are_checked_together() {
    let kzg: &Kzg = kzg();
    let mut rng = rng(6);
    let records: Vec<_> = (0..2).map(|_| record(&mut rng)).collect();
    let mut openings: Vec<Opening> = Vec::new();
    for record in &records {
        for s_bucket in [3, 5555] {
            let (value, witness) = kzg.open_chunk(record, s_bucket).unwrap();
            openings.push(Opening {
                commitment: kzg.commit_record(record).unwrap(),
                point: Point::Chunk(s_bucket),
                value,
                witness,
            });
        }
    }
    assert_eq!(kzg.verify_openings(&openings), Ok(true));
    assert_eq!(kzg.verify_openings(&[]), Ok(true));
    for i in 0..openings.len() {
        let mut wrong = openings.clone();
        wrong[i].value[31] ^= 1;
        assert_eq!(kzg.verify_openings(&wrong), Ok(false));
    }
    // Two errors that would cancel out if the openings were only added up.
    let mut wrong = openings.clone();
    let [first, second, ..] = &mut wrong[..] else {
        unreachable!()
    };
    (first.value, second.value) = (
        (scalar(&first.value) + Scalar::ONE).to_bytes_be(),
        (scalar(&second.value) - Scalar::ONE).to_bytes_be(),
    );
    assert_eq!(kzg.verify_openings(&wrong), Ok(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_half_of_the_chunks_rebuilds_the_record(seed: u64, surplus in prop_oneof![Just(0_usize), 0_usize..4096]) {
        let mut rng = rng(seed);
        let record = record(&mut rng);
        let chunks = kzg().extend_record(&record).unwrap();
        let mut positions: Vec<_> = (0..S_BUCKETS).collect();
        positions.shuffle(&mut rng);
        let missing = &positions[..RECORD_SCALARS - surplus];
        prop_assert_eq!(kzg().recover_record(&without(&chunks, missing)), Ok(record));
    }
}
