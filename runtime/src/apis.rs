//! The runtime APIs that a node calls.

use crate::{
    AccountId, AutoId, Balance, Block, Executive, Farming, InherentDataExt, Nonce, Revocation,
    Runtime, RuntimeCall, RuntimeGenesisConfig, System, TransactionPayment, UncheckedExtrinsic,
    VERSION, genesis, genesis_presets, unsigned_extension, unsigned_transaction,
};
#[cfg(feature = "runtime-benchmarks")]
use alloc::string::String;
use alloc::vec::Vec;
use allod_consensus_primitives::{ChildContext, ChildQuery, EquivocationProof, PotParameters};
use allod_core::{
    ChainParameters, HistorySize, PublicKey, SegmentCommitment, SegmentIndex, Slot, SolutionRange,
};
use allod_identity::{
    AcceptedRoots, CertificateReference, CertificateStatus, CertificateStatuses, Identifier,
    IdentityInfo, KeyFingerprint, Purpose, Serial, SignatureAlgorithm, VerificationReport,
    api::{
        CrlError, IdentityDetails, Page, PayloadInfo, PayloadQuery, PublishedCrl, ToBeSignedCrl,
    },
    calls::CallSignatures,
    transaction::{TransactionQuery, UnsignedTransaction, UnsignedTransactionError},
};
use frame_support::{
    genesis_builder_helper::get_preset, storage::with_transaction_unchecked, weights::Weight,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use parity_scale_codec::Encode;
use sp_api::impl_runtime_apis;
use sp_core::{OpaqueMetadata, crypto::KeyTypeId};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
    ApplyExtrinsicResult, ExtrinsicInclusionMode, TransactionOutcome,
    traits::Block as BlockT,
    transaction_validity::{TransactionSource, TransactionValidity},
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

/// Answers about the state that a child of the block begins with.
///
/// The first block after an upgrade of the runtime migrates the state before anything else. A node asks about that
/// block before it exists, of its parent's state and by the new runtime: so the answer is given after the migrations,
/// and what they changed is forgotten again.
pub(crate) fn migrated<Answer>(ask: impl FnOnce() -> Answer) -> Answer {
    let last = frame_system::LastRuntimeUpgrade::<Runtime>::get();
    if last.is_some_and(|last| !last.was_upgraded(&VERSION)) {
        return ask();
    }
    with_transaction_unchecked(|| {
        Executive::execute_on_runtime_upgrade();
        TransactionOutcome::Rollback(ask())
    })
}

type Extrinsic = <Block as BlockT>::Extrinsic;
type HeaderOf = <Block as BlockT>::Header;

impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block);
        }

        fn initialize_block(header: &HeaderOf) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> HeaderOf {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(
            block: <Block as BlockT>::LazyBlock,
            data: InherentData,
        ) -> CheckInherentsResult {
            migrated(|| data.check_extrinsics(&block))
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            transaction: Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, transaction, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &HeaderOf) {
            Executive::offchain_worker(header)
        }
    }

    /// Blocks are sealed with the keys of plots, which the farmers hold: a node has no session
    /// keys.
    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(
            _owner: Vec<u8>,
            _seed: Option<Vec<u8>>,
        ) -> OpaqueGeneratedSessionKeys {
            OpaqueGeneratedSessionKeys::default()
        }

        fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            encoded.is_empty().then(Vec::new)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
        for Runtime
    {
        fn query_info(extrinsic: Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(extrinsic, len)
        }

        fn query_fee_details(extrinsic: Extrinsic, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_fee_details(extrinsic, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
        Block,
        Balance,
        RuntimeCall,
    > for Runtime
    {
        fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_call_info(call, len)
        }

        fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_call_fee_details(call, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(json: Vec<u8>) -> sp_genesis_builder::Result {
            genesis::build(json)
        }

        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, genesis_presets::get_preset)
        }

        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            genesis_presets::preset_names()
        }
    }

    impl allod_consensus_primitives::FarmingApi<Block> for Runtime {
        fn parameters() -> ChainParameters {
            migrated(Farming::parameters)
        }

        fn slot() -> Slot {
            migrated(Farming::slot)
        }

        fn solution_range() -> SolutionRange {
            migrated(Farming::solution_range)
        }

        fn history_size() -> HistorySize {
            migrated(Farming::history_size)
        }

        fn segment_commitment(index: SegmentIndex) -> Option<SegmentCommitment> {
            migrated(|| Farming::segment_commitment(index))
        }

        fn pot_parameters() -> PotParameters {
            migrated(Farming::pot_parameters)
        }

        fn is_key_blocked(public_key: PublicKey) -> bool {
            migrated(|| Farming::is_key_blocked(&public_key))
        }

        fn child_context(query: ChildQuery) -> ChildContext {
            migrated(|| Farming::child_context(query))
        }

        fn equivocation_report(proof: EquivocationProof<HeaderOf>) -> Option<Extrinsic> {
            let call = migrated(|| Farming::equivocation_report(proof))?;
            Some(UncheckedExtrinsic::new_transaction(call.into(), unsigned_extension()))
        }
    }

    impl allod_identity::api::AutoIdApi<Block> for Runtime {
        fn identity(identifier: Identifier) -> Option<IdentityInfo> {
            AutoId::identity(identifier)
        }

        fn identity_by_key(key: KeyFingerprint) -> Option<Identifier> {
            AutoId::identity_by_key(key)
        }

        fn next_nonce(identifier: Identifier) -> u64 {
            AutoId::next_nonce(identifier)
        }

        fn verify(
            identifier: Identifier,
            time: Option<u64>,
            purpose: Option<Purpose>,
            accepted_roots: Option<AcceptedRoots>,
        ) -> VerificationReport {
            AutoId::verify(identifier, time, purpose, accepted_roots.as_ref().map(|roots| roots.as_slice()))
        }
    }

    impl allod_identity::api::AutoIdLookupApi<Block> for Runtime {
        fn details(identifier: Identifier) -> Option<IdentityDetails> {
            AutoId::details(identifier)
        }

        fn identity_by_fingerprint(fingerprint: [u8; 32]) -> Option<Identifier> {
            AutoId::identity_by_fingerprint(fingerprint)
        }

        fn issued_by(issuer: Identifier, after: Option<Identifier>, limit: u32) -> Page {
            AutoId::issued_by(issuer, after, limit)
        }

        fn certificate(reference: CertificateReference) -> Option<Vec<u8>> {
            AutoId::certificate_of(reference)
        }

        fn payload(query: PayloadQuery, valid_until: u32) -> Option<PayloadInfo> {
            AutoId::payload(query, valid_until)
        }
    }

    impl allod_identity::calls::AutoIdCallApi<Block> for Runtime {
        fn call(query: PayloadQuery, signatures: CallSignatures) -> Option<Vec<u8>> {
            let call = match AutoId::call_of(query.clone(), signatures.clone()) {
                Some(call) => RuntimeCall::from(call),
                None => Revocation::call_of(query, signatures)?.into(),
            };
            Some(call.encode())
        }
    }

    impl allod_identity::transaction::AutoIdTransactionApi<Block> for Runtime {
        fn unsigned_transaction(
            query: TransactionQuery,
        ) -> Result<UnsignedTransaction, UnsignedTransactionError> {
            unsigned_transaction(&query)
        }
    }

    impl allod_identity::api::RevocationApi<Block> for Runtime {
        fn certificate_status(issuer: Identifier, serial: Serial) -> Option<CertificateStatus> {
            Revocation::status(issuer, &serial)
        }

        fn crl(issuer: Identifier) -> Option<PublishedCrl> {
            Revocation::crl(issuer)
        }

        fn crl_to_be_signed(
            issuer: Identifier,
            algorithm: SignatureAlgorithm,
            next_update: u64,
        ) -> Result<ToBeSignedCrl, CrlError> {
            Revocation::to_be_signed(issuer, algorithm, next_update)
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    impl frame_benchmarking::Benchmark<Block> for Runtime {
        fn benchmark_metadata(
            extra: bool,
        ) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
            use frame_support::traits::StorageInfoTrait;
            (crate::benches::list(extra), crate::AllPalletsWithSystem::storage_info())
        }

        fn dispatch_benchmark(
            config: frame_benchmarking::BenchmarkConfig,
        ) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, String> {
            crate::benches::run(config)
        }
    }
    #[cfg(feature = "try-runtime")]
    impl frame_try_runtime::TryRuntime<Block> for Runtime {
        // Panics are how this API tells that a check failed; only tools call it.
        fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
            let weight = Executive::try_runtime_upgrade(checks).unwrap();
            (weight, crate::configs::Weights::get().max_block)
        }

        fn execute_block(
            block: <Block as BlockT>::LazyBlock,
            state_root_check: bool,
            signature_check: bool,
            select: frame_try_runtime::TryStateSelect,
        ) -> Weight {
            Executive::try_execute_block(block, state_root_check, signature_check, select).unwrap()
        }
    }
}
