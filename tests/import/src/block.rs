//! A block on its way from its author, and how to tamper with it.

use crate::farming::Farmer;
use allod_consensus_primitives::{
    ConsensusLog, ENGINE_ID, PotJustification, PreDigest, consensus_logs, digest::seal_item,
    justification_hash, pre_digest, seal_message,
};
use allod_core::{PotCheckpoints, Solution};
use allod_runtime::{Hash, UncheckedExtrinsic};
use allod_verification::sign_seal;
use parity_scale_codec::{Decode, Encode};
use sp_runtime::{DigestItem, Justifications, OpaqueExtrinsic, generic::Preamble};

pub use allod_runtime::Header;

/// A block in its parts.
#[derive(Clone)]
pub struct Made {
    /// Whose solution it claims.
    pub farmer: Farmer,
    /// Of its chain.
    pub genesis_hash: allod_core::Hash,
    /// Without the seal.
    pub header: Header,
    /// Inherents first.
    pub body: Vec<OpaqueExtrinsic>,
    /// What comes beside the block.
    pub justifications: Option<Justifications>,
    /// What follows in the digest: one seal.
    pub seals: Vec<DigestItem>,
}

impl Made {
    /// Seals the header as it is now.
    pub fn seal(&mut self) {
        let (farmer, genesis_hash) = (self.farmer.clone(), self.genesis_hash);
        self.seal_with(&farmer, &genesis_hash);
    }

    /// Seals it with any key, for any chain.
    pub fn seal_with(&mut self, farmer: &Farmer, genesis_hash: &allod_core::Hash) {
        let message = seal_message(genesis_hash, &self.header.encode());
        self.seals = vec![seal_item(&sign_seal(&farmer.keypair, &message))];
    }

    /// The header as it travels.
    pub fn sealed(&self) -> Header {
        let mut header = self.header.clone();
        header.digest.logs.extend(self.seals.iter().cloned());
        header
    }

    /// Hash of the block with its seal.
    pub fn hash(&self) -> Hash {
        self.sealed().hash()
    }

    /// What it claims.
    pub fn pre_digest(&self) -> PreDigest {
        pre_digest(&self.header).unwrap()
    }

    /// How many transactions it has, the inherents apart. They alone are signed.
    pub fn transactions(&self) -> usize {
        let is_signed = |extrinsic: &&OpaqueExtrinsic| {
            let bytes = extrinsic.encode();
            let decoded = UncheckedExtrinsic::decode(&mut bytes.as_slice()).unwrap();
            matches!(decoded.preamble, Preamble::Signed(..))
        };
        self.body.iter().filter(is_signed).count()
    }

    /// Its consensus digests.
    pub fn logs(&self) -> Vec<ConsensusLog> {
        consensus_logs(&self.header).unwrap()
    }

    /// Changes the claim and seals it.
    pub fn change_claim(&mut self, change: impl FnOnce(&mut PreDigest)) {
        let mut claim = self.pre_digest();
        change(&mut claim);
        for item in &mut self.header.digest.logs {
            if matches!(item, DigestItem::PreRuntime(ENGINE_ID, _)) {
                *item = claim.clone().into();
            }
        }
        self.seal();
    }

    /// Changes the solution in the claim and seals it.
    pub fn change_solution(&mut self, change: impl FnOnce(&mut Solution)) {
        self.change_claim(|claim| change(&mut claim.solution));
    }

    /// Changes the consensus digests and seals the header.
    pub fn change_logs(&mut self, change: impl FnOnce(&mut Vec<ConsensusLog>)) {
        let mut logs = self.logs();
        change(&mut logs);
        let digest = &mut self.header.digest.logs;
        digest.retain(|item| !matches!(item, DigestItem::Consensus(ENGINE_ID, _)));
        digest.extend(logs.into_iter().map(DigestItem::from));
        self.seal();
    }

    /// The bytes of the justification.
    pub fn proof(&self) -> Vec<u8> {
        let justifications = self.justifications.as_ref().unwrap();
        justifications.get(ENGINE_ID).unwrap().clone()
    }

    /// Takes another justification, names it in the claim, and seals that.
    pub fn prove_with(&mut self, proof: Vec<u8>) {
        self.change_claim(|claim| claim.justification_hash = justification_hash(&proof));
        self.justifications = Some(Justifications::from((ENGINE_ID, proof)));
    }

    /// Changes the checkpoints in the justification, names it in the claim, and seals that.
    pub fn change_checkpoints(&mut self, change: impl FnOnce(&mut Vec<PotCheckpoints>)) {
        let proof = PotJustification::from_bytes(&self.proof()).unwrap();
        let mut checkpoints = proof.checkpoints.into_inner();
        change(&mut checkpoints);
        self.prove_with(PotJustification::new(checkpoints).unwrap().encode());
    }
}
