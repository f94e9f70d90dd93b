//! Accounts, and the transactions that they sign before the clock starts.
//!
//! Every key follows from the chain's genesis and its best block when the program began: no two runs on a chain
//! have an account or an identity in common, and nonces begin at 0.

use allod_identity::{Identifier, RegisterArguments, SignedRequest};
use allod_runtime::{
    AccountId, Address, Balance, Hash, Nonce, Runtime, RuntimeCall, TransactionContext,
    UncheckedExtrinsic,
    configs::{ALD, MICRO_ALD, MILLI_ALD},
    signed_transaction,
};
use allod_x509::{ParsedCertificate, SigningKey, builder::CertificateBuilder};
use parity_scale_codec::Encode;
use rayon::prelude::*;
use sp_core::{Pair, sr25519};
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::generic::Era;
use std::fmt;

/// Accounts that one transaction of Alice's pays in.
const PAID_AT_ONCE: usize = 100;

/// What transactions do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub enum Kind {
    /// Each account pays the next one a millionth of an ALD.
    Transfer,
    /// Each registers a new self-issued Ed25519 certificate.
    Registration,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transfer => "transfers",
            Self::Registration => "registrations",
        })
    }
}

impl Kind {
    /// More than one transaction costs its account, fee and deposit.
    fn cost(self) -> Balance {
        match self {
            Self::Transfer => 10 * MILLI_ALD,
            Self::Registration => ALD / 2,
        }
    }
}

/// The accounts of one phase.
#[derive(Debug, Clone, Copy)]
pub struct Accounts {
    /// What they sign.
    pub kind: Kind,
    /// How many there are.
    pub count: u64,
}

/// A signed transaction as it travels.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// 0x and its bytes in hex.
    pub text: String,
    /// BLAKE2b-256 of its bytes.
    pub hash: [u8; 32],
}

impl Transaction {
    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len().saturating_sub(2) / 2
    }

    fn new(extrinsic: &UncheckedExtrinsic) -> Self {
        let bytes = extrinsic.encode();
        Self {
            text: format!("0x{}", hex::encode(&bytes)),
            hash: blake2_256(&bytes),
        }
    }
}

/// Makes the transactions of one run.
pub struct Maker {
    genesis_hash: Hash,
    /// What every key of the run follows from.
    seed: [u8; 32],
}

impl Maker {
    /// For a chain, whose best block tells this run from others.
    pub fn new(genesis_hash: Hash, best: Hash) -> Self {
        Self {
            genesis_hash,
            seed: blake2_256(&("allod-load", genesis_hash, best).encode()),
        }
    }

    /// Who pays the accounts in.
    pub fn payer(&self) -> AccountId {
        Sr25519Keyring::Alice.to_account_id()
    }

    /// A transaction like those of a phase.
    pub fn sample(&self, kind: Kind) -> UncheckedExtrinsic {
        self.transaction(&Accounts { kind, count: 1 }, 0)
    }

    /// Alice's transactions, from this nonce on, that give every account what so many transactions cost.
    pub fn funding(&self, accounts: &Accounts, each: u64, nonce: Nonce) -> Vec<Transaction> {
        let value = ALD + Balance::from(each) * accounts.kind.cost();
        let numbers: Vec<u64> = (0..accounts.count).collect();
        let batches: Vec<_> = numbers.chunks(PAID_AT_ONCE).zip(nonce..).collect();
        let batch = |(numbers, nonce): (&[u64], Nonce)| {
            let pay = |number: &u64| transfer(self.account(accounts.kind, *number), value);
            let calls = numbers.iter().map(pay).collect();
            let call = pallet_utility::Call::<Runtime>::batch_all { calls };
            let alice = Sr25519Keyring::Alice.pair();
            Transaction::new(&self.sign(call.into(), &alice, nonce))
        };
        batches.into_par_iter().map(batch).collect()
    }

    /// The payer's remark with this nonce: so many bytes that cannot be compressed.
    pub fn remark(&self, nonce: Nonce, bytes: usize) -> Transaction {
        let blocks =
            (0_u64..).map(|number| blake2_256(&("remark", self.seed, nonce, number).encode()));
        let remark = blocks.flatten().take(bytes).collect();
        let call = frame_system::Call::<Runtime>::remark { remark };
        let alice = Sr25519Keyring::Alice.pair();
        Transaction::new(&self.sign(call.into(), &alice, nonce))
    }

    /// So many transactions, by all accounts in turn.
    pub fn transactions(&self, accounts: &Accounts, count: u64) -> Vec<Transaction> {
        let make = |number| Transaction::new(&self.transaction(accounts, number));
        (0..count).into_par_iter().map(make).collect()
    }

    fn transaction(&self, accounts: &Accounts, number: u64) -> UncheckedExtrinsic {
        let account = number % accounts.count;
        let nonce = Nonce::try_from(number / accounts.count).unwrap_or(Nonce::MAX);
        let call = match accounts.kind {
            Kind::Transfer => {
                let next = (account + 1) % accounts.count;
                transfer(self.account(accounts.kind, next), MICRO_ALD)
            }
            Kind::Registration => self.registration(number),
        };
        self.sign(call, &self.pair(accounts.kind, account), nonce)
    }

    fn registration(&self, number: u64) -> RuntimeCall {
        let key = SigningKey::ed25519(self.derive("certificate", Kind::Registration, number));
        let certificate = CertificateBuilder::self_issued("load").sign_self(&key);
        let algorithm = key.algorithm();
        let parsed = ParsedCertificate::parse(&certificate).expect("it was made by the rules; qed");
        let arguments = RegisterArguments {
            certificate: &certificate,
            algorithm,
        };
        let valid_until = u32::MAX;
        let payload = arguments.payload(self.genesis_hash.0, Identifier::of(&parsed), valid_until);
        let signature = key.sign(&payload.to_bytes());
        let call = pallet_auto_id::Call::<Runtime>::register {
            algorithm,
            request: SignedRequest {
                nonce: 0,
                valid_until,
                signature: signature.try_into().expect("it has 64 bytes; qed"),
            },
            certificate: certificate
                .try_into()
                .expect("it has some hundred bytes; qed"),
        };
        call.into()
    }

    fn derive(&self, what: &str, kind: Kind, number: u64) -> [u8; 32] {
        blake2_256(&(what, self.seed, kind, number).encode())
    }

    fn pair(&self, kind: Kind, number: u64) -> sr25519::Pair {
        sr25519::Pair::from_seed(&self.derive("account", kind, number))
    }

    fn account(&self, kind: Kind, number: u64) -> AccountId {
        self.pair(kind, number).public().into()
    }

    /// A transaction that does not expire.
    fn sign(&self, call: RuntimeCall, pair: &sr25519::Pair, nonce: Nonce) -> UncheckedExtrinsic {
        let context = TransactionContext {
            nonce,
            genesis: self.genesis_hash,
            era: Era::Immortal,
            era_start: self.genesis_hash,
        };
        let sender = AccountId::from(pair.public());
        signed_transaction(call, sender, &context, |bytes| pair.sign(bytes).into())
    }
}

fn transfer(to: AccountId, value: Balance) -> RuntimeCall {
    let call = pallet_balances::Call::<Runtime>::transfer_keep_alive {
        dest: Address::Id(to),
        value,
    };
    call.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_runtime::generic::Preamble;
    use std::collections::HashSet;

    fn maker(best: u8) -> Maker {
        Maker::new(Hash::repeat_byte(1), Hash::repeat_byte(best))
    }

    #[test]
    fn accounts_take_turns() {
        let accounts = Accounts {
            kind: Kind::Transfer,
            count: 3,
        };
        let maker = maker(2);
        let nonces: Vec<_> = (0..7)
            .map(
                |number| match maker.transaction(&accounts, number).preamble {
                    Preamble::Signed(Address::Id(account), _, extension) => {
                        (account, extension.6.0)
                    }
                    _ => panic!("it is signed"),
                },
            )
            .collect();
        let account = |number| maker.account(Kind::Transfer, number);
        let expected = [
            (account(0), 0),
            (account(1), 0),
            (account(2), 0),
            (account(0), 1),
            (account(1), 1),
            (account(2), 1),
            (account(0), 2),
        ];
        assert_eq!(nonces, expected);
    }

    #[test]
    fn no_two_transactions_are_the_same() {
        let mut hashes = HashSet::new();
        for best in [2, 3] {
            for kind in [Kind::Transfer, Kind::Registration] {
                let accounts = Accounts { kind, count: 5 };
                let made = maker(best).transactions(&accounts, 20);
                assert_eq!(made.len(), 20);
                hashes.extend(made.iter().map(|transaction| transaction.hash));
            }
        }
        assert_eq!(hashes.len(), 80);
    }

    #[test]
    fn remarks_are_as_long_as_asked_and_never_the_same() {
        let maker = maker(2);
        let remarks = [
            maker.remark(0, 1000),
            maker.remark(1, 1000),
            maker.remark(0, 1001),
        ];
        let overhead = maker.remark(0, 0).bytes();
        let lengths = remarks.each_ref().map(Transaction::bytes);
        // Two more bytes say how long it is.
        assert_eq!(
            lengths,
            [1000, 1000, 1001].map(|bytes| bytes + overhead + 1)
        );
        let middle = |remark: &Transaction| remark.text[1000..1500].to_owned();
        assert_ne!(middle(&remarks[0]), middle(&remarks[1]));
    }

    #[test]
    fn every_account_is_paid_once() {
        let accounts = Accounts {
            kind: Kind::Registration,
            count: 250,
        };
        assert_eq!(maker(2).funding(&accounts, 4, 7).len(), 3);
    }
}
