use crate::{BlockedKeys, Call, Error, Event, MAX_REPORTS, PendingKeys, mock::*};
use allod_consensus_primitives::{
    ConsensusLog, EquivocationProof, MAX_SEGMENT_HEADERS_PER_BLOCK, PreDigest, consensus_logs,
    split_seal,
};
use allod_core::{PublicKey, Slot, parameters::MAX_HEADER_BYTES};
use frame_support::{assert_noop, assert_ok, pallet_prelude::*, traits::Authorize};
use frame_system::RawOrigin;
use parity_scale_codec::Encode;
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{Digest, DigestItem, DispatchError, traits::Header as _};

type Proof = EquivocationProof<Header>;

fn alice() -> PublicKey {
    claim(1).solution.public_key
}

/// The header of another block for the same solution, sealed by Alice.
fn twin(header: &Header) -> Header {
    let (mut twin, _) = split_seal(header.clone()).unwrap();
    twin.set_state_root(H256::repeat_byte(9));
    seal(twin, Sr25519Keyring::Alice)
}

/// A header that claims `pre_digest`, sealed by `key`.
fn header_of(number: u32, pre_digest: PreDigest, key: Sr25519Keyring) -> Header {
    let digest = Digest {
        logs: vec![pre_digest.into()],
    };
    let root = H256::repeat_byte(8);
    seal(Header::new(number, root, root, root, digest), key)
}

/// Ten blocks, and Alice's equivocation at block 5; block 11 has begun.
fn equivocation() -> Proof {
    blocks_to(4);
    let first = block(5);
    blocks_to(10);
    begin(11);
    Proof {
        second: twin(&first),
        first,
    }
}

fn call(proof: Proof) -> Call<Test> {
    Call::report_equivocation {
        proof: Box::new(proof),
    }
}

fn report(proof: Proof) -> DispatchResult {
    Farming::report_equivocation(RawOrigin::Authorized.into(), Box::new(proof))
}

fn authorize(proof: Proof) -> Result<ValidTransaction, TransactionValidityError> {
    let authorized = call(proof).authorize(TransactionSource::External);
    authorized.unwrap().map(|(validity, _)| validity)
}

/// The report fails as a call and, with the same error, as a transaction.
fn refused(proof: Proof, error: Error<Test>) {
    let index = error.encode()[0];
    assert_noop!(report(proof.clone()), error);
    assert_eq!(
        authorize(proof),
        Err(InvalidTransaction::Custom(index).into())
    );
}

#[test]
fn a_reported_key_is_logged_and_blocked_by_the_next_block() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        assert_ok!(report(proof));
        System::assert_last_event(
            Event::EquivocationReported {
                public_key: alice(),
                slot: Slot(5),
            }
            .into(),
        );
        let header = end();
        assert_eq!(consensus_logs(&header), Ok(vec![]));
        assert!(!Farming::is_key_blocked(&alice()), "the next block is free");
        let header = block(12);
        assert!(
            consensus_logs(&header)
                .unwrap()
                .contains(&ConsensusLog::KeyBlocked(alice()))
        );
        assert!(Farming::is_key_blocked(&alice()));
        assert!(PendingKeys::<Test>::get().is_empty());
    });
}

#[test]
fn either_header_may_be_the_one_in_this_chain() {
    new_test_ext().execute_with(|| {
        let Proof { first, second } = equivocation();
        assert_ok!(authorize(Proof {
            first: second,
            second: first
        }));
    });
}

#[test]
fn the_pool_keeps_one_report_for_as_long_as_the_window_leaves() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        let validity = authorize(proof).unwrap();
        assert_eq!(validity.longevity, 5 + 4096 - 11);
        assert_eq!(validity.provides.len(), 1);
        assert!(validity.requires.is_empty());
        assert!(validity.propagate);
    });
}

#[test]
fn the_report_of_the_newest_block_is_made_for_the_next_one() {
    new_test_ext().execute_with(|| {
        blocks_to(4);
        let first = block(5);
        let proof = Proof {
            second: twin(&first),
            first,
        };
        // The state after block 5 does not know the hash of block 5.
        assert_noop!(report(proof.clone()), Error::<Test>::TooOld);
        assert_eq!(
            Farming::equivocation_report(proof.clone()),
            Some(call(proof.clone()))
        );
        begin(6);
        assert_ok!(report(proof.clone()));
        end();
        assert_eq!(Farming::equivocation_report(proof), None);
    });
}

#[test]
fn only_authorized_transactions_report() {
    new_test_ext().execute_with(|| {
        let proof = Box::new(equivocation());
        for origin in [
            RuntimeOrigin::none(),
            RuntimeOrigin::signed(1),
            RuntimeOrigin::root(),
        ] {
            assert_noop!(
                Farming::report_equivocation(origin, proof.clone()),
                DispatchError::BadOrigin
            );
        }
    });
}

#[test]
fn header_too_long() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        let long = DigestItem::Other(vec![0; MAX_HEADER_BYTES]);
        proof.second.digest_mut().logs.insert(0, long);
        refused(proof, Error::HeaderTooLong);
    });
}

#[test]
fn the_longest_header_of_this_chain_can_be_reported() {
    new_test_ext().execute_with(|| {
        let mut header = block(1);
        for log in ConsensusLog::longest() {
            let most = match &log {
                ConsensusLog::SolutionRange(_) | ConsensusLog::PotChange(_) => 1,
                ConsensusLog::KeyBlocked(_) => MAX_REPORTS,
                ConsensusLog::SegmentHeader(_) => MAX_SEGMENT_HEADERS_PER_BLOCK,
            };
            for _ in 0..most {
                header.digest_mut().push(log.clone().into());
            }
        }
        header
            .digest_mut()
            .push(DigestItem::RuntimeEnvironmentUpdated);
        assert!(header.encoded_size() <= MAX_HEADER_BYTES);
    });
}

#[test]
fn too_old() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        end();
        // As if 4,096 blocks had followed block 5: the last one that takes the report.
        System::set_block_number(5 + 4096);
        assert_eq!(authorize(proof.clone()).unwrap().longevity, 1);
        System::set_block_number(5 + 4097);
        refused(proof.clone(), Error::TooOld);
        // Headers of blocks that are yet to come.
        proof.first.set_number(9999);
        proof.second.set_number(9999);
        refused(proof, Error::TooOld);
    });
}

#[test]
fn not_in_chain() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        proof.first = header_of(5, claim(5), Sr25519Keyring::Alice);
        refused(proof, Error::NotInChain);
    });
}

#[test]
fn broken_digest() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        proof.second.digest_mut().pop();
        refused(proof, Error::BrokenDigest);
    });
}

#[test]
fn same_header() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        proof.second = proof.first.clone();
        refused(proof, Error::SameHeader);
    });
}

#[test]
fn different_solutions() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        let mut others = [claim(6), claim(5), claim(5), claim(5), claim(5)];
        others[1].solution.sector_index += 1;
        others[2].solution.piece_offset += 1;
        others[3].solution.chunk.0[0] ^= 1;
        others[4].solution.public_key.0[0] ^= 1;
        for other in others {
            let mut proof = proof.clone();
            proof.second = header_of(5, other, Sr25519Keyring::Alice);
            refused(proof, Error::DifferentSolutions);
        }
    });
}

#[test]
fn wrong_seal() {
    new_test_ext().execute_with(|| {
        let mut proof = equivocation();
        proof.second = header_of(5, claim(5), Sr25519Keyring::Bob);
        refused(proof, Error::WrongSeal);
    });
}

#[test]
fn already_blocked() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        BlockedKeys::<Test>::insert(alice(), ());
        refused(proof, Error::AlreadyBlocked);
    });
}

#[test]
fn already_reported() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        assert_ok!(report(proof.clone()));
        refused(proof, Error::AlreadyReported);
    });
}

#[test]
fn too_many_reports() {
    new_test_ext().execute_with(|| {
        let proof = equivocation();
        for key in 0..MAX_REPORTS {
            PendingKeys::<Test>::try_append(PublicKey([key as u8; 32])).unwrap();
        }
        refused(proof.clone(), Error::TooManyReports);
        end();
        begin(12);
        assert_ok!(report(proof));
    });
}
