//! A header that keeps every rule, followed without its body: solution farmed, slots evaluated, header
//! sealed.

use allod_block_rules::{
    BlockError, ChainData, Evidence, Parent, SealedHeader, VerifyDelayFunction, child_query,
    one_justification, slot_after_parent,
};
use allod_consensus_primitives::{
    ChildContext, ConsensusLog, ENGINE_ID, PotJustification, PotParameters, PreDigest,
    digest::seal_item, justification_hash, seal_message,
};
use allod_core::{
    Hash, HistorySize, PotChange, PotCheckpoints, PotOutput, PublicKey, Slot, SolutionRange,
    time::PotInput,
};
use allod_test_chain::{
    FarmedSolution,
    time::{evaluate, verify_slots},
};
use allod_verification::{SealError, SolutionError, sign_seal};
use parity_scale_codec::Encode;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use sp_runtime::{
    Justifications, generic,
    traits::{BlakeTwo256, Header as _},
};
use std::{num::NonZeroU32, sync::LazyLock};

type Header = generic::Header<u32, BlakeTwo256>;

const GENESIS: Hash = [42; 32];

static KEYPAIR: LazyLock<Keypair> = LazyLock::new(|| {
    let secret = MiniSecretKey::from_bytes(&[1; 32]).unwrap();
    secret.expand_to_keypair(ExpansionMode::Ed25519)
});
static FIXTURE: LazyLock<FarmedSolution> =
    LazyLock::new(|| FarmedSolution::of_farmer(PublicKey(KEYPAIR.public.to_bytes()), 2));

struct DelayFunction;

impl VerifyDelayFunction for DelayFunction {
    fn verify_slots(
        &self,
        first: PotInput,
        change: Option<&PotChange>,
        checkpoints: &[PotCheckpoints],
    ) -> Result<(), usize> {
        verify_slots(first, change, checkpoints)
    }
}

/// A parent that proves the slot which the solution won, and no later one.
fn parent_data() -> ChainData {
    let slot = FIXTURE.slot.saturating_sub(1);
    ChainData {
        weight: 1000,
        slot,
        outputs: vec![PotOutput([0; 16]), FIXTURE.pot_output],
    }
}

/// A sixth of all tickets win in its range, or all of them.
fn context() -> ChildContext {
    ChildContext {
        parent_slot: parent_data().slot,
        history_size: HistorySize(3),
        solution_range: SolutionRange(u64::MAX),
        key_blocked: false,
        segment_commitment: Some(FIXTURE.segment_commitment),
        expiry_commitment: None,
        pot: PotParameters {
            iterations: NonZeroU32::new(16).unwrap(),
            next_change: None,
        },
        logs: vec![ConsensusLog::SolutionRange(SolutionRange(7))],
    }
}

/// A block without its body.
struct Made {
    header: Header,
    justification: Vec<u8>,
}

impl Made {
    fn right() -> Self {
        let (data, context) = (parent_data(), context());
        let parent = parent(&data, &context);
        let mut input = parent.first_input();
        let mut checkpoints = Vec::new();
        for _ in 0..FIXTURE.parameters.block_authoring_delay {
            checkpoints.push(evaluate(&input));
            input = input.next(checkpoints.last().unwrap().output(), None);
        }
        let future_output = checkpoints.last().unwrap().output();
        let justification = PotJustification::new(checkpoints).unwrap().encode();
        let claim = PreDigest {
            slot: FIXTURE.slot,
            solution: FIXTURE.solution.clone(),
            slot_output: FIXTURE.pot_output,
            future_output,
            justification_hash: justification_hash(&justification),
        };
        let mut header = Header::new(
            5,
            Default::default(),
            Default::default(),
            Default::default(),
            Default::default(),
        );
        header.digest.logs.push(claim.into());
        header
            .digest
            .logs
            .extend(context.logs.into_iter().map(Into::into));
        Self {
            header,
            justification,
        }
    }

    fn sealed(&self) -> SealedHeader<Header> {
        let message = seal_message(&GENESIS, &self.header.encode());
        let seal = seal_item(&sign_seal(&KEYPAIR, &message));
        SealedHeader::new(self.header.clone(), &[seal]).unwrap()
    }
}

fn parent<'a>(chain_data: &'a ChainData, context: &'a ChildContext) -> Parent<'a> {
    Parent {
        genesis_hash: GENESIS,
        parameters: &FIXTURE.parameters,
        chain_data,
        context,
        segment_headers: &[],
    }
}

#[test]
fn a_header_that_keeps_every_rule_can_be_a_parent() {
    let (made, data, context) = (Made::right(), parent_data(), context());
    let parent = parent(&data, &context);
    let sealed = made.sealed();
    let claim = sealed.pre_digest();
    assert_eq!(child_query(claim, parent.parameters).slot, FIXTURE.slot);
    let justifications = Justifications::from((ENGINE_ID, made.justification.clone()));
    let (justification, _) = one_justification(claim, Some(justifications)).unwrap();
    assert_eq!(slot_after_parent(claim.slot, data.slot), Ok(()));
    // From the most expensive to the cheapest: no rule waits for another.
    let time = parent.claimed_time(claim, &justification).unwrap();
    let evidence = Evidence {
        time: time.verify(&DelayFunction).unwrap(),
        solution: parent.verify_solution(claim, &FIXTURE.kzg).unwrap(),
        logs: parent.verify_logs(sealed.header()).unwrap(),
        seal: sealed.verify_seal(&GENESIS).unwrap(),
    };
    let child = data.child(evidence);
    assert_eq!(child.slot, FIXTURE.slot);
    // The whole range weighs 1.
    assert_eq!(child.weight, 1001);
    assert_eq!(child.outputs.len(), 5);
    assert_eq!(child.output(FIXTURE.slot), Some(FIXTURE.pot_output));
    let newest = FIXTURE.slot.saturating_add(4);
    assert_eq!(child.newest(), Some((newest, claim.future_output)));
}

/// A block of another's solution: the solution wins all the same, the seal is what fails.
#[test]
fn a_header_with_anothers_solution_fails_by_its_seal() {
    let (data, context) = (parent_data(), context());
    let made = Made::right();
    let thief = MiniSecretKey::from_bytes(&[2; 32]).unwrap();
    let thief = thief.expand_to_keypair(ExpansionMode::Ed25519);
    let message = seal_message(&GENESIS, &made.header.encode());
    let seal = seal_item(&sign_seal(&thief, &message));
    let sealed = SealedHeader::new(made.header, &[seal]).unwrap();
    let claim = sealed.pre_digest();
    let solution = parent(&data, &context).verify_solution(claim, &FIXTURE.kzg);
    assert!(solution.is_ok());
    let key = claim.solution.public_key;
    assert_eq!(
        sealed.verify_seal(&GENESIS).unwrap_err(),
        BlockError::Seal(SealError::Signature(key))
    );
}

#[test]
fn a_solution_is_one_for_its_slot_and_its_parent() {
    let (data, right) = (parent_data(), context());
    let sealed = Made::right().sealed();
    let claim = sealed.pre_digest();
    let judge = |claim: &PreDigest, context: &ChildContext| {
        let result = parent(&data, context).verify_solution(claim, &FIXTURE.kzg);
        match result.map(|_| ()) {
            Ok(()) => Ok(()),
            Err(BlockError::Solution(rule)) => Err(rule),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(judge(claim, &right), Ok(()));

    // One segment less is one too few, by the boundary of "as new as one segment more".
    let made_at = claim.solution.history_size;
    assert_eq!(made_at, HistorySize(3));
    let shorter = |size| ChildContext {
        history_size: HistorySize(size),
        ..right.clone()
    };
    assert_eq!(judge(claim, &shorter(2)), Ok(()));
    assert_eq!(
        judge(claim, &shorter(1)),
        Err(SolutionError::HistorySizeFromTheFuture {
            history_size: made_at,
            largest: HistorySize(2),
        })
    );

    let unknown = ChildContext {
        segment_commitment: None,
        ..right.clone()
    };
    let segment = claim.solution.segment(&FIXTURE.parameters);
    assert_eq!(
        judge(claim, &unknown),
        Err(SolutionError::UnknownSegment(segment))
    );

    let mut another_slot = claim.clone();
    another_slot.slot = Slot(claim.slot.0 + 1);
    assert!(judge(&another_slot, &right).is_err());
}
