//! What nodes say to one another, as bytes: names of protocols, and the SDK's messages, whose types it keeps to itself.

use allod_consensus_primitives::ENGINE_ID;
use allod_core::{Hash, ProtocolNames};
use allod_import_tests::block::{Header, Made};
use allod_runtime::opaque::Block;
use parity_scale_codec::Encode;
use prost::Message;
use sc_network::ProtocolName;
use sc_network_common::{
    role::Roles,
    sync::message::{BlockAnnounce, BlockAnnouncesHandshake, BlockState},
};

/// Longest notification that an attacker sends: beyond what any node takes.
pub const LONGEST_NOTIFICATION: u64 = 32 << 20;
/// Longest answer that an attacker gives, likewise.
pub const LONGEST_ANSWER: u64 = 64 << 20;

/// The protocols that an attacker speaks.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Protocols {
    pub announcements: ProtocolName,
    pub time: ProtocolName,
    pub blocks: ProtocolName,
    pub tips: ProtocolName,
    pub headers: ProtocolName,
    pub slots: ProtocolName,
}

impl Protocols {
    /// Of the chain with this genesis.
    pub fn new(genesis_hash: &Hash) -> Self {
        let names = ProtocolNames::of_chain(genesis_hash, None);
        let sync = allod_sync::Protocols::new(&names);
        Self {
            announcements: names.name("block-announces/1").into(),
            time: allod_timekeeper::protocol_name(&names),
            blocks: names.name("sync/2").into(),
            tips: sync.tip,
            headers: sync.headers,
            slots: allod_timekeeper::requests_protocol_name(&names),
        }
    }
}

/// What a node says of itself before it is heard.
pub fn handshake(genesis_hash: Hash, best: (Hash, u32)) -> Vec<u8> {
    let (hash, number) = (best.0.into(), best.1);
    let genesis = genesis_hash.into();
    BlockAnnouncesHandshake::<Block>::build(Roles::FULL, number, hash, genesis).encode()
}

/// Tells of a block.
pub fn announcement(header: &Header) -> Vec<u8> {
    let announcement = BlockAnnounce {
        header: header.clone(),
        state: Some(BlockState::Best),
        data: Some(Vec::new()),
    };
    announcement.encode()
}

/// The SDK's request for blocks.
#[derive(Clone, PartialEq, Message)]
pub struct BlockRequest {
    /// Which parts, as bits of the first byte.
    #[prost(uint32, tag = "1")]
    pub fields: u32,
    /// From this block on.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub hash: Option<Vec<u8>>,
    /// Or from this number on, SCALE.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub number: Option<Vec<u8>>,
    /// 1 for backwards.
    #[prost(int32, tag = "5")]
    pub direction: i32,
    /// No more than so many.
    #[prost(uint32, tag = "6")]
    pub max_blocks: u32,
    /// Whether all justifications are wanted.
    #[prost(bool, tag = "7")]
    pub support_multiple_justifications: bool,
}

/// The answer.
#[derive(Clone, PartialEq, Message)]
pub struct BlockResponse {
    /// In the order that was asked for.
    #[prost(message, repeated, tag = "1")]
    pub blocks: Vec<BlockData>,
}

/// One block of it.
#[derive(Clone, PartialEq, Message)]
pub struct BlockData {
    /// Its hash.
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
    /// SCALE, with the seal.
    #[prost(bytes = "vec", tag = "2")]
    pub header: Vec<u8>,
    /// SCALE extrinsics.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub body: Vec<Vec<u8>>,
    /// SCALE list of engine and justification.
    #[prost(bytes = "vec", tag = "8")]
    pub justifications: Vec<u8>,
}

impl From<&Made> for BlockData {
    fn from(block: &Made) -> Self {
        let justifications = block.justifications.as_ref();
        Self {
            hash: block.hash().0.to_vec(),
            header: block.sealed().encode(),
            body: block.body.iter().map(Encode::encode).collect(),
            justifications: justifications.map(Encode::encode).unwrap_or_default(),
        }
    }
}

/// The justification that the chain's protocol names.
pub fn justification_of(block: &Made) -> Vec<u8> {
    let all = block.justifications.clone();
    all.and_then(|all| all.into_justification(ENGINE_ID))
        .unwrap_or_default()
}
