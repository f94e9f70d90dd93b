//! What each pallet is told.

use crate::{
    AccountId, AutoId, Balance, Balances, Block, Farming, Hash, Migrations, Multisig, Names, Nonce,
    OriginCaller, Preimage, Revocation, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason,
    RuntimeHoldReason, RuntimeOrigin, RuntimeTask, Scheduler, StorageFees, System, Timestamp,
    VERSION,
    carried::CarriedAlone,
    fees::ChargeTransaction,
    space::{FarmedSpace, SpaceLength},
};
use allod_core::parameters::{EQUIVOCATION_WINDOW, MAX_BLOCK_SECONDS};
use allod_identity::SignatureAlgorithm;
use core::time::Duration;
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        ConstU8, ConstU16, ConstU32, ConstU64, ConstU128, Contains, EqualPrivilegeOnly, Get,
        LinearStoragePrice, OnUnbalanced, UnixTime, VariantCountOf, fungible::HoldConsideration,
    },
    weights::{
        IdentityFee, Weight,
        constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
    },
};
use frame_system::{EnsureRoot, limits::BlockWeights};
use pallet_rewards::{CreditOf, IssuanceSchedule, RewardFund};
use pallet_stewards::{MAX_STEWARDS, MultisigAccount};
use pallet_storage_fees::{PriceRule, ToFund};
use pallet_transaction_payment::{ConstFeeMultiplier, Multiplier};
use sp_runtime::{Perbill, traits::One};
use sp_version::RuntimeVersion;

/// Digits of an amount in ALD behind the point.
pub const ALD_DECIMALS: u32 = 12;
/// One ALD in its smallest unit.
pub const ALD: Balance = 10_u128.pow(ALD_DECIMALS);
/// A thousandth of an ALD.
pub const MILLI_ALD: Balance = ALD / 1_000;
/// A millionth of an ALD.
pub const MICRO_ALD: Balance = MILLI_ALD / 1_000;

/// What an account must hold to exist.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_ALD;
/// Price of a byte of pieces where genesis fixes it, as the presets for development and local chains do: a byte of a
/// transaction takes a little more than two of them, so it costs about a millionth of an ALD.
pub const FIXED_PRICE: u64 = 500_000;
/// Prefix of addresses in text (SS58): the generic one.
pub const SS58_PREFIX: u16 = 42;
/// Length of a slot of the presets' chains, in milliseconds.
pub const SLOT_DURATION_MS: u64 = 1_000;
pub use allod_core::parameters::MAX_BLOCK_BYTES;
/// Share of a block that transactions may fill which nothing obliges the author to include.
pub const NORMAL_SHARE: Perbill = Perbill::from_percent(75);

parameter_types! {
    /// Version of the runtime.
    pub const Version: RuntimeVersion = VERSION;
    /// What execution is given on the reference machine (§3).
    pub Weights: BlockWeights = BlockWeights::with_sensible_defaults(
        Weight::from_parts(MAX_BLOCK_SECONDS * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
        NORMAL_SHARE,
    );
    /// Fees for weight follow the weight alone.
    pub FeeMultiplier: Multiplier = Multiplier::one();
    /// The price of a byte where it follows the space: that of a chain which keeps 32 copies of its history, from 10⁻⁷
    /// to 10⁻¹ ALD. The ceiling is what docs/economics.md shows to keep the history within the space.
    pub const StoragePrice: PriceRule = PriceRule {
        copies: 32,
        eras: 16,
        step: (9, 8),
        floor: MICRO_ALD / 10,
        ceiling: ALD / 10,
    };
    /// What the agenda's calls may weigh in a block.
    pub AgendaWeight: Weight = NORMAL_SHARE * Weights::get().max_block;
    /// Reason of the deposit for a preimage.
    pub const PreimageHold: RuntimeHoldReason =
        RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
    /// Deposit for each preimage, whatever its size.
    pub const PreimageDeposit: Balance = 10 * MILLI_ALD;
    /// 10 ALD a block, halved after every 21 million blocks, which at the target of one block in
    /// 6 seconds is four years: 420 million ALD in all.
    pub const Issuance: IssuanceSchedule<Balance> = IssuanceSchedule {
        initial: 10 * ALD,
        halving_interval: 21_000_000,
    };
    /// Reason of the deposit for what an identity stores.
    pub const IdentityHold: RuntimeHoldReason =
        RuntimeHoldReason::AutoId(pallet_auto_id::HoldReason::Identity);
    /// Reason of the deposit for statuses of certificates and for revocation lists.
    pub const RevocationHold: RuntimeHoldReason =
        RuntimeHoldReason::Revocation(pallet_revocation::HoldReason::Revocation);
    /// Deposit for each status and each list, whatever its size.
    pub const RevocationDeposit: Balance = 10 * MILLI_ALD;
    /// Deposit for each identity, whatever its size.
    pub const IdentityDeposit: Balance = 100 * MILLI_ALD;
    /// Deposit for each byte that an identity, a status, a list or a preimage stores.
    pub const ByteDeposit: Balance = MILLI_ALD / 10;
}

/// The account that the block's solution names for the reward.
pub struct RewardAddress;

impl Get<Option<AccountId>> for RewardAddress {
    fn get() -> Option<AccountId> {
        let author = Farming::author()?;
        Some(AccountId::new(author.reward_address.0))
    }
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type AccountData = pallet_balances::AccountData<Balance>;
    type AccountId = AccountId;
    type BaseCallFilter = CarriedAlone;
    type Block = Block;
    // As far back as an equivocation can be reported.
    type BlockHashCount = ConstU32<EQUIVOCATION_WINDOW>;
    type BlockLength = SpaceLength;
    type BlockWeights = Weights;
    type DbWeight = ParityDbWeight;
    type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
    type Hash = Hash;
    type MaxConsumers = ConstU32<16>;
    type Nonce = Nonce;
    type PalletInfo = Names;
    type SS58Prefix = ConstU16<SS58_PREFIX>;
    type SingleBlockMigrations = Migrations;
    type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
    type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
    type MinimumPeriod = ConstU64<{ SLOT_DURATION_MS / 2 }>;
    type Moment = u64;
    type OnTimestampSet = ();
    type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
    type PalletsOrigin = OriginCaller;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

impl pallet_sudo::Config for Runtime {
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

impl pallet_balances::Config for Runtime {
    type AccountStore = System;
    type Balance = Balance;
    type DoneSlashHandler = ();
    type DustRemoval = ();
    type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
    type MaxLocks = ConstU32<0>;
    type MaxReserves = ConstU32<0>;
    type ReserveIdentifier = [u8; 8];
    type RuntimeEvent = RuntimeEvent;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type RuntimeHoldReason = RuntimeHoldReason;
    type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_transaction_payment::Config for Runtime {
    type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
    type LengthToFee = StorageFees;
    type OnChargeTransaction = ChargeTransaction;
    type OperationalFeeMultiplier = ConstU8<5>;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
    type WeightToFee = IdentityFee<Balance>;
}

impl pallet_farming::Config for Runtime {
    type WeightInfo = pallet_farming::weights::SubstrateWeight<Runtime>;
}

/// The fund of fees for storage, for [`crate::Rewards`].
pub struct StorageFund;

impl RewardFund<CreditOf<Runtime>> for StorageFund {
    fn take_share() -> CreditOf<Runtime> {
        StorageFees::take_share()
    }

    fn give_back(share: CreditOf<Runtime>) {
        ToFund::<Runtime>::on_unbalanced(share);
    }
}

impl pallet_rewards::Config for Runtime {
    type Currency = Balances;
    type Fund = StorageFund;
    type RewardAddress = RewardAddress;
    type Schedule = Issuance;
    type WeightInfo = pallet_rewards::weights::SubstrateWeight<Runtime>;
}

impl pallet_storage_fees::Config for Runtime {
    type Currency = Balances;
    type Rule = StoragePrice;
    type Space = FarmedSpace;
    type WeightInfo = pallet_storage_fees::weights::SubstrateWeight<Runtime>;
}

impl pallet_multisig::Config for Runtime {
    type BlockNumberProvider = System;
    type Currency = Balances;
    type DepositBase = ConstU128<{ 100 * MILLI_ALD }>;
    type DepositFactor = ConstU128<{ 10 * MILLI_ALD }>;
    type MaxSignatories = ConstU32<MAX_STEWARDS>;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
}

impl pallet_preimage::Config for Runtime {
    type Consideration = HoldConsideration<
        AccountId,
        Balances,
        PreimageHold,
        LinearStoragePrice<PreimageDeposit, ByteDeposit, Balance>,
    >;
    type Currency = Balances;
    type ManagerOrigin = EnsureRoot<AccountId>;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
}

impl pallet_scheduler::Config for Runtime {
    type BlockNumberProvider = System;
    // FRAME's benchmark of a full agenda needs this many.
    type MaxScheduledPerBlock = ConstU32<50>;
    type MaximumWeight = AgendaWeight;
    type OriginPrivilegeCmp = EqualPrivilegeOnly;
    type PalletsOrigin = OriginCaller;
    type Preimages = Preimage;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type RuntimeOrigin = RuntimeOrigin;
    type ScheduleOrigin = EnsureRoot<AccountId>;
    type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
}

/// The accounts of the SDK's multisigs, for [`crate::Stewards`].
pub struct Multisigs;

impl MultisigAccount<AccountId> for Multisigs {
    fn account(members: &[AccountId], threshold: u16) -> AccountId {
        Multisig::multi_account_id(members, threshold)
    }
}

impl pallet_stewards::Config for Runtime {
    type Multisig = Multisigs;
    type PalletsOrigin = OriginCaller;
    type Scheduler = Scheduler;
    type WeightInfo = pallet_stewards::weights::SubstrateWeight<Runtime>;
}

/// The signature algorithms that certificates and requests may use.
pub struct AcceptedAlgorithms;

impl Contains<SignatureAlgorithm> for AcceptedAlgorithms {
    fn contains(algorithm: &SignatureAlgorithm) -> bool {
        match algorithm {
            SignatureAlgorithm::Ed25519
            | SignatureAlgorithm::EcdsaP256Sha256
            | SignatureAlgorithm::EcdsaP384Sha384
            | SignatureAlgorithm::RsaPkcs1Sha256
            | SignatureAlgorithm::RsaPkcs1Sha384
            | SignatureAlgorithm::RsaPkcs1Sha512
            | SignatureAlgorithm::RsaPssSha256
            | SignatureAlgorithm::RsaPssSha384
            | SignatureAlgorithm::RsaPssSha512 => true,
        }
    }
}

/// The time of a block; genesis has none, and 0 is what identities are told there. [`Timestamp`] says the same, but
/// logs an error whenever it is asked then, as every check of a transaction before block 1 does.
pub struct BlockTime;

impl UnixTime for BlockTime {
    fn now() -> Duration {
        Duration::from_millis(Timestamp::get())
    }
}

impl pallet_auto_id::Config for Runtime {
    type Algorithms = AcceptedAlgorithms;
    type Consideration = HoldConsideration<
        AccountId,
        Balances,
        IdentityHold,
        LinearStoragePrice<IdentityDeposit, ByteDeposit, Balance>,
    >;
    type Statuses = Revocation;
    type Time = BlockTime;
    type WeightInfo = pallet_auto_id::weights::SubstrateWeight<Runtime>;
}

impl pallet_revocation::Config for Runtime {
    type Consideration = HoldConsideration<
        AccountId,
        Balances,
        RevocationHold,
        LinearStoragePrice<RevocationDeposit, ByteDeposit, Balance>,
    >;
    type Identities = AutoId;
    type Time = BlockTime;
    type WeightInfo = pallet_revocation::weights::SubstrateWeight<Runtime>;
}

impl pallet_meta_tx::Config for Runtime {
    #[cfg(not(feature = "runtime-benchmarks"))]
    type Extension = crate::carried::CarriedExtension;
    // FRAME's benchmark signs nothing.
    #[cfg(feature = "runtime-benchmarks")]
    type Extension = pallet_meta_tx::WeightlessExtension<Runtime>;
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_meta_tx::weights::SubstrateWeight<Runtime>;
}
