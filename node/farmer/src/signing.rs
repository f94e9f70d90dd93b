//! What this farmer signs: blocks with its own solutions, each once (§8).
//!
//! The node that asks is not trusted. A seal is made only if
//!
//! 1. the request shows a whole header without seal, in canonical SCALE ([`header`](crate::header));
//! 2. its pre-digest holds a solution with this farmer's key and reward address;
//! 3. that very solution is one that this run found, for that very slot: a solution that the node
//!    made up, or took from an older block, was not;
//! 4. neither its claim was signed for before nor that solution of the same challenge in another slot, and both are on
//!    disk before the signature is made ([`signed_claims`](crate::signed_claims)).
//!
//! Point 3 means that a farmer which is restarted between finding a solution and being asked for
//! the seal loses that block. In exchange it never signs by looks.

use crate::{
    header::{HeaderError, read_pre_digest},
    signed_claims::{NewClaim, SignedClaims, SignedClaimsError},
};
use allod_consensus_primitives::{Claim, PreDigest, seal_message};
use allod_core::{Hash, PublicKey, RewardAddress, Slot, Solution, blake2b_256, blake2b_256_list};
use allod_rpc_types::farmer::{SealResponse, SealedBlock, SigningRequest};
use allod_verification::sign_seal;
use schnorrkel::Keypair;
use std::{collections::VecDeque, fmt, time::SystemTime};

/// Solutions that are remembered; asked for is the one that was handed in last, or one shortly before.
const REMEMBERED_SLOTS: usize = 64;

/// Why a header was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// Another farmer of the same node is meant.
    #[error("the request is for key {0}, not for this farmer")]
    AnotherFarmer(PublicKey),
    /// It is no header, or a sealed one.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Somebody else's solution.
    #[error("the header holds a solution of key {0}, not of this farmer")]
    ForeignKey(PublicKey),
    /// Somebody else is to be paid.
    #[error("the header pays {found}, this farmer's reward address is {expected}")]
    ForeignRewardAddress {
        /// Whom it pays.
        found: RewardAddress,
        /// Whom it should pay.
        expected: RewardAddress,
    },
    /// Not a solution that this farmer found.
    #[error("this farmer found no such solution in slot {0}")]
    UnknownSolution(Slot),
    /// The claim was signed for before, or that cannot be ruled out.
    #[error(transparent)]
    SignedClaims(#[from] SignedClaimsError),
}

/// The farmer's key and everything that it needs to know to use it.
pub struct Signer {
    keypair: Keypair,
    public_key: PublicKey,
    genesis_hash: Hash,
    reward_address: RewardAddress,
    /// In the order in which they were found.
    found: VecDeque<Found>,
    signed: SignedClaims,
}

/// A solution that this farmer found.
struct Found {
    slot: Slot,
    /// What it answers, by what the node said.
    global_challenge: Hash,
    solution: Solution,
}

impl Found {
    /// By which it is known whatever slot the challenge is said to belong to.
    fn answer(&self) -> Hash {
        let solution = &self.solution;
        blake2b_256_list(&[
            &solution.public_key.0,
            &solution.sector_index.to_le_bytes(),
            &solution.piece_offset.to_le_bytes(),
            &solution.chunk.0,
            &self.global_challenge,
        ])
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("public_key", &self.public_key)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// For one key on one chain; `signed` is the record that lies beside the key.
    pub fn new(
        keypair: Keypair,
        genesis_hash: Hash,
        reward_address: RewardAddress,
        signed: SignedClaims,
    ) -> Self {
        Self {
            public_key: PublicKey(keypair.public.to_bytes()),
            keypair,
            genesis_hash,
            reward_address,
            found: VecDeque::new(),
            signed,
        }
    }

    /// Remembers a solution that this farmer found, before it is handed to the node.
    pub fn remember(&mut self, slot: Slot, global_challenge: Hash, solution: Solution) {
        self.found.retain(|found| found.slot != slot);
        self.found.push_back(Found {
            slot,
            global_challenge,
            solution,
        });
        while self.found.len() > REMEMBERED_SLOTS {
            self.found.pop_front();
        }
    }

    /// Whether somebody else sealed this block with this farmer's key. What an older version signed, this one does not
    /// know.
    pub fn is_foreign(&self, block: &SealedBlock) -> bool {
        block.public_key == self.public_key
            && block.slot > self.signed.floor()
            && !self.signed.has_signed(&block.header_hash)
    }

    /// Seals the header, if the rules at the top of this module allow it. Returns its slot, too.
    pub fn sign(&mut self, request: &SigningRequest) -> Result<(Slot, SealResponse), SigningError> {
        if request.public_key != self.public_key {
            return Err(SigningError::AnotherFarmer(request.public_key));
        }
        let header = request.header.as_ref();
        let (pre_digest, answer) = self.judge(header)?;
        let (slot, header_hash) = (pre_digest.slot, blake2b_256(header));
        let claim = NewClaim {
            slot,
            claim: Claim::from(&pre_digest).hash(),
            answer,
            header_hash,
        };
        self.signed.claim(&claim, SystemTime::now())?;
        let message = seal_message(&self.genesis_hash, header);
        let response = SealResponse {
            header_hash,
            signature: sign_seal(&self.keypair, &message),
        };
        Ok((slot, response))
    }

    /// The header's pre-digest, and what its solution answers.
    fn judge(&self, header: &[u8]) -> Result<(PreDigest, Hash), SigningError> {
        let pre_digest = read_pre_digest(header)?;
        let solution = &pre_digest.solution;
        if solution.public_key != self.public_key {
            return Err(SigningError::ForeignKey(solution.public_key));
        }
        if solution.reward_address != self.reward_address {
            return Err(SigningError::ForeignRewardAddress {
                found: solution.reward_address,
                expected: self.reward_address,
            });
        }
        let is_this = |found: &&Found| found.slot == pre_digest.slot && found.solution == *solution;
        let Some(found) = self.found.iter().find(is_this) else {
            return Err(SigningError::UnknownSolution(pre_digest.slot));
        };
        let answer = found.answer();
        Ok((pre_digest, answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{
        DigestItem, UnsealedHeader,
        tests::{header, pre_digest, solution},
    };
    use crate::signed_claims::SIGNED_CLAIMS_FILE;
    use allod_core::HistorySize;
    use allod_verification::verify_seal;
    use parity_scale_codec::Encode;
    use rand::{Rng, SeedableRng, rngs::StdRng};
    use schnorrkel::{ExpansionMode, MiniSecretKey};
    use tempfile::TempDir;

    const GENESIS: Hash = [42; 32];
    const REWARD: RewardAddress = RewardAddress([43; 32]);

    fn open(directory: &TempDir) -> Signer {
        SignedClaims::create(directory.path()).unwrap();
        let keypair = MiniSecretKey::from_bytes(&[7; 32])
            .unwrap()
            .expand_to_keypair(ExpansionMode::Ed25519);
        let signed = SignedClaims::open(directory.path()).unwrap();
        Signer::new(keypair, GENESIS, REWARD, signed)
    }

    /// The farmer finds a solution of the slot's own challenge.
    fn remember(signer: &mut Signer, slot: Slot, solution: Solution) {
        signer.remember(slot, blake2b_256(&slot.0.to_le_bytes()), solution);
    }

    /// What is written down.
    fn record(directory: &TempDir) -> Vec<u8> {
        std::fs::read(directory.path().join(SIGNED_CLAIMS_FILE)).unwrap()
    }

    fn own(signer: &Signer) -> Solution {
        Solution {
            public_key: signer.public_key,
            reward_address: REWARD,
            ..solution()
        }
    }

    fn request(signer: &Signer, header: &UnsealedHeader) -> SigningRequest {
        SigningRequest {
            public_key: signer.public_key,
            header: header.encode().try_into().unwrap(),
        }
    }

    fn request_for(signer: &Signer, slot: u64, solution: &Solution) -> SigningRequest {
        request(signer, &header(&pre_digest(Slot(slot), solution)))
    }

    #[test]
    fn an_own_solution_is_sealed_once() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        remember(&mut signer, Slot(10), solution.clone());
        let request = request_for(&signer, 10, &solution);
        let (slot, response) = signer.sign(&request).unwrap();
        assert_eq!(slot, Slot(10));
        assert_eq!(response.header_hash, blake2b_256(request.header.as_ref()));
        let message = seal_message(&GENESIS, request.header.as_ref());
        verify_seal(&signer.public_key, &message, &response.signature).unwrap();

        // Neither the same header again nor another one with the same ticket, nor after a restart.
        let mut other = header(&pre_digest(Slot(10), &solution));
        other.parent_hash = [99; 32];
        let other = self::request(&signer, &other);
        for request in [&request, &other] {
            assert!(matches!(
                signer.sign(request),
                Err(SigningError::SignedClaims(
                    SignedClaimsError::AlreadySigned(Slot(10))
                ))
            ));
        }
        drop(signer);
        let mut signer = open(&directory);
        remember(&mut signer, Slot(10), solution);
        assert!(matches!(
            signer.sign(&other),
            Err(SigningError::SignedClaims(
                SignedClaimsError::AlreadySigned(Slot(10))
            ))
        ));
    }

    #[test]
    fn a_seal_is_refused_while_the_record_cannot_be_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        remember(&mut signer, Slot(10), solution.clone());
        let request = request_for(&signer, 10, &solution);
        drop(directory);
        assert!(matches!(
            signer.sign(&request),
            Err(SigningError::SignedClaims(SignedClaimsError::File(_)))
        ));
    }

    #[test]
    fn each_refusal_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        remember(&mut signer, Slot(10), solution.clone());

        let mut foreign = solution.clone();
        foreign.public_key = PublicKey([1; 32]);
        let asked = request_for(&signer, 10, &foreign);
        assert!(matches!(
            signer.sign(&asked),
            Err(SigningError::ForeignKey(PublicKey([1, ..])))
        ));
        let mut misdirected = solution.clone();
        misdirected.reward_address = RewardAddress([1; 32]);
        let asked = request_for(&signer, 10, &misdirected);
        assert!(matches!(
            signer.sign(&asked),
            Err(SigningError::ForeignRewardAddress {
                expected: REWARD,
                ..
            })
        ));
        let mut changed = solution.clone();
        changed.chunk.0[0] ^= 1;
        for (slot, solution) in [(10, &changed), (11, &solution), (9, &solution)] {
            let asked = request_for(&signer, slot, solution);
            assert!(matches!(
                signer.sign(&asked),
                Err(SigningError::UnknownSolution(Slot(asked))) if asked == slot
            ));
        }
        let mut asked = request_for(&signer, 10, &solution);
        asked.public_key = PublicKey([1; 32]);
        assert!(matches!(
            signer.sign(&asked),
            Err(SigningError::AnotherFarmer(_))
        ));
        // None of them cost the claim.
        let asked = request_for(&signer, 10, &solution);
        assert!(signer.sign(&asked).is_ok());
    }

    /// A node that names slots which there are not cannot make the farmer miss those that there are.
    #[test]
    fn a_slot_far_ahead_makes_no_other_one_unusable() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        for slot in [u64::MAX, 1_000_000, 10, 11, 9] {
            remember(&mut signer, Slot(slot), solution.clone());
            let asked = request_for(&signer, slot, &solution);
            assert!(signer.sign(&asked).is_ok(), "{slot}");
            assert!(signer.sign(&asked).is_err(), "{slot}");
        }
    }

    /// Nor can it have one solution signed for twice by naming another slot.
    #[test]
    fn a_solution_of_one_challenge_is_signed_for_in_one_slot() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        signer.remember(Slot(10), [1; 32], solution.clone());
        signer.remember(Slot(11), [1; 32], solution.clone());
        signer.remember(Slot(12), [2; 32], solution.clone());
        let first = request_for(&signer, 10, &solution);
        assert!(signer.sign(&first).is_ok());
        let again = request_for(&signer, 11, &solution);
        assert!(matches!(
            signer.sign(&again),
            Err(SigningError::SignedClaims(
                SignedClaimsError::AlreadySigned(Slot(11))
            ))
        ));
        // The same chunk may win another challenge.
        let another = request_for(&signer, 12, &solution);
        assert!(signer.sign(&another).is_ok());
    }

    #[test]
    fn a_block_with_the_own_key_is_told_from_an_own_block() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        remember(&mut signer, Slot(10), solution.clone());
        let (slot, sealed) = signer.sign(&request_for(&signer, 10, &solution)).unwrap();
        let block = |public_key, header_hash| SealedBlock {
            public_key,
            slot,
            header_hash,
        };
        let key = signer.public_key;
        assert!(!signer.is_foreign(&block(key, sealed.header_hash)));
        assert!(!signer.is_foreign(&block(PublicKey([1; 32]), [9; 32])));
        // The same solution, another header: what a copy of the plot makes.
        assert!(signer.is_foreign(&block(key, [9; 32])));
        drop(signer);
        let signer = open(&directory);
        assert!(!signer.is_foreign(&block(key, sealed.header_hash)));
        assert!(signer.is_foreign(&block(key, [9; 32])));
    }

    #[test]
    fn memory_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let solution = own(&signer);
        for slot in 1..=1000 {
            remember(&mut signer, Slot(slot), solution.clone());
        }
        assert_eq!(signer.found.len(), REMEMBERED_SLOTS);
        let asked = request_for(&signer, 1, &solution);
        assert!(matches!(
            signer.sign(&asked),
            Err(SigningError::UnknownSolution(_))
        ));
        let asked = request_for(&signer, 1000, &solution);
        assert!(signer.sign(&asked).is_ok());
    }

    /// A header that a lying node makes up from one that would be signed.
    fn lie(rng: &mut StdRng, signer: &Signer, slot: u64, good: &Solution) -> SigningRequest {
        let mut solution = good.clone();
        let mut slot = slot;
        let kind = rng.gen_range(0..9);
        match kind {
            0 => solution.public_key = PublicKey(rng.r#gen()),
            1 => solution.reward_address = RewardAddress(rng.r#gen()),
            2 => solution.chunk.0[rng.gen_range(0..32)] ^= 1 << rng.gen_range(0..8),
            3 => solution.history_size = HistorySize(rng.r#gen()),
            4 => slot = rng.gen_range(slot + 1..u64::MAX),
            5 => slot = rng.gen_range(0..slot),
            _ => {}
        }
        let mut header = header(&pre_digest(Slot(slot), &solution));
        header.parent_hash = rng.r#gen();
        match kind {
            6 => header.digest.push(header.digest[0].clone()),
            7 => {
                let seal = DigestItem::Seal(allod_consensus_primitives::ENGINE_ID, vec![0; 64]);
                header.digest.push(seal);
            }
            _ => {}
        }
        let mut bytes = header.encode();
        if kind == 8 {
            match rng.gen_range(0..3) {
                0 => bytes.truncate(rng.gen_range(0..bytes.len())),
                1 => bytes.push(rng.r#gen()),
                // A bare hash, as a node that hides what is signed would like to have signed.
                _ => bytes = rng.r#gen::<[u8; 32]>().to_vec(),
            }
        }
        SigningRequest {
            public_key: signer.public_key,
            header: bytes.try_into().unwrap(),
        }
    }

    #[test]
    fn a_thousand_seals_that_a_lying_node_asks_for_are_all_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut signer = open(&directory);
        let mut rng = StdRng::seed_from_u64(1);
        let solution = own(&signer);
        for round in 0..1000 {
            // The node knows what the farmer found, and may have had it sealed already.
            let slot = 1000 + round / 100;
            remember(&mut signer, Slot(slot), solution.clone());
            if round % 100 == 50 {
                let honest = request_for(&signer, slot, &solution);
                signer.sign(&honest).unwrap();
            }
            let asked = if round % 100 > 50 && rng.r#gen() {
                let mut header = header(&pre_digest(Slot(slot), &solution));
                header.state_root = rng.r#gen();
                request(&signer, &header)
            } else {
                lie(&mut rng, &signer, slot, &solution)
            };
            let before = record(&directory);
            let refused = signer.sign(&asked);
            assert!(refused.is_err(), "round {round}: {refused:?}");
            assert!(
                record(&directory) == before,
                "round {round} wrote something down"
            );
        }
    }
}
