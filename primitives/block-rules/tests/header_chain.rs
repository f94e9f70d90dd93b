//! A chain of headers followed without their justifications, and what comes after it.

use allod_block_rules::{
    BlockError,
    header_chain::{FromGenesis, HeaderContext, HeaderError, HeaderRules},
};
use allod_consensus_primitives::{
    ENGINE_ID, PotJustification, digest::seal_item, justification_hash,
};
use allod_core::{
    ChainParameters, Hash, HistorySize, PotCheckpoints, PotOutput, PublicKey, Slot,
    parameters::MAX_SLOTS_PER_JUSTIFICATION,
};
use allod_test_chain::{claim, parameters};
use parity_scale_codec::Encode;
use schnorrkel::MiniSecretKey;
use sp_runtime::{
    Justifications, generic,
    traits::{BlakeTwo256, Header as _},
};

type Header = generic::Header<u32, BlakeTwo256>;

const GENESIS: Hash = [42; 32];
/// One justification reaches 32,768 slots from genesis.
const FAR: Slot = Slot(41_000);

/// A child whose justification proves `slots` slots, by name alone: the delay function is not what is asked for here.
fn child(context: &HeaderContext, slot: Slot, slots: u32) -> (Header, Justifications) {
    let checkpoints = (0..slots).map(|_| PotCheckpoints::default()).collect();
    let justification = PotJustification::new(checkpoints).unwrap().encode();
    let mut claim = claim::pre_digest(slot, claim::solution(PublicKey([1; 32]), HistorySize(3)));
    claim.slot_output = PotOutput::default();
    claim.future_output = PotOutput::default();
    claim.justification_hash = justification_hash(&justification);
    let mut header = Header::new(
        context.number + 1,
        Default::default(),
        Default::default(),
        context.hash.into(),
        Default::default(),
    );
    header.digest.logs.push(claim.into());
    let secret = MiniSecretKey::from_bytes(&[1; 32]).unwrap();
    let keypair = secret.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519);
    let seal = allod_verification::sign_seal(&keypair, &GENESIS);
    header.digest.logs.push(seal_item(&seal));
    let justifications = Justifications::from((ENGINE_ID, justification));
    (header, justifications)
}

fn rules(parameters: &ChainParameters) -> HeaderRules<'_, FromGenesis> {
    HeaderRules {
        genesis_hash: GENESIS,
        parameters,
        base: &FromGenesis,
    }
}

/// The own chain's blocks passed the bound on a justification when they were imported. What follows them is held to it,
/// from the newest slot that the last of them proves.
#[test]
fn known_headers_lead_past_what_one_justification_reaches() {
    let parameters = parameters();
    let rules = rules(&parameters);
    let mut context = HeaderContext::genesis(GENESIS, &parameters);
    for slot in [Slot(1_000), Slot(21_000), FAR] {
        let (header, _) = child(&context, slot, 1);
        rules.follow_known(&mut context, header).unwrap();
    }
    assert_eq!(context.chain_data.slot, FAR);
    let delay = u32::try_from(parameters.block_authoring_delay).unwrap();
    context.chain_data.outputs = vec![PotOutput::default(); delay as usize + 1];

    let (header, justifications) = child(&context, FAR.saturating_add(7), 7);
    let mut next = context.clone();
    rules
        .follow(&mut next, header, Some(justifications))
        .unwrap();
    assert_eq!(next.chain_data.slot, FAR.saturating_add(7));
    assert_eq!(next.chain_data.outputs.len(), delay as usize + 1);

    let farthest = u64::from(MAX_SLOTS_PER_JUSTIFICATION);
    for (slots, in_reach) in [(farthest, true), (farthest + 1, false)] {
        let (header, justifications) = child(&context, FAR.saturating_add(slots), 1);
        let error = rules
            .follow(&mut context.clone(), header, Some(justifications))
            .map(drop)
            .unwrap_err();
        let out_of_reach = matches!(error, HeaderError::Rule(BlockError::SlotOutOfReach { .. }));
        assert_eq!(out_of_reach, !in_reach, "{error}");
    }
}
