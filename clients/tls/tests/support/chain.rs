//! A chain in memory: blocks with what each says about identities. A test decides what happens; the
//! crate under test sees nothing of it but answers.

use allod_identity::{
    Check, CheckReport, Identifier, KeyFingerprint, LinkReport, Outcome, Purpose, Reason,
    VerificationReport,
};
use allod_rpc_types::auto_id::{BlockHash, BlockReference};
use allod_tls::{ChainSource, Head, SourceError};
use allod_x509::ParsedCertificate;
use async_trait::async_trait;
use futures::{StreamExt, channel::mpsc, stream::BoxStream};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};
use tokio::time;

#[derive(Clone)]
pub struct TestChain(Arc<Mutex<Inner>>);

#[derive(Clone)]
struct Registered {
    certificate: Vec<u8>,
    /// Identities above it, root first.
    above: Vec<Identifier>,
    failure: Option<Reason>,
}

type Snapshot = HashMap<Identifier, Registered>;

struct Inner {
    /// What the next block will say.
    next: Snapshot,
    blocks: Vec<(u64, Snapshot)>,
    finalized: usize,
    followers: Vec<mpsc::UnboundedSender<Result<Head, SourceError>>>,
    error: Option<SourceError>,
    delay: Duration,
    questions: usize,
    /// Added to the time of blocks, in seconds.
    clock: i64,
}

impl TestChain {
    /// With a genesis block, which is final.
    pub fn new() -> Self {
        let chain = Self(Arc::new(Mutex::new(Inner {
            next: Snapshot::new(),
            blocks: Vec::new(),
            finalized: 0,
            followers: Vec::new(),
            error: None,
            delay: Duration::ZERO,
            questions: 0,
            clock: 0,
        })));
        chain.mine();
        chain
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub fn identifier(&self, der: &[u8]) -> Identifier {
        Identifier::of(&ParsedCertificate::parse(der).unwrap())
    }

    /// From the next block on, a root.
    pub fn register(&self, der: &[u8]) -> Identifier {
        self.register_as(self.identifier(der), der);
        self.identifier(der)
    }

    /// From the next block on, a root with this certificate, under any identifier.
    pub fn register_as(&self, identifier: Identifier, der: &[u8]) {
        let registered = Registered {
            certificate: der.to_vec(),
            above: Vec::new(),
            failure: None,
        };
        self.lock().next.insert(identifier, registered);
    }

    fn change(&self, identifier: Identifier, change: impl FnOnce(&mut Registered)) {
        change(self.lock().next.get_mut(&identifier).unwrap());
    }

    /// From the next block on it is under others, root first.
    pub fn put_under(&self, identifier: Identifier, above: &[Identifier]) {
        self.change(identifier, |it| it.above = above.to_vec());
    }

    /// From the next block on it does not hold.
    pub fn fail(&self, identifier: Identifier) {
        let reason = Reason::NoDigitalSignature;
        self.change(identifier, |it| it.failure = Some(reason));
    }

    /// From the next block on it has another certificate.
    pub fn renew(&self, identifier: Identifier, der: &[u8]) {
        self.change(identifier, |it| it.certificate = der.to_vec());
    }

    /// From the next block on it does not exist.
    pub fn remove(&self, identifier: Identifier) {
        self.lock().next.remove(&identifier);
    }

    /// Makes a block, which becomes the best.
    pub fn mine(&self) {
        let mut inner = self.lock();
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let time = now.as_secs().checked_add_signed(inner.clock).unwrap();
        let next = inner.next.clone();
        inner.blocks.push((time, next));
        let best = inner.best();
        inner.tell(Head::Best(best));
    }

    /// The best block becomes final.
    pub fn finalize(&self) {
        let mut inner = self.lock();
        inner.finalized = inner.blocks.len() - 1;
        let finalized = block(inner.finalized);
        inner.tell(Head::Finalized(finalized));
    }

    pub fn mine_and_finalize(&self) {
        self.mine();
        self.finalize();
    }

    /// From now on every question and every subscription fails; `None`: not any more.
    pub fn break_with(&self, error: Option<SourceError>) {
        let mut inner = self.lock();
        if error.is_some() {
            inner.followers.clear();
        }
        inner.error = error;
    }

    /// From now on questions fail; blocks are told of all the same.
    pub fn refuse_questions(&self, error: Option<SourceError>) {
        self.lock().error = error;
    }

    /// From now on every answer takes so long.
    pub fn delay(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    /// From now on the time of blocks is off by so many seconds.
    pub fn shift_clock(&self, seconds: i64) {
        self.lock().clock = seconds;
    }

    /// Questions that were asked so far.
    pub fn questions(&self) -> usize {
        self.lock().questions
    }

    /// Counts a question, waits, and answers from the block's snapshot.
    async fn answer<T>(
        &self,
        at: BlockHash,
        f: impl FnOnce(u64, &Snapshot) -> T,
    ) -> Result<T, SourceError> {
        let delay = {
            let mut inner = self.lock();
            inner.questions += 1;
            inner.delay
        };
        time::sleep(delay).await;
        let inner = self.lock();
        if let Some(error) = &inner.error {
            return Err(error.clone());
        }
        let number = usize::from_le_bytes(at.0[..8].try_into().unwrap());
        let (time, snapshot) = &inner.blocks[number];
        Ok(f(*time, snapshot))
    }
}

impl Inner {
    fn best(&self) -> BlockReference {
        block(self.blocks.len() - 1)
    }

    fn tell(&mut self, head: Head) {
        self.followers
            .retain(|follower| follower.unbounded_send(Ok(head)).is_ok());
    }
}

fn block(number: usize) -> BlockReference {
    let mut hash = [0xb1; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    BlockReference {
        number: number.try_into().unwrap(),
        hash: BlockHash(hash),
    }
}

fn link(identifier: Identifier, failure: Option<Reason>) -> LinkReport {
    let outcome = failure.map_or(Outcome::Passed, Outcome::Failed);
    LinkReport {
        identifier,
        checks: vec![CheckReport {
            check: Check::Purpose,
            outcome,
        }],
    }
}

#[async_trait]
impl ChainSource for TestChain {
    async fn heads(&self) -> Result<BoxStream<'static, Result<Head, SourceError>>, SourceError> {
        let mut inner = self.lock();
        if let Some(error) = &inner.error {
            return Err(error.clone());
        }
        let (sender, receiver) = mpsc::unbounded();
        for head in [
            Head::Best(inner.best()),
            Head::Finalized(block(inner.finalized)),
        ] {
            sender.unbounded_send(Ok(head)).unwrap();
        }
        inner.followers.push(sender);
        Ok(receiver.boxed())
    }

    async fn identity_by_key(
        &self,
        key: KeyFingerprint,
        at: BlockHash,
    ) -> Result<Option<Identifier>, SourceError> {
        self.answer(at, |_, snapshot| {
            let has_key = |it: &Registered| {
                let certificate = ParsedCertificate::parse(&it.certificate).unwrap();
                KeyFingerprint::of(&certificate) == key
            };
            let found = snapshot.iter().find(|(_, it)| has_key(it));
            found.map(|(identifier, _)| *identifier)
        })
        .await
    }

    async fn certificate(
        &self,
        identifier: Identifier,
        at: BlockHash,
    ) -> Result<Option<Vec<u8>>, SourceError> {
        let find = |_, snapshot: &Snapshot| Some(snapshot.get(&identifier)?.certificate.clone());
        self.answer(at, find).await
    }

    async fn verify(
        &self,
        identifier: Identifier,
        purpose: Purpose,
        at: BlockHash,
    ) -> Result<VerificationReport, SourceError> {
        self.answer(at, |time, snapshot| {
            let links = match snapshot.get(&identifier) {
                None => vec![LinkReport::unregistered(identifier)],
                Some(it) => {
                    let above = it.above.iter().map(|above| link(*above, None));
                    above.chain([link(identifier, it.failure)]).collect()
                }
            };
            VerificationReport::new(identifier, time, Some(purpose), links, None)
        })
        .await
    }
}
