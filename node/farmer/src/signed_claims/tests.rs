use super::*;

fn created() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    SignedClaims::create(directory.path()).unwrap();
    directory
}

fn open(directory: &tempfile::TempDir) -> SignedClaims {
    SignedClaims::open(directory.path()).unwrap()
}

fn new(slot: u64, claim: u64) -> NewClaim {
    let hash = |kind: u8| allod_core::blake2b_256_list(&[&[kind], &claim.to_le_bytes()]);
    NewClaim {
        slot: Slot(slot),
        claim: hash(1),
        answer: hash(3),
        header_hash: hash(2),
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn is_signed(result: Result<(), SignedClaimsError>) -> bool {
    match result {
        Ok(()) => false,
        Err(SignedClaimsError::AlreadySigned(_)) => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_claim_is_taken_once_also_across_a_restart() {
    let directory = created();
    let mut signed = open(&directory);
    signed.claim(&new(5, 1), at(0)).unwrap();
    assert!(is_signed(signed.claim(&new(5, 1), at(1))));
    // A slot that a node made up makes no other one unusable.
    signed.claim(&new(u64::MAX, 2), at(2)).unwrap();
    signed.claim(&new(6, 3), at(3)).unwrap();
    signed.claim(&new(1, 4), at(4)).unwrap();
    drop(signed);
    SignedClaims::create(directory.path()).unwrap();
    let mut signed = open(&directory);
    for number in 1..=4 {
        assert!(is_signed(signed.claim(&new(7, number), at(5))), "{number}");
        assert!(signed.has_signed(&new(7, number).header_hash));
    }
    assert!(!signed.has_signed(&new(7, 5).header_hash));
    signed.claim(&new(7, 5), at(5)).unwrap();
    assert!(signed.has_signed(&new(7, 5).header_hash));
}

/// The node says that a challenge is that of another slot, or a slot's challenge is another one.
#[test]
fn neither_a_claim_nor_an_answer_is_signed_for_again() {
    let directory = created();
    let mut signed = open(&directory);
    signed.claim(&new(5, 1), at(0)).unwrap();
    let other_slot = NewClaim {
        answer: new(5, 1).answer,
        ..new(6, 2)
    };
    assert!(is_signed(signed.claim(&other_slot, at(1))));
    let other_challenge = NewClaim {
        claim: new(5, 1).claim,
        ..new(5, 3)
    };
    assert!(is_signed(signed.claim(&other_challenge, at(1))));
    let mut signed = open(&directory);
    assert!(is_signed(signed.claim(&other_slot, at(2))));
    assert!(is_signed(signed.claim(&other_challenge, at(2))));
    signed.claim(&new(6, 2), at(3)).unwrap();
}

#[test]
fn a_claim_that_could_not_be_written_counts_as_taken() {
    let directory = created();
    let mut signed = open(&directory);
    let path = directory.path().join(SIGNED_CLAIMS_FILE);
    let aside = directory.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    let error = signed.claim(&new(9, 1), at(0)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot write {}: ", path.display())),
        "{text}"
    );
    fs::rename(&aside, &path).unwrap();
    assert!(is_signed(signed.claim(&new(9, 1), at(0))));
    assert!(!signed.has_signed(&new(9, 1).header_hash));
    // The next one is written all the same, also over what a failed attempt left behind.
    let mut torn = fs::read(&path).unwrap();
    torn.extend([0xee; 33]);
    fs::write(&path, torn).unwrap();
    signed.claim(&new(9, 2), at(0)).unwrap();
    let mut signed = open(&directory);
    assert!(is_signed(signed.claim(&new(9, 2), at(0))));
    // A file that somebody else writes to is no place for it.
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 113]);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        signed.claim(&new(9, 3), at(0)),
        Err(SignedClaimsError::File(_))
    ));
}

#[test]
fn the_older_record_is_taken_over_and_nothing_up_to_it_is_signed() {
    let directory = tempfile::tempdir().unwrap();
    signed_slot::write(directory.path(), Slot(100));
    let mut signed = open(&directory);
    assert!(!directory.path().join(SIGNED_SLOT_FILE).exists());
    for slot in [0, 99, 100] {
        let error = signed.claim(&new(slot, slot), at(0)).unwrap_err();
        let floor = Slot(100);
        assert!(
            matches!(error, SignedClaimsError::BelowFloor { floor: found, .. } if found == floor)
        );
    }
    signed.claim(&new(101, 101), at(0)).unwrap();
    assert_eq!(open(&directory).floor(), Slot(100));

    // A crash before the older one was removed, and an older version that signed meanwhile.
    signed_slot::write(directory.path(), Slot(110));
    let mut signed = open(&directory);
    assert_eq!(signed.floor(), Slot(110));
    assert!(is_signed(signed.claim(&new(111, 101), at(0))));
    assert!(!directory.path().join(SIGNED_SLOT_FILE).exists());

    // From then on a record that is gone is not begun anew.
    fs::remove_file(directory.path().join(SIGNED_CLAIMS_FILE)).unwrap();
    assert!(matches!(
        SignedClaims::open(directory.path()),
        Err(SignedClaimsError::Missing(_))
    ));
}

#[test]
fn a_damaged_older_record_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    signed_slot::write(directory.path(), Slot(100));
    let path = directory.path().join(SIGNED_SLOT_FILE);
    let good = fs::read(&path).unwrap();
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, flipped).unwrap();
        let error = SignedClaims::open(directory.path()).unwrap_err();
        assert!(matches!(error, SignedClaimsError::Damaged(_)), "{error}");
    }
}

#[test]
fn what_a_power_cut_leaves_at_the_end_is_cut_off() {
    let directory = created();
    let path = directory.path().join(SIGNED_CLAIMS_FILE);
    let mut signed = open(&directory);
    for number in 0..3 {
        signed.claim(&new(7, number), at(number)).unwrap();
    }
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len(), 48 + 3 * 112);
    let two = &whole[..48 + 2 * 112];
    // Any part of the third record, as it was written or as zeros.
    for length in 1..=112 {
        for end in [&whole[two.len()..][..length], &[0; 112][..length]] {
            fs::write(&path, [two, end].concat()).unwrap();
            let signed = open(&directory);
            let is_whole = end == &whole[two.len()..];
            assert_eq!(signed.records.len(), if is_whole { 3 } else { 2 });
            let expected = if is_whole { &whole } else { two };
            assert_eq!(fs::read(&path).unwrap(), expected);
        }
    }
}

#[test]
fn other_damage_is_reported_with_its_place_and_never_repaired() {
    let directory = created();
    let path = directory.path().join(SIGNED_CLAIMS_FILE);
    let mut signed = open(&directory);
    for number in 0..3 {
        signed.claim(&new(7, number), at(number)).unwrap();
    }
    let good = fs::read(&path).unwrap();
    let offset = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match SignedClaims::open(directory.path()) {
            Err(SignedClaimsError::Damaged(damaged)) => {
                assert_eq!(fs::read(&path).unwrap(), bytes);
                damaged.offset
            }
            other => panic!("{other:?}"),
        }
    };
    for length in 0..HEADER_BYTES {
        assert_eq!(offset(&good[..length]), length as u64);
    }
    for bit in 0..(HEADER_BYTES + 2 * RECORD_BYTES) * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0..8 => 0,
            8..HEADER_BYTES => 8,
            byte => HEADER_BYTES + (byte - HEADER_BYTES) / RECORD_BYTES * RECORD_BYTES,
        };
        assert_eq!(offset(&flipped), expected as u64, "bit {bit}");
    }
    let two_torn = [&good[..], &[0; 113]].concat();
    assert_eq!(offset(&two_torn), good.len() as u64);
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        SignedClaims::open(directory.path()),
        Err(SignedClaimsError::Missing(_))
    ));
}

/// As many records as there can be, made without a sync for each.
fn full(directory: &tempfile::TempDir, seconds: impl Fn(u64) -> u64) -> SignedClaims {
    let records: VecDeque<_> = (0..MAX_RECORDS as u64)
        .map(|number| Record {
            seconds: 1_700_000_000 + seconds(number),
            claim: new(0, number).claim,
            answer: new(0, number).answer,
            header_hash: new(0, number).header_hash,
        })
        .collect();
    let path = directory.path().join(SIGNED_CLAIMS_FILE);
    write_all(&path, Slot(0), &records).unwrap();
    open(directory)
}

#[test]
fn the_file_is_bounded_and_forgets_the_oldest_half() {
    let directory = created();
    let mut signed = full(&directory, |number| number);
    let day = KEPT_FOR.as_secs();
    let later = at(MAX_RECORDS as u64 + day);
    signed.claim(&new(1, u64::MAX), later).unwrap();
    let kept = MAX_RECORDS / 2 + 1;
    let signed = open(&directory);
    assert_eq!(signed.records.len(), kept);
    assert_eq!(signed.claims.len(), 2 * kept);
    let length = fs::metadata(&signed.path).unwrap().len();
    assert_eq!(length, length_of(kept));
    let half = MAX_RECORDS as u64 / 2;
    for (number, known) in [
        (0, false),
        (half - 1, false),
        (half, true),
        (u64::MAX, true),
    ] {
        assert_eq!(signed.has_signed(&new(0, number).header_hash), known);
    }
}

#[test]
fn a_node_cannot_make_the_farmer_forget_what_is_young() {
    let directory = created();
    let day = KEPT_FOR.as_secs();
    // One is older than a day by then, another exactly a day.
    let mut signed = full(&directory, |number| number.min(2));
    let mut claim = |number: u64, seconds: u64| signed.claim(&new(1, number), at(seconds));
    let first = MAX_RECORDS as u64;
    assert!(matches!(claim(first, day), Err(SignedClaimsError::Full)));
    claim(first, day + 1).unwrap();
    assert!(matches!(
        claim(first + 1, day + 1),
        Err(SignedClaimsError::Full)
    ));
    // A clock that was set back makes nothing old.
    assert!(matches!(claim(first + 1, 0), Err(SignedClaimsError::Full)));
    assert!(is_signed(claim(1, day + 1)));
}
