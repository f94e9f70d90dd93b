//! One subscription: some identities, and what was last said about each.
//!
//! An identity is looked at again when a block touches it or anything above it (issuers, co-issuers,
//! what they said about certificates), when that block becomes final, and when a certificate in the
//! chain of issue begins or ends to be valid. A notification is sent only if something is otherwise
//! than in the last one.
//!
//! The work is bounded: at most 100 identities are verified a round, rounds of one subscription follow
//! one another and blocks that come meanwhile are looked at together, and over all subscriptions one
//! round runs at a time. A reader that takes nothing for [`TIMEOUT`] is dropped.

use super::{
    IdentityClient,
    blocks::{At, ChainReader},
    changes::{ChangeFeed, Event, Touched},
};
use crate::error::invalid_params;
use allod_identity::{
    CertificateReference, Failure, Identifier, IdentityInfo, Issuance, MAX_VISITED,
    api::IdentityDetails,
};
use allod_rpc_types::auto_id::{
    CertificateFingerprint, Change, ChangeCause, VerifyAnswer, VerifyOptions, codes,
};
use allod_x509::ParsedCertificate;
use jsonrpsee::{
    PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
    core::{RpcResult, SubscriptionResult},
    types::ErrorObjectOwned,
};
use parity_scale_codec::Encode;
use sp_runtime::traits::{BlakeTwo256, Block as BlockT, Hash as _};
use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};

/// How long a reader may take nothing while something waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What was said about an identity, as far as a difference is worth a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    holds: bool,
    failure: Option<Failure>,
    root: Option<Identifier>,
    generation: Option<u32>,
    /// BLAKE2b-256 of what is stored, the nonce apart.
    stored: [u8; 32],
}

/// An identity that is watched.
#[derive(Debug, Clone)]
struct Watched {
    identifier: Identifier,
    said: Option<Said>,
    /// Everything that its state depends on, itself included.
    above: HashSet<Identifier>,
    /// The next time at which a validity begins or ends, in seconds since 1970.
    next_turn: Option<u64>,
    /// The best block when it was last touched, until that one is final.
    unsettled: Option<u32>,
    /// Whether it has to be looked at again whatever happens: the last look failed.
    is_unseen: bool,
}

/// What happened since the last round.
#[derive(Debug)]
struct News {
    touched: Touched,
    finalized: Option<u32>,
}

impl News {
    fn nothing() -> Self {
        Self {
            touched: Touched::nothing(),
            finalized: None,
        }
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::Best(touched) => self.touched.merge(touched),
            Event::Finalized(number) => self.finalized = self.finalized.max(Some(*number)),
        }
    }
}

impl Watched {
    fn new(identifier: Identifier) -> Self {
        Self {
            identifier,
            said: None,
            above: HashSet::from([identifier]),
            next_turn: None,
            unsettled: None,
            is_unseen: true,
        }
    }

    fn is_touched(&self, news: &News) -> bool {
        news.touched.meets(self.above.iter())
    }

    fn is_due(&self, news: &News, now: u64) -> bool {
        let is_settled = self
            .unsettled
            .is_some_and(|number| news.finalized.is_some_and(|finalized| finalized >= number));
        let is_turn = self.next_turn.is_some_and(|turn| turn <= now);
        self.is_unseen || self.is_touched(news) || is_settled || is_turn
    }
}

/// Some identities, and what was last said about each.
pub(super) struct Subscription<Client, Block> {
    chain: ChainReader<Client, Block>,
    options: VerifyOptions,
    watched: Vec<Watched>,
}

impl<Client, Block> Subscription<Client, Block>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    /// An identity that is named twice is watched once.
    pub fn new(
        chain: ChainReader<Client, Block>,
        identifiers: Vec<Identifier>,
        options: VerifyOptions,
    ) -> Self {
        let mut known = HashSet::new();
        let watched = identifiers
            .into_iter()
            .filter(|identifier| known.insert(*identifier))
            .map(Watched::new)
            .collect();
        Self {
            chain,
            options,
            watched,
        }
    }

    /// Serves one reader until it leaves, is dropped, or the node stops.
    pub async fn serve(
        mut self,
        feed: &ChangeFeed,
        pending: PendingSubscriptionSink,
    ) -> SubscriptionResult {
        if self.watched.is_empty() {
            let message = "identifiers is empty: at least one has to be named";
            pending.reject(invalid_params(message, None)).await;
            return Ok(());
        }
        let Ok(_place) = feed.places.clone().try_acquire_owned() else {
            pending.reject(too_many()).await;
            return Ok(());
        };
        // Before the first look, so that nothing falls between the two.
        let mut events = feed.listen();
        let sink = pending.accept().await?;
        let mut news = News::nothing();
        loop {
            let permit = feed.work.clone().acquire_owned().await?;
            let round = tokio::task::spawn_blocking(move || {
                let changes = self.round(&news);
                (self, changes)
            });
            let (back, changes) = round.await?;
            drop(permit);
            self = back;
            for change in changes {
                send(&sink, &change).await?;
            }
            news = tokio::select! {
                () = sink.closed() => return Ok(()),
                news = next_news(&mut events) => match news {
                    Some(news) => news,
                    None => return Ok(()),
                },
            };
        }
    }

    /// Looks at what is due; what has to be said.
    fn round(&mut self, news: &News) -> Vec<Change> {
        let best = self.chain.best();
        // Without a time nothing is due for its sake; the next block has one.
        let now = self.chain.time(&best).unwrap_or_default();
        let mut changes = Vec::new();
        for watched in &mut self.watched {
            if !watched.is_due(news, now) {
                continue;
            }
            // Whatever the first look sees may not be final either.
            let is_unsettled = watched.is_unseen || watched.is_touched(news);
            match look(&self.chain, watched.identifier, &self.options, now) {
                Ok(look) => changes.extend(look.tell(watched)),
                // The state was dropped, or a block left the chain meanwhile: the next block helps.
                Err(_) => watched.is_unseen = true,
            }
            if is_unsettled {
                watched.unsettled = Some(best.reference.number);
            } else if watched.unsettled <= news.finalized {
                watched.unsettled = None;
            }
        }
        changes
    }
}

/// How things stand with an identity.
struct Look {
    said: Said,
    above: HashSet<Identifier>,
    next_turn: Option<u64>,
    certificate: Option<CertificateFingerprint>,
    verification: VerifyAnswer,
}

impl Look {
    /// Brings what is known up to date; what has to be said, if anything.
    fn tell(self, watched: &mut Watched) -> Option<Change> {
        watched.above = self.above;
        watched.next_turn = self.next_turn;
        watched.is_unseen = false;
        if watched.said.as_ref() == Some(&self.said) {
            return None;
        }
        let cause = match watched.said {
            None => ChangeCause::Subscribed,
            Some(_) => ChangeCause::Changed,
        };
        let generation = self.said.generation;
        watched.said = Some(self.said);
        Some(Change {
            identifier: watched.identifier,
            cause,
            generation,
            certificate: self.certificate,
            verification: self.verification,
        })
    }
}

fn look<Client, Block>(
    chain: &ChainReader<Client, Block>,
    identifier: Identifier,
    options: &VerifyOptions,
    now: u64,
) -> RpcResult<Look>
where
    Block: BlockT,
    Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
    Client: IdentityClient<Block>,
{
    let best = chain.best();
    let blocks = chain.blocks_to_verify(None)?;
    let verification = chain.judge(&blocks, identifier, options)?;
    let info = chain.info(&best, identifier)?;
    let details = chain.details(&best, identifier)?;
    let certificate = info.as_ref().and_then(|info| {
        let parsed = ParsedCertificate::parse(&info.certificate).ok()?;
        Some(CertificateFingerprint(parsed.fingerprint()))
    });
    let mut walk = Walk {
        above: HashSet::from([identifier]),
        next_turn: None,
        // The finalized block, where it decides, has an earlier time than the best one.
        now: now.min(verification.report.time),
        seen: HashMap::new(),
    };
    walk.read(chain, &best, identifier)?;
    walk.above
        .extend(verification.report.links.iter().map(|link| link.identifier));
    Ok(Look {
        said: Said {
            holds: verification.holds,
            failure: verification.report.failure,
            root: verification.report.root,
            generation: details.as_ref().map(|details| details.generation),
            stored: digest(info, &details),
        },
        above: walk.above,
        next_turn: walk.next_turn,
        certificate,
        verification,
    })
}

/// Everything that is stored about an identity but its nonce, which every request changes.
fn digest(info: Option<IdentityInfo>, details: &Option<IdentityDetails>) -> [u8; 32] {
    let info = info.map(|info| IdentityInfo { nonce: 0, ..info });
    (info, details).using_encoded(|bytes| BlakeTwo256::hash(bytes).0)
}

/// The certificates above an identity: whose they are, and when the next one begins or ends to be
/// valid.
struct Walk {
    above: HashSet<Identifier>,
    next_turn: Option<u64>,
    now: u64,
    seen: HashMap<Identifier, (IdentityInfo, IdentityDetails)>,
}

impl Walk {
    fn read<Client, Block>(
        &mut self,
        chain: &ChainReader<Client, Block>,
        at: &At<Block::Hash>,
        identifier: Identifier,
    ) -> RpcResult<()>
    where
        Block: BlockT,
        Block::Hash: From<[u8; 32]> + Into<[u8; 32]>,
        Client: IdentityClient<Block>,
    {
        let mut open: Vec<(Identifier, Option<u32>)> = vec![(identifier, None)];
        let mut done: BTreeSet<CertificateReference> = BTreeSet::new();
        while let Some((identifier, generation)) = open.pop() {
            if done.len() >= MAX_VISITED as usize {
                return Ok(());
            }
            let (info, details) = match self.seen.entry(identifier) {
                Entry::Occupied(seen) => seen.into_mut(),
                Entry::Vacant(unseen) => {
                    let info = chain.info(at, identifier)?;
                    let (Some(info), Some(details)) = (info, chain.details(at, identifier)?) else {
                        continue;
                    };
                    unseen.insert((info, details))
                }
            };
            let generation = generation.unwrap_or(details.generation);
            let Some((der, issuance)) = certificate_of(info, details, generation) else {
                continue;
            };
            let reference = CertificateReference {
                identifier,
                generation,
            };
            if !done.insert(reference) {
                continue;
            }
            self.above.insert(identifier);
            open.extend(
                issuance
                    .issuers()
                    .map(|issuer| (issuer.identifier, Some(issuer.generation))),
            );
            let turn = turn_of(der, self.now);
            self.next_turn = match (self.next_turn, turn) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Ok(())
    }
}

fn certificate_of<'a>(
    info: &'a IdentityInfo,
    details: &'a IdentityDetails,
    generation: u32,
) -> Option<(&'a [u8], &'a Issuance)> {
    if details.generation == generation {
        return Some((&info.certificate, &info.issuance));
    }
    let mut superseded = details.superseded.iter();
    let superseded = superseded.find(|superseded| superseded.generation == generation)?;
    Some((&superseded.certificate, &superseded.issuance))
}

/// When a certificate next begins or ends to be valid, after `now`.
fn turn_of(der: &[u8], now: u64) -> Option<u64> {
    let validity = ParsedCertificate::parse(der).ok()?.validity();
    [validity.not_before, validity.not_after.saturating_add(1)]
        .into_iter()
        .filter(|turn| *turn > now)
        .min()
}

/// Waits for something to happen, and takes with it what has happened since. `None` if the node stops.
async fn next_news(events: &mut Receiver<Arc<Event>>) -> Option<News> {
    let mut news = News::nothing();
    match events.recv().await {
        Ok(event) => news.add(&event),
        Err(RecvError::Lagged(_)) => news.touched = Touched::Any,
        Err(RecvError::Closed) => return None,
    }
    loop {
        match events.try_recv() {
            Ok(event) => news.add(&event),
            Err(TryRecvError::Lagged(_)) => news.touched = Touched::Any,
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(news),
        }
    }
}

async fn send(sink: &SubscriptionSink, change: &Change) -> SubscriptionResult {
    let message = SubscriptionMessage::from_json(change)?;
    sink.send_timeout(message, TIMEOUT).await?;
    Ok(())
}

fn too_many() -> ErrorObjectOwned {
    let message = "this node serves as many subscriptions to identities as it can: try later";
    ErrorObjectOwned::owned(codes::TOO_MANY_SUBSCRIPTIONS, message, None::<()>)
}
