use super::*;
use crate::testing::{BLOCKS, HISTORY, KZG, R, block};
use allod_core::{ArchivedProgress, LastArchivedBlock, SegmentIndex, history::HeaderHash};
use allod_test_support::vectors;
use ekzg_bls12_381::{Scalar, traits::*};
use sha2::{Digest, Sha256};

const FOUR: u16 = 4;

fn raw(records: u16) -> Vec<u8> {
    block(records.into(), usize::from(records) * RAW_RECORD_BYTES)
}

fn scalar(piece: &Piece, column: usize) -> Scalar {
    let bytes = piece.record()[32 * column..][..32].try_into().unwrap();
    Scalar::from_bytes_be(&bytes).unwrap()
}

/// A root of unity of this order as EIP-4844 defines it: `7^((r − 1) / order)`.
fn root(order: u64) -> Scalar {
    // (r − 1) / 2^32, least significant limb first.
    let exponent = [
        0xfffe_5bfe_ffff_ffff,
        0x09a1_d805_53bd_a402,
        0x299d_7d48_3339_d808,
        0x73ed_a753,
    ];
    let root = Scalar::from(7).pow_vartime(exponent);
    (order.ilog2()..32).fold(root, |root, _| root.square())
}

/// A raw record of the bytes of an Ethereum blob has that blob's commitment.
#[test]
fn a_record_is_an_ethereum_blob() {
    let vectors: serde_json::Value = vectors::read("kzg.json");
    let blob = vectors["blobs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|blob| blob["rule"] == "31-byte")
        .unwrap();
    let tag = hex::decode(blob["tag"].as_str().unwrap()).unwrap();
    let raw: Vec<u8> = (0..4096_u32)
        .flat_map(|i| {
            let hash = Sha256::new()
                .chain_update(&tag)
                .chain_update(i.to_be_bytes());
            hash.finalize()[..31].to_vec()
        })
        .collect();
    let records = split_into_records(&raw).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].len(), RECORD_BYTES);
    let commitment = KZG.commit_record(&records[0]).unwrap();
    assert_eq!(
        hex::encode(commitment),
        blob["commitment"].as_str().unwrap()
    );
    assert_eq!(join_records(&records).unwrap(), raw);
}

#[test]
fn the_layout_is_that_of_the_design() {
    let raw = raw(FOUR);
    let records = split_into_records(&raw).unwrap();
    let SegmentPieces { commitment, pieces } = pieces_of_records(&KZG, &records).unwrap();
    assert_eq!(pieces.len(), 8);
    for (record, piece) in records.iter().zip(pieces.iter().step_by(2)) {
        assert_eq!(piece.record(), record);
    }
    for piece in &pieces {
        let expected = KZG.commit_record(piece.record()).unwrap();
        assert_eq!(piece.commitment().0, expected);
    }

    // Every column is one polynomial of degree below 4: Lagrange interpolation through the source
    // records at ω^0, ω^2, … yields the parity records at ω^1, ω^3, …
    let omega = root(8);
    assert_eq!(omega.pow_vartime([4]), -Scalar::ONE);
    let point = |position: usize| omega.pow_vartime([position as u64]);
    for column in [0, 1, 4095] {
        for parity in [1, 3, 5, 7] {
            let mut sum = Scalar::ZERO;
            for i in [0, 2, 4, 6] {
                let mut term = scalar(&pieces[i], column);
                for j in [0, 2, 4, 6].into_iter().filter(|j| *j != i) {
                    let divisor = (point(i) - point(j)).invert().unwrap();
                    term *= (point(parity) - point(j)) * divisor;
                }
                sum += term;
            }
            assert_eq!(scalar(&pieces[parity], column), sum);
        }
    }

    // h_i opens T at ω^i, and nowhere else.
    for (position, piece) in pieces.iter().enumerate() {
        let mut value = allod_core::blake2b_256(&piece.commitment().0);
        value[0] &= 0x3f;
        for at in 0..8 {
            let witness = piece.witness().0;
            let opens = KZG.verify_value(&commitment.0, 8, at, &value, &witness);
            assert_eq!(opens, Ok(at == position));
        }
    }
}

#[test]
fn any_half_of_the_pieces_rebuilds_all() {
    let raw = raw(FOUR);
    let records = split_into_records(&raw).unwrap();
    let all = pieces_of_records(&KZG, &records).unwrap();
    for subset in 0_u32..256 {
        let given: Vec<Option<&Piece>> = (0..8)
            .map(|i| (subset >> i & 1 == 1).then_some(&all.pieces[i]))
            .collect();
        let have = subset.count_ones() as usize;
        let outcome = recover_segment(&KZG, FOUR, &given);
        if have < 4 {
            assert_eq!(outcome, Err(PiecesError::NotEnoughPieces { have, need: 4 }));
        } else {
            assert!(outcome.unwrap() == raw, "{subset:08b}");
        }
    }
    let parity_only: Vec<_> = (0..8)
        .map(|i| (i % 2 == 1).then_some(&all.pieces[i]))
        .collect();
    assert_eq!(rebuild_pieces(&KZG, FOUR, &parity_only), Ok(all));
}

#[test]
fn wrong_counts_and_lengths_are_refused() {
    for wrong in [0, 3, 6, 513, 1024] {
        assert_eq!(segment_bytes(wrong), Err(PiecesError::RawRecords(wrong)));
    }
    assert_eq!(segment_bytes(1), Ok(126_976));
    assert_eq!(segment_bytes(512), Ok(512 * 126_976));
    for wrong in [
        0,
        1,
        RAW_RECORD_BYTES - 1,
        RAW_RECORD_BYTES + 1,
        3 * RAW_RECORD_BYTES,
    ] {
        assert_eq!(
            split_into_records(&vec![0; wrong]),
            Err(PiecesError::SegmentLength(wrong))
        );
    }
    for found in [0, 3, 5] {
        assert_eq!(
            recover_segment::<Piece>(&KZG, R, &vec![None; found]),
            Err(PiecesError::PieceCount { found, expected: 4 })
        );
    }
    assert_eq!(
        recover_segment::<Piece>(&KZG, 3, &[]),
        Err(PiecesError::RawRecords(3))
    );
}

#[test]
fn what_is_no_history_is_refused() {
    let pieces = &HISTORY[0].pieces;
    let mut record = pieces[2].record().to_vec();
    record[32 * 7] = 1;
    let wrong = Piece::new(&record, pieces[2].commitment(), pieces[2].witness()).unwrap();
    let given = [Some(&pieces[0]), None, Some(&wrong), None];
    assert_eq!(
        recover_segment(&KZG, R, &given),
        Err(PiecesError::NotHistory {
            record: 1,
            scalar: 7
        })
    );
    // A parity piece in a source's place decodes to something else altogether.
    let swapped = [Some(&pieces[1]), None, None, Some(&pieces[3])];
    assert!(matches!(
        recover_segment(&KZG, R, &swapped),
        Err(PiecesError::NotHistory { .. })
    ));
    // So does a record with a scalar that is not below r.
    let mut record = pieces[1].record().to_vec();
    record[..32].fill(0xff);
    let wrong = Piece::new(&record, pieces[1].commitment(), pieces[1].witness()).unwrap();
    let given = [Some(&pieces[0]), Some(&wrong), None, None];
    assert_eq!(
        recover_segment(&KZG, R, &given),
        Err(PiecesError::Kzg(allod_kzg::Error::ScalarNotCanonical(
            [0xff; 32]
        )))
    );
}

/// Not taken from anywhere else: computed once with this code, and kept so that a change of any
/// byte of the archived form is noticed.
#[test]
fn the_archived_form_has_not_changed() {
    let headers: Vec<String> = HISTORY
        .iter()
        .map(|segment| segment.header.segment_commitment.to_string())
        .collect();
    assert_eq!(headers, GOLDEN_COMMITMENTS);
    let last = &HISTORY.last().unwrap().header;
    assert_eq!(last.hash().to_string(), GOLDEN_HEADER_HASH);
    assert_eq!(BLOCKS.len(), 7);
}

const GOLDEN_COMMITMENTS: [&str; 5] = [
    "0xb6e6e0f772c8e3fbf67a4adc30c12ce1e6aa797179a67e9f1dfec3118b83b4243b619a63a10a9afbb605c0377b3aaa13",
    "0xa1c6b2817bdabe7e27459865aed09cf184e7635c4e891e6e4fa6ffed839225313f5b33515846d133c71dabd93d3a946d",
    "0xa18f270698bb30b9d58006827bc639bde4dff52eecf2ec5776ebff739031f7d1cb695b1231ea315711fb1b2ce8deabf4",
    "0x8f478363b518d9c91706a189be190e8c85567689b694c700455f3cc37b474450a9598ebbd4f97704bb4178d8e885b40d",
    "0x875eb7ffecc92f312a823a7dfa63cc7ac41058d5c8ce9395da80dd3f19e861e4590838f999ff38192e3bf1cd652708a1",
];
const GOLDEN_HEADER_HASH: &str =
    "0xdf5a29d5f99d18ef92e66aebcce33484eb3750c8a52dc6f4aef0915e871abd99";

#[test]
fn a_segment_of_one_record_has_two_pieces() {
    let raw = raw(1);
    let last_archived_block = LastArchivedBlock {
        number: 3,
        progress: ArchivedProgress::Complete,
    };
    let previous_header_hash = HeaderHash([4; 32]);
    let index = SegmentIndex(5);
    let NewSegment { header, pieces } = create_segment(
        &KZG,
        &RawSegment {
            index,
            previous_header_hash,
            last_archived_block,
            bytes: &raw,
        },
    )
    .unwrap();
    assert_eq!(header.segment_index, index);
    assert_eq!(header.previous_header_hash, previous_header_hash);
    assert_eq!(header.last_archived_block, last_archived_block);
    // A constant polynomial: parity is a copy.
    assert_eq!(pieces[0].record(), pieces[1].record());
    assert_eq!(
        recover_segment(&KZG, 1, &[None, Some(&pieces[1])]).unwrap(),
        raw
    );
}
