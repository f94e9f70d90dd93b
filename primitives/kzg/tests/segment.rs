//! Segments: the column code over records and commitments, values and their witnesses.

mod support;

use allod_kzg::{Error, G1Bytes, Kzg, Opening, Point, ValueOpening, commitment_to_value};
use ekzg_bls12_381::{G1Point, Scalar};
use ekzg_polynomial::domain::Domain;
use ekzg_single_open::{
    prover::{CommitKey, Prover},
    verifier::{VerificationKey, Verifier},
};
use ekzg_trusted_setup::TrustedSetup;
use proptest::prelude::*;
use rand::seq::SliceRandom;
use support::{INFINITY, kzg, record, rng, scalar};

fn segment(seed: u64, sources: usize) -> Vec<Vec<u8>> {
    let mut rng = rng(seed);
    (0..sources).map(|_| record(&mut rng)).collect()
}

fn pieces(sources: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let parity = kzg().extend_segment(sources).unwrap();
    let pairs = sources.iter().cloned().zip(parity);
    pairs
        .flat_map(|(source, parity)| [source, parity])
        .collect()
}

fn column(records: &[Vec<u8>], column: usize) -> Vec<Scalar> {
    let at = |record: &Vec<u8>| {
        let (scalars, _) = record.as_chunks::<32>();
        Scalar::from_bytes_be(&scalars[column]).unwrap()
    };
    records.iter().map(at).collect()
}

#[test]
fn columns_are_code_words() {
    for count in [1, 2, 8] {
        let sources = segment(7, count);
        let pieces = pieces(&sources);
        for index in [0, 1, 31, 32, 2000, 4095] {
            let word = column(&pieces, index);
            let polynomial = Domain::new(count).ifft_scalars(column(&sources, index));
            let domain = Domain::new(2 * count);
            let expected: Vec<_> = domain.roots.iter().map(|x| polynomial.eval(x)).collect();
            assert_eq!(word, expected, "{count} sources, column {index}");
        }
    }
}

#[test]
fn parity_commitments_are_commitments_to_parity_records() {
    for count in [1, 2, 4] {
        let sources = segment(8, count);
        let commit = |record: &Vec<u8>| kzg().commit_record(record).unwrap();
        let commitments: Vec<_> = sources.iter().map(commit).collect();
        let parity = kzg().extend_segment(&sources).unwrap();
        let expected: Vec<_> = parity.iter().map(commit).collect();
        assert_eq!(kzg().extend_commitments(&commitments), Ok(expected));
    }
}

#[test]
fn commitments_to_zeros_are_extended_too() {
    let mut sources = segment(9, 2);
    sources[0].fill(0);
    let commit = |record: &Vec<u8>| kzg().commit_record(record).unwrap();
    let commitments: Vec<_> = sources.iter().map(commit).collect();
    assert_eq!(commitments[0], INFINITY);
    let parity = kzg().extend_segment(&sources).unwrap();
    let expected: Vec<_> = parity.iter().map(commit).collect();
    assert_eq!(kzg().extend_commitments(&commitments), Ok(expected));
    assert_eq!(
        kzg().extend_commitments(&[INFINITY; 4]),
        Ok(vec![INFINITY; 4])
    );
}

#[test]
fn wrong_numbers_of_records_are_named() {
    let none: [Vec<u8>; 0] = [];
    assert_eq!(kzg().extend_segment(&none), Err(Error::SourceCount(0)));
    let three = vec![vec![]; 3];
    assert_eq!(kzg().extend_segment(&three), Err(Error::SourceCount(3)));
    let too_many = vec![vec![]; 4096];
    assert_eq!(
        kzg().extend_segment(&too_many),
        Err(Error::SourceCount(4096))
    );
    assert_eq!(
        kzg().extend_segment(&[vec![0; 5]]),
        Err(Error::RecordSize(5))
    );
    assert_eq!(
        kzg().extend_commitments(&[INFINITY; 3]),
        Err(Error::SourceCount(3))
    );
    for count in [0, 1, 3, 6, 8192] {
        let records: Vec<Option<Vec<u8>>> = vec![None; count];
        assert_eq!(
            kzg().recover_segment(&records),
            Err(Error::PieceCount(count))
        );
    }
    let records = [Some(vec![0; 131_072]), None, None, None];
    assert_eq!(
        kzg().recover_segment(&records),
        Err(Error::TooFewRecords {
            known: 1,
            needed: 2
        })
    );
    let mut not_canonical = vec![0; 131_072];
    not_canonical[64..96].fill(0xff);
    let error = Error::ScalarNotCanonical([0xff; 32]);
    assert_eq!(
        kzg().extend_segment(std::slice::from_ref(&not_canonical)),
        Err(error.clone())
    );
    for records in [
        [Some(not_canonical.clone()), None],
        [None, Some(not_canonical)],
    ] {
        assert_eq!(kzg().recover_segment(&records), Err(error.clone()));
    }
    let mut off_curve = [0; 48];
    off_curve[0] = 0x80;
    off_curve[47] = 1;
    assert_eq!(
        kzg().extend_commitments(&[off_curve]),
        Err(Error::PointEncoding(off_curve))
    );
}

#[test]
fn segments_come_back_from_parity_alone() {
    for count in [1, 4] {
        let sources = segment(10, count);
        let mut pieces: Vec<_> = pieces(&sources).into_iter().map(Some).collect();
        for piece in pieces.iter_mut().step_by(2) {
            *piece = None;
        }
        assert_eq!(kzg().recover_segment(&pieces), Ok(sources));
    }
}

/// The witness by dividing the polynomial, as another crate does it.
fn slow_witness(values: &[[u8; 32]], index: usize) -> (G1Bytes, G1Bytes) {
    let prover = Prover::new(
        values.len(),
        CommitKey::new(TrustedSetup::default().g1_monomial),
    );
    let values = values
        .iter()
        .map(|value| Scalar::from_bytes_be(value).unwrap());
    let polynomial = prover.domain.ifft_scalars(values.collect());
    let at = prover.domain.roots[index];
    let (witness, _) = prover.compute_kzg_proof(&polynomial, at);
    let points = prover.commit_key.g1s.iter().zip(polynomial.iter());
    let commitment: G1Point = points
        .map(|(point, scalar)| point * scalar)
        .sum::<ekzg_bls12_381::G1Projective>()
        .into();
    (commitment.to_compressed(), witness.to_compressed())
}

#[test]
fn witnesses_are_those_of_single_divisions() {
    let mut rng = rng(11);
    for size in [1, 2, 4, 16, 256] {
        let values: Vec<_> = (0..size).map(|_| scalar(&mut rng)).collect();
        let commitment = kzg().commit_values(&values).unwrap();
        let witnesses = kzg().open_all_values(&values).unwrap();
        assert_eq!(witnesses.len(), size);
        for index in [0, size / 3, size - 1] {
            let expected = slow_witness(&values, index);
            assert_eq!(
                (commitment, witnesses[index]),
                expected,
                "{index} of {size}"
            );
        }
    }
}

#[test]
fn witnesses_open_their_values_only() {
    let mut rng = rng(12);
    let size = 16;
    let values: Vec<_> = (0..size).map(|_| scalar(&mut rng)).collect();
    let commitment = kzg().commit_values(&values).unwrap();
    let witnesses = kzg().open_all_values(&values).unwrap();
    let mut openings = Vec::new();
    for (index, (value, witness)) in values.iter().zip(&witnesses).enumerate() {
        let verify = |size, index, value, witness| {
            kzg().verify_value(&commitment, size, index, value, witness)
        };
        assert_eq!(verify(size, index, value, witness), Ok(true));
        assert_eq!(verify(size, (index + 1) % size, value, witness), Ok(false));
        assert_eq!(verify(size, index, &[0; 32], witness), Ok(false));
        if index != 0 {
            assert_eq!(verify(2 * size, index, value, witness), Ok(false));
        }
        openings.push(ValueOpening {
            index,
            value: *value,
            witness: *witness,
        });
    }
    assert_eq!(kzg().verify_values(&commitment, size, &openings), Ok(true));
    openings.reverse();
    assert_eq!(kzg().verify_values(&commitment, size, &openings), Ok(true));
    openings[7].index ^= 1;
    assert_eq!(kzg().verify_values(&commitment, size, &openings), Ok(false));

    let verify = |size, index| kzg().verify_value(&commitment, size, index, &[0; 32], &INFINITY);
    for size in [0, 3, 8192] {
        assert_eq!(verify(size, 0), Err(Error::DomainSize(size)));
    }
    assert_eq!(
        verify(16, 16),
        Err(Error::NoSuchValue {
            index: 16,
            domain_size: 16
        })
    );
    assert_eq!(kzg().commit_values(&[]), Err(Error::DomainSize(0)));
    assert_eq!(
        kzg().open_all_values(&[[0; 32]; 3]),
        Err(Error::DomainSize(3))
    );
    assert_eq!(
        kzg().commit_values(&[[0xff; 32]]),
        Err(Error::ScalarNotCanonical([0xff; 32]))
    );
}

#[test]
fn equal_values_are_a_constant_polynomial() {
    let values = [scalar(&mut rng(13)); 8];
    let commitment = kzg().commit_values(&values).unwrap();
    assert_eq!(kzg().open_all_values(&values), Ok(vec![INFINITY; 8]));
    assert_eq!(
        kzg().verify_value(&commitment, 8, 3, &values[3], &INFINITY),
        Ok(true)
    );
}

/// What a solution carries: chunk → record commitment → segment commitment.
fn solution(kzg: &Kzg, seed: u64) -> [Opening; 2] {
    let sources = segment(seed, 2);
    let pieces = pieces(&sources);
    let commit = |record: &Vec<u8>| kzg.commit_record(record).unwrap();
    let commitments: Vec<_> = pieces.iter().map(commit).collect();
    let values: Vec<_> = commitments.iter().map(commitment_to_value).collect();
    let (piece, s_bucket) = (1, 7000);
    let (value, witness) = kzg.open_chunk(&pieces[piece], s_bucket).unwrap();
    [
        Opening {
            commitment: commitments[piece],
            point: Point::Chunk(s_bucket),
            value,
            witness,
        },
        Opening {
            commitment: kzg.commit_values(&values).unwrap(),
            point: Point::Value {
                domain_size: values.len(),
                index: piece,
            },
            value: values[piece],
            witness: kzg.open_all_values(&values).unwrap()[piece],
        },
    ]
}

#[test]
fn both_openings_of_solutions_hold_together() {
    let mut openings = solution(kzg(), 14).to_vec();
    assert_eq!(kzg().verify_openings(&openings), Ok(true));
    openings.extend(solution(kzg(), 15));
    assert_eq!(kzg().verify_openings(&openings), Ok(true));
    openings.swap(0, 3);
    assert_eq!(kzg().verify_openings(&openings), Ok(true));
    let witness = openings[0].witness;
    openings[0].witness = openings[3].witness;
    openings[3].witness = witness;
    assert_eq!(kzg().verify_openings(&openings), Ok(false));
}

#[test]
fn another_verifier_agrees() {
    let [opening, _] = solution(kzg(), 16);
    let setup = TrustedSetup::default();
    let verifier = Verifier::new(
        4096,
        VerificationKey {
            gen_g1: setup.g1_monomial[0],
            gen_g2: setup.g2_monomial[0],
            tau_g2: setup.g2_monomial[1],
        },
    );
    let Point::Chunk(s_bucket) = opening.point else {
        unreachable!()
    };
    let at = kzg().chunk_point(s_bucket).unwrap();
    let verdict = verifier.verify_kzg_proof(
        G1Point::from_compressed(&opening.commitment).unwrap(),
        Scalar::from_bytes_be(&at).unwrap(),
        Scalar::from_bytes_be(&opening.value).unwrap(),
        G1Point::from_compressed(&opening.witness).unwrap(),
    );
    assert!(verdict.is_ok());
    assert_eq!(kzg().verify_openings(&[opening]), Ok(true));
}

#[test]
fn malformed_openings_are_refused_however_many_hold() {
    let good = solution(kzg(), 17);
    let mut outside = None;
    for x in 1..=50 {
        let mut candidate = [0; 48];
        candidate[0] = 0x80;
        candidate[47] = x;
        let affine: Option<G1Point> = G1Point::from_compressed_unchecked(&candidate).into();
        outside = outside.or(affine.map(|_| candidate));
    }
    let outside = outside.unwrap();
    for position in 0..2 {
        let mut openings = good;
        openings[position].witness = outside;
        assert_eq!(
            kzg().verify_openings(&openings),
            Err(Error::PointNotInSubgroup(outside))
        );
        let mut openings = good;
        openings[position].commitment = outside;
        assert_eq!(
            kzg().verify_openings(&openings),
            Err(Error::PointNotInSubgroup(outside))
        );
        let mut openings = good;
        openings[position].value = [0xff; 32];
        assert_eq!(
            kzg().verify_openings(&openings),
            Err(Error::ScalarNotCanonical([0xff; 32]))
        );
    }
}

#[test]
fn values_of_commitments_are_below_the_order() {
    let value = commitment_to_value(&INFINITY);
    let hash = allod_core::blake2b_256(&INFINITY);
    assert_eq!(value[0], hash[0] & 0x3f);
    assert_eq!(value[1..], hash[1..]);
    for byte in 0..=255 {
        let value = commitment_to_value(&[byte; 48]);
        assert!(allod_kzg::Scalar::try_from(&value).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_half_of_the_pieces_rebuilds_the_segment(seed: u64, log in 0_u32..4, surplus in 0_usize..3) {
        let count = 1 << log;
        let sources = segment(seed, count);
        let mut pieces: Vec<_> = pieces(&sources).into_iter().map(Some).collect();
        let mut positions: Vec<_> = (0..2 * count).collect();
        positions.shuffle(&mut rng(seed));
        for position in &positions[..count.saturating_sub(surplus)] {
            pieces[*position] = None;
        }
        prop_assert_eq!(kzg().recover_segment(&pieces), Ok(sources));
    }
}
