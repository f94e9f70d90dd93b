//! What an attacker answers when it is asked.

use crate::wire::{BlockData, BlockRequest, BlockResponse, Protocols, justification_of};
use allod_block_rules::fork_choice::BlockWeight;
use allod_core::Hash;
use allod_import_tests::block::Made;
use allod_sync::protocol::{HeaderRecord, HeadersRequest, Tip};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use parking_lot::Mutex;
use prost::Message;
use sc_network::ProtocolName;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// In which manner an attacker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// What it has, at once.
    Plain,
    /// What it has, as late as possible.
    Late(Duration),
    /// Nothing, ever.
    Silent,
    /// So many bytes of no meaning.
    Noise(usize),
    /// Says which chain it has, and shows nothing of it.
    Boasting,
    /// Says each time that it has another chain, heavier than any, and shows nothing of it.
    Inventing,
}

/// Blocks, a claim, and how they are told. Clones share it.
#[derive(Clone)]
pub struct Stock {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    tip: Tip,
    blocks: HashMap<Hash, Made>,
    manner: Manner,
    asked_for_tip: usize,
}

impl Stock {
    /// Nothing but a claim.
    pub fn new(tip: Tip) -> Self {
        let inner = Inner {
            tip,
            blocks: HashMap::new(),
            manner: Manner::Plain,
            asked_for_tip: 0,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Has a block besides.
    pub fn add(&self, block: &Made) {
        let mut inner = self.inner.lock();
        inner.blocks.insert(block.hash().into(), block.clone());
    }

    /// Claims another tip.
    pub fn claim(&self, tip: Tip) {
        self.inner.lock().tip = tip;
    }

    /// What it claims.
    pub fn tip(&self) -> Tip {
        self.inner.lock().tip
    }

    /// How often it was asked what it claims.
    pub fn asked_for_tip(&self) -> usize {
        self.inner.lock().asked_for_tip
    }

    /// Answers in another manner from now on.
    pub fn answer_in(&self, manner: Manner) {
        self.inner.lock().manner = manner;
    }

    /// The answer to a request, after a pause; none to refuse. Never ends where nothing is ever answered.
    pub async fn answer(
        &self,
        protocols: &Protocols,
        protocol: &ProtocolName,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        let manner = {
            let mut inner = self.inner.lock();
            inner.asked_for_tip += usize::from(*protocol == protocols.tips);
            inner.manner
        };
        match manner {
            Manner::Plain => {}
            Manner::Late(pause) => tokio::time::sleep(pause).await,
            Manner::Silent => futures::future::pending().await,
            Manner::Noise(bytes) => return Some(vec![0xa5; bytes]),
            Manner::Boasting | Manner::Inventing if *protocol != protocols.tips => {
                futures::future::pending().await
            }
            Manner::Boasting => {}
            Manner::Inventing => {
                let mut inner = self.inner.lock();
                inner.tip.hash = rand::random();
                inner.tip.weight = BlockWeight::MAX;
            }
        }
        let inner = self.inner.lock();
        if *protocol == protocols.tips {
            Some(inner.tip.encode())
        } else if *protocol == protocols.blocks {
            inner.blocks(request)
        } else if *protocol == protocols.headers {
            inner.headers(request)
        } else {
            None
        }
    }
}

impl Inner {
    fn block(&self, hash: &[u8]) -> Option<&Made> {
        self.blocks.get(&<Hash>::try_from(hash).ok()?)
    }

    /// Its own block of a number, on the way back from its tip.
    fn numbered(&self, number: u32) -> Option<&Made> {
        let mut block = self.blocks.get(&self.tip.hash)?;
        while block.header.number > number {
            block = self.block(block.header.parent_hash.as_ref())?;
        }
        (block.header.number == number).then_some(block)
    }

    fn blocks(&self, request: &[u8]) -> Option<Vec<u8>> {
        let request = BlockRequest::decode(request).ok()?;
        let first = match (&request.hash, &request.number) {
            (Some(hash), _) => self.block(hash)?,
            (None, Some(number)) => {
                self.numbered(<u32 as Decode>::decode(&mut &number[..]).ok()?)?
            }
            (None, None) => return None,
        };
        let backwards = request.direction == 1;
        let (mut blocks, mut next) = (Vec::new(), Some(first));
        while let Some(block) = next.filter(|_| blocks.len() < request.max_blocks.max(1) as usize) {
            blocks.push(BlockData::from(block));
            next = match backwards {
                true => self.block(block.header.parent_hash.as_ref()),
                false => self.numbered(block.header.number + 1),
            };
        }
        Some(BlockResponse { blocks }.encode_to_vec())
    }

    fn headers(&self, request: &[u8]) -> Option<Vec<u8>> {
        let request = HeadersRequest::decode_all(&mut &*request).ok()?;
        let (mut records, mut next) = (Vec::new(), self.block(&request.from));
        while let Some(block) = next.filter(|_| records.len() < request.count.into()) {
            records.push(HeaderRecord {
                header: block.sealed().encode(),
                justification: justification_of(block),
            });
            next = self.block(block.header.parent_hash.as_ref());
        }
        (!records.is_empty()).then(|| records.encode())
    }
}
