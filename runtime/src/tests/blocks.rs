//! Whole blocks, built and then executed.

use super::{GENESIS_HASH, genesis};
use crate::{
    AccountId, Balances, Block, Executive, Farming, Header, InherentDataExt, Runtime, RuntimeCall,
    RuntimeEvent, SignedPayload, StorageFees, System, TxExtension, UncheckedExtrinsic,
    configs::{ALD, EXISTENTIAL_DEPOSIT},
    unsigned_extension,
};
use allod_consensus_primitives::{
    ConsensusLog, EquivocationProof, INHERENT_IDENTIFIER, PreDigest, consensus_logs,
    digest::seal_item, seal_message,
};
use allod_core::{
    HistorySize, PublicKey, RewardAddress, SegmentHeader, Slot, Solution, history::HeaderHash,
};
use allod_test_chain::claim;
use parity_scale_codec::Encode;
use sp_core::H256;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_inherents::InherentData;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    Digest, MultiAddress, MultiSignature,
    traits::Header as HeaderT,
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

pub(super) const FARMER: AccountId = AccountId::new([2; 32]);

fn claim(slot: u64) -> PreDigest {
    let solution = Solution {
        reward_address: RewardAddress(FARMER.into()),
        ..claim::solution(
            PublicKey(Sr25519Keyring::One.to_raw_public()),
            HistorySize(1),
        )
    };
    claim::pre_digest(Slot(slot), solution)
}

fn segment_0() -> SegmentHeader {
    SegmentHeader {
        previous_header_hash: HeaderHash::default(),
        ..claim::segment_header(0, 1, 0)
    }
}

/// What a node gives to block `number`.
fn inherents(number: u32, headers: Vec<SegmentHeader>) -> InherentData {
    let mut data = InherentData::new();
    let now = u64::from(number) * 2_000;
    data.put_data(sp_timestamp::INHERENT_IDENTIFIER, &now)
        .unwrap();
    data.put_data(INHERENT_IDENTIFIER, &headers).unwrap();
    data
}

fn segments_of(number: u32) -> Vec<SegmentHeader> {
    if number == 1 {
        vec![segment_0()]
    } else {
        vec![]
    }
}

fn seal(mut header: Header) -> Header {
    let message = seal_message(&GENESIS_HASH.0, &header.encode());
    let seal = Sr25519Keyring::One.sign(&message);
    header.digest_mut().push(seal_item(&seal.0));
    header
}

/// Builds a block as an author does; each transaction is made once the block has begun.
pub(super) fn build(
    parent: H256,
    slot: u64,
    transactions: &[&dyn Fn() -> UncheckedExtrinsic],
) -> Block {
    let mut extrinsics = begin(parent, slot);
    for transaction in transactions {
        let transaction = transaction();
        Executive::apply_extrinsic(transaction.clone())
            .unwrap()
            .unwrap();
        extrinsics.push(transaction);
    }
    let header = Executive::finalize_block();
    crate::do_try_state().unwrap();
    Block { header, extrinsics }
}

/// Begins a block, up to its inherents.
pub(super) fn begin(parent: H256, slot: u64) -> Vec<UncheckedExtrinsic> {
    let number = System::block_number() + 1;
    let digest = Digest {
        logs: vec![claim(slot).into()],
    };
    let header = Header::new(number, H256::zero(), H256::zero(), parent, digest);
    Executive::initialize_block(&header);
    let extrinsics = inherents(number, segments_of(number)).create_extrinsics();
    for inherent in &extrinsics {
        Executive::apply_extrinsic(inherent.clone())
            .unwrap()
            .unwrap();
    }
    extrinsics
}

pub(super) fn signed(
    key: Sr25519Keyring,
    call: RuntimeCall,
    nonce: u32,
    tip: u128,
) -> UncheckedExtrinsic {
    let mut extension: TxExtension = unsigned_extension();
    extension.6 = frame_system::CheckNonce::from(nonce);
    extension.8 = pallet_transaction_payment::ChargeTransactionPayment::from(tip);
    let payload = SignedPayload::new(call.clone(), extension.clone()).unwrap();
    let signature = payload.using_encoded(|bytes| key.sign(bytes));
    UncheckedExtrinsic::new_signed(
        call,
        MultiAddress::Id(key.to_account_id()),
        MultiSignature::Sr25519(signature),
        extension,
    )
}

fn transfer() -> UncheckedExtrinsic {
    let call = pallet_balances::Call::transfer_keep_alive {
        dest: MultiAddress::Id(Sr25519Keyring::Bob.to_account_id()),
        value: ALD,
    };
    signed(
        Sr25519Keyring::Alice,
        call.into(),
        0,
        5 * EXISTENTIAL_DEPOSIT,
    )
}

#[test]
fn what_is_built_executes_and_pays_the_farmer() {
    let block = genesis(DEV_RUNTIME_PRESET).execute_with(|| build(GENESIS_HASH, 1, &[&transfer]));
    assert_eq!(block.extrinsics.len(), 3);
    assert_eq!(
        consensus_logs(&block.header).unwrap(),
        [ConsensusLog::SegmentHeader(segment_0())]
    );
    let length = block.extrinsics[2].encoded_size() as u32;
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let before = Balances::total_issuance();
        Executive::execute_block(block.into());
        let alice = Balances::free_balance(Sr25519Keyring::Alice.to_account_id());
        let fees_and_tip = 1_000_000 * ALD - ALD - alice;
        assert!(fees_and_tip > 5 * EXISTENTIAL_DEPOSIT);
        // The bytes of the transfer go to the fund, the rest to the farmer.
        let for_bytes = StorageFees::fund();
        assert_eq!(for_bytes, StorageFees::storage_fee(length));
        assert_eq!(
            Balances::free_balance(FARMER),
            10 * ALD + fees_and_tip - for_bytes
        );
        assert_eq!(Balances::total_issuance(), before + 10 * ALD);
        assert_eq!(Farming::history_size(), HistorySize(1));
    });
}

#[test]
fn inherents_are_those_of_the_archiver() {
    let block = genesis(DEV_RUNTIME_PRESET).execute_with(|| build(GENESIS_HASH, 1, &[]));
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let good = inherents(1, segments_of(1)).check_extrinsics(&block.clone().into());
        assert!(good.ok());
        let wrong = inherents(1, vec![]).check_extrinsics(&block.clone().into());
        assert!(wrong.fatal_error());
        let mut without = block;
        without.extrinsics.pop();
        let missing = inherents(1, segments_of(1)).check_extrinsics(&without.into());
        assert!(missing.fatal_error());
    });
}

#[test]
fn an_equivocation_is_reported_by_an_unsigned_transaction_without_fee() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let first = seal(build(GENESIS_HASH, 1, &[]).header);
        let mut twin = first.clone();
        twin.digest_mut().pop();
        twin.set_state_root(H256::repeat_byte(9));
        let proof = EquivocationProof {
            second: seal(twin),
            first: first.clone(),
        };
        let call = Farming::equivocation_report(proof.clone()).unwrap();
        let report =
            UncheckedExtrinsic::new_transaction(RuntimeCall::Farming(call), unsigned_extension());

        let validity = frame_support::storage::with_transaction(|| {
            let validity = Executive::validate_transaction(
                TransactionSource::External,
                report.clone(),
                first.hash(),
            );
            sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(validity))
        });
        assert_eq!(validity.unwrap().unwrap().provides.len(), 1);

        let before = Balances::total_issuance();
        build(first.hash(), 2, &[&|| report.clone()]);
        assert_eq!(Balances::total_issuance(), before + 10 * ALD);
        let reported = pallet_farming::Event::<Runtime>::EquivocationReported {
            public_key: claim(1).solution.public_key,
            slot: Slot(1),
        };
        let events = System::events();
        assert!(
            events
                .iter()
                .any(|record| record.event == RuntimeEvent::Farming(reported.clone()))
        );
        assert_eq!(Farming::equivocation_report(proof), None);
    });
}

#[test]
fn a_report_that_does_not_hold_is_refused() {
    genesis(DEV_RUNTIME_PRESET).execute_with(|| {
        let first = seal(build(GENESIS_HASH, 1, &[]).header);
        let proof = EquivocationProof {
            second: first.clone(),
            first: first.clone(),
        };
        let error = pallet_farming::Error::<Runtime>::SameHeader.encode()[0];
        let call = pallet_farming::Call::report_equivocation {
            proof: Box::new(proof),
        };
        let report =
            UncheckedExtrinsic::new_transaction(RuntimeCall::Farming(call), unsigned_extension());
        let validity =
            Executive::validate_transaction(TransactionSource::External, report, first.hash());
        assert_eq!(
            validity,
            Err(TransactionValidityError::Invalid(
                InvalidTransaction::Custom(error)
            ))
        );
    });
}
