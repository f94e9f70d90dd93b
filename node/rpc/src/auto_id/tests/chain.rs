//! A client: the states of some blocks, and the runtime APIs over the pallets.

use super::runtime::{AutoId, Revocation, RuntimeCall, begin, everything, genesis};
use allod_identity::{
    AcceptedRoots, AutoIdApi, AutoIdLookupApi, CertificateReference, CertificateStatus,
    CertificateStatuses, Identifier, IdentityInfo, KeyFingerprint, Purpose, RevocationApi, Serial,
    SignatureAlgorithm, VerificationReport,
    api::{
        CrlError, IdentityDetails, Page, PayloadInfo, PayloadQuery, PublishedCrl, ToBeSignedCrl,
    },
    calls::{AutoIdCallApi, CallSignatures},
};
use parity_scale_codec::Encode;
use parking_lot::Mutex;
use sc_client_api::{
    BlockImportNotification, BlockchainEvents, FinalityNotification, FinalityNotifications,
    FinalizeSummary, ImportNotifications, StorageEventStream, StorageKey, StorageNotifications,
};
use sc_utils::mpsc::{TracingUnboundedReceiver, TracingUnboundedSender, tracing_unbounded};
use sp_api::{ApiError, ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};
use sp_consensus::BlockOrigin;
use sp_core::storage::Storage;
use sp_io::TestExternalities;
use sp_runtime::{
    OpaqueExtrinsic,
    generic::{self, Header},
    traits::{BlakeTwo256, Block as BlockT},
};
use std::{collections::BTreeSet, iter, sync::Arc};

pub type Block = generic::Block<Header<u32, BlakeTwo256>, OpaqueExtrinsic>;
pub type Hash = <Block as BlockT>::Hash;
type Unpin = sc_client_api::UnpinWorkerMessage<Block>;

/// Block `n` has the hash `n`, then sevens.
pub fn hash(number: u32) -> Hash {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    Hash::from(bytes)
}

fn number(hash: Hash) -> u32 {
    let bytes: [u8; 32] = hash.into();
    u32::from_le_bytes(bytes[..4].try_into().unwrap())
}

fn header(number: u32) -> Header<u32, BlakeTwo256> {
    Header {
        parent_hash: hash(number.saturating_sub(1)),
        number,
        state_root: Default::default(),
        extrinsics_root: Default::default(),
        digest: Default::default(),
    }
}

struct Inner {
    /// The state of each block.
    states: Vec<Storage>,
    finalized: u32,
    /// The first block whose state is held.
    oldest: u32,
    imports: Vec<TracingUnboundedSender<BlockImportNotification<Block>>>,
    finality: Vec<TracingUnboundedSender<FinalityNotification<Block>>>,
}

/// A chain without forks; cheap to clone.
#[derive(Clone)]
pub struct TestChain {
    inner: Arc<Mutex<Inner>>,
    writes: Arc<StorageNotifications<Block>>,
    unpin: TracingUnboundedSender<Unpin>,
    _unpinned: Arc<Mutex<TracingUnboundedReceiver<Unpin>>>,
}

impl TestChain {
    /// Block 0.
    pub fn new() -> Self {
        let (unpin, unpinned) = tracing_unbounded("test-unpin", 1_000);
        let inner = Inner {
            states: vec![genesis(hash(0))],
            finalized: 0,
            oldest: 0,
            imports: Vec::new(),
            finality: Vec::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            writes: Arc::new(StorageNotifications::new(None)),
            unpin,
            _unpinned: Arc::new(Mutex::new(unpinned)),
        }
    }

    pub fn best(&self) -> u32 {
        u32::try_from(self.inner.lock().states.len() - 1).unwrap()
    }

    /// A new best block in which `what` happens.
    pub fn block(&self, what: impl FnOnce()) {
        let number = self.best() + 1;
        let parent = self.inner.lock().states.last().unwrap().clone();
        let state = TestExternalities::from(parent.clone()).execute_with(|| {
            begin(number);
            what();
            everything()
        });
        let keys: BTreeSet<_> = parent.top.keys().chain(state.top.keys()).collect();
        let changed = |key: &&&Vec<u8>| parent.top.get(**key) != state.top.get(**key);
        let changes: Vec<_> = keys
            .iter()
            .filter(changed)
            .map(|key| ((*key).clone(), state.top.get(*key).cloned()))
            .collect();
        self.inner.lock().states.push(state);
        let children = iter::empty::<(Vec<u8>, iter::Empty<(Vec<u8>, Option<Vec<u8>>)>)>();
        self.writes
            .trigger(&hash(number), changes.into_iter(), children);
        for sink in &self.inner.lock().imports {
            let origin = BlockOrigin::NetworkBroadcast;
            let notification = BlockImportNotification::new(
                hash(number),
                origin,
                header(number),
                true,
                None,
                self.unpin.clone(),
            );
            let _ = sink.unbounded_send(notification);
        }
    }

    /// Blocks in which nothing happens.
    pub fn blocks(&self, count: u32) {
        for _ in 0..count {
            self.block(|| {});
        }
    }

    /// All blocks are final.
    pub fn finalize(&self) {
        let best = self.best();
        let mut inner = self.inner.lock();
        inner.finalized = best;
        for sink in &inner.finality {
            let summary = FinalizeSummary {
                header: header(best),
                finalized: vec![hash(best)],
                stale_blocks: Vec::new(),
            };
            let notification = FinalityNotification::from_summary(summary, self.unpin.clone());
            let _ = sink.unbounded_send(notification);
        }
    }

    /// Drops the states of all blocks before this one.
    pub fn prune(&self, oldest: u32) {
        self.inner.lock().oldest = oldest;
    }

    pub fn state(&self, number: u32) -> Storage {
        self.inner.lock().states[usize::try_from(number).unwrap()].clone()
    }

    fn ask<T>(&self, at: Hash, question: impl FnOnce() -> T) -> Result<T, ApiError> {
        let number = number(at);
        if number < self.inner.lock().oldest {
            return Err(ApiError::UnknownBlock("State already discarded".into()));
        }
        Ok(TestExternalities::from(self.state(number)).execute_with(question))
    }
}

sp_api::mock_impl_runtime_apis! {
    impl AutoIdApi<Block> for TestChain {
        #[advanced]
        fn identity(&self, at: Hash, identifier: Identifier) -> Result<Option<IdentityInfo>, ApiError> {
            self.ask(at, || AutoId::identity(identifier))
        }

        #[advanced]
        fn identity_by_key(&self, at: Hash, key: KeyFingerprint) -> Result<Option<Identifier>, ApiError> {
            self.ask(at, || AutoId::identity_by_key(key))
        }

        #[advanced]
        fn next_nonce(&self, at: Hash, identifier: Identifier) -> Result<u64, ApiError> {
            self.ask(at, || AutoId::next_nonce(identifier))
        }

        #[advanced]
        fn verify(
            &self,
            at: Hash,
            identifier: Identifier,
            time: Option<u64>,
            purpose: Option<Purpose>,
            accepted_roots: Option<AcceptedRoots>,
        ) -> Result<VerificationReport, ApiError> {
            let roots = accepted_roots.as_ref().map(|roots| roots.as_slice());
            self.ask(at, || AutoId::verify(identifier, time, purpose, roots))
        }
    }

    impl AutoIdLookupApi<Block> for TestChain {
        #[advanced]
        fn details(&self, at: Hash, identifier: Identifier) -> Result<Option<IdentityDetails>, ApiError> {
            self.ask(at, || AutoId::details(identifier))
        }

        #[advanced]
        fn identity_by_fingerprint(&self, at: Hash, fingerprint: [u8; 32]) -> Result<Option<Identifier>, ApiError> {
            self.ask(at, || AutoId::identity_by_fingerprint(fingerprint))
        }

        #[advanced]
        fn issued_by(&self, at: Hash, issuer: Identifier, after: Option<Identifier>, limit: u32) -> Result<Page, ApiError> {
            self.ask(at, || AutoId::issued_by(issuer, after, limit))
        }

        #[advanced]
        fn certificate(&self, at: Hash, reference: CertificateReference) -> Result<Option<Vec<u8>>, ApiError> {
            self.ask(at, || AutoId::certificate_of(reference))
        }

        #[advanced]
        fn payload(&self, at: Hash, query: PayloadQuery, valid_until: u32) -> Result<Option<PayloadInfo>, ApiError> {
            self.ask(at, || AutoId::payload(query, valid_until))
        }
    }

    impl AutoIdCallApi<Block> for TestChain {
        #[advanced]
        fn call(&self, at: Hash, query: PayloadQuery, signatures: CallSignatures) -> Result<Option<Vec<u8>>, ApiError> {
            self.ask(at, || {
                let call = match AutoId::call_of(query.clone(), signatures.clone()) {
                    Some(call) => RuntimeCall::from(call),
                    None => Revocation::call_of(query, signatures)?.into(),
                };
                Some(call.encode())
            })
        }
    }

    impl RevocationApi<Block> for TestChain {
        #[advanced]
        fn certificate_status(&self, at: Hash, issuer: Identifier, serial: Serial) -> Result<Option<CertificateStatus>, ApiError> {
            self.ask(at, || Revocation::status(issuer, &serial))
        }

        #[advanced]
        fn crl(&self, at: Hash, issuer: Identifier) -> Result<Option<PublishedCrl>, ApiError> {
            self.ask(at, || Revocation::crl(issuer))
        }

        #[advanced]
        fn crl_to_be_signed(
            &self,
            at: Hash,
            issuer: Identifier,
            algorithm: SignatureAlgorithm,
            next_update: u64,
        ) -> Result<Result<ToBeSignedCrl, CrlError>, ApiError> {
            self.ask(at, || Revocation::to_be_signed(issuer, algorithm, next_update))
        }
    }
}

impl ProvideRuntimeApi<Block> for TestChain {
    type Api = Self;

    fn runtime_api(&self) -> ApiRef<'_, Self> {
        self.clone().into()
    }
}

impl HeaderBackend<Block> for TestChain {
    fn header(&self, hash: Hash) -> sp_blockchain::Result<Option<Header<u32, BlakeTwo256>>> {
        Ok(self.number(hash)?.map(header))
    }

    fn info(&self) -> Info<Block> {
        let best_number = self.best();
        let finalized_number = self.inner.lock().finalized;
        Info {
            best_hash: hash(best_number),
            best_number,
            genesis_hash: hash(0),
            finalized_hash: hash(finalized_number),
            finalized_number,
            finalized_state: None,
            number_leaves: 1,
            block_gap: None,
        }
    }

    fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
        Ok(BlockStatus::Unknown)
    }

    fn number(&self, of: Hash) -> sp_blockchain::Result<Option<u32>> {
        let number = number(of);
        let is_known = number <= self.best() && hash(number) == of;
        Ok(Some(number).filter(|_| is_known))
    }

    fn hash(&self, number: u32) -> sp_blockchain::Result<Option<Hash>> {
        Ok((number <= self.best()).then(|| hash(number)))
    }
}

impl BlockchainEvents<Block> for TestChain {
    fn import_notification_stream(&self) -> ImportNotifications<Block> {
        let (sink, stream) = tracing_unbounded("test-imports", 1_000);
        self.inner.lock().imports.push(sink);
        stream
    }

    fn every_import_notification_stream(&self) -> ImportNotifications<Block> {
        self.import_notification_stream()
    }

    fn finality_notification_stream(&self) -> FinalityNotifications<Block> {
        let (sink, stream) = tracing_unbounded("test-finality", 1_000);
        self.inner.lock().finality.push(sink);
        stream
    }

    fn storage_changes_notification_stream(
        &self,
        filter: Option<&[StorageKey]>,
        child_filter: Option<&[(StorageKey, Option<Vec<StorageKey>>)]>,
    ) -> sp_blockchain::Result<StorageEventStream<Hash>> {
        Ok(self.writes.listen(filter, child_filter))
    }
}
