//! What it takes to import a block that the most expensive call fills to its limit of weight.
//!
//! Which call that is follows from the weights: of every call about identities, in as short an extrinsic as
//! there can be and by each kind of key, the one with the most weight per byte, for whoever wants to keep nodes
//! busy pays for little else. The list is printed. It should be the execution of a recovery: it reads all that
//! stands above an identity, above its new certificate, and above each of its eight guardians. Should weights
//! change so that another call leads, the bench ends and says so, for then it has to fill its blocks with that.
//!
//! State and block are real: sixteen certificates above one another for each guardian and each identity, all
//! registered by extrinsics; guardians named, recoveries opened and approved. Then a follower imports the block,
//! again and again in other farmers' versions of it, which differ in solution and seal. So each import executes
//! all of it on the same state. The first one, which finds less in caches, is printed on its own.
//!
//! Figure to reach on two cores of the reference class: 2 s.
//!
//! To run: `make bench ARGS="--bench full_block"`; it takes some minutes, most of them for the way there.

// What Criterion's macros make has no documentation.

use allod_identity::GuardianSet;
use allod_import_tests::{
    block::Made,
    farming::Plan,
    harness::{Node, parameters},
    identities::{Person, Requests, identifier_of, key, short_certificate},
    prices::{Price, calls_of, limit},
};
use allod_runtime::{AutoId, Hash, RuntimeCall};
use allod_x509::{KeyAlgorithm, SigningKey};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use parity_scale_codec::Encode;
use sp_runtime::OpaqueExtrinsic;
use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// The call that the blocks are filled with.
const MOST_EXPENSIVE: &str = "execute_recovery";
const RSA_KEY: &[u8] = include_bytes!("../data/rsa-2048-1.key.der");
const GUARDIANS: u32 = 8;
/// Certificates read for each guardian, and for each identity: as many as there may be.
const READ: u32 = 16;
/// Fewer than an execution reads, so that enough of them are prepared.
const SURELY_READ: u32 = READ * (GUARDIANS + 1);

/// Prints what calls weigh a byte, the most expensive first, and returns it.
fn most_expensive(node: &Node) -> Price {
    let keys = [
        key(KeyAlgorithm::Ed25519, 0),
        key(KeyAlgorithm::P256, 0),
        key(KeyAlgorithm::P384, 0),
        SigningKey::from_pkcs8(RSA_KEY).unwrap(),
    ];
    let priced = |key: &SigningKey| {
        let kind = key.key_algorithm();
        let calls = calls_of(key).into_iter();
        let priced = calls.map(|call| Price::of(node, kind, call));
        priced.collect::<Vec<_>>()
    };
    let mut all: Vec<_> = keys.iter().flat_map(priced).collect();
    all.sort_by_key(|priced| Reverse(priced.per_byte()));
    for priced in &all {
        eprintln!(
            "{:>8} ns a byte: {} with {:?}, {} µs, {} bytes",
            priced.per_byte() / 1_000,
            priced.call,
            priced.kind,
            priced.weight.ref_time() / 1_000_000,
            priced.bytes,
        );
    }
    let most_expensive = all.swap_remove(0);
    let (call, kind) = (&most_expensive.call, most_expensive.kind);
    assert!(
        call == MOST_EXPENSIVE && kind != KeyAlgorithm::Rsa,
        "the most expensive call is {call} with {kind:?} now; this bench fills blocks with {MOST_EXPENSIVE}, and has no \
         RSA keys for as many identities: it has to be changed"
    );
    most_expensive
}

/// An author, a follower, and more transactions of the most expensive call than a block holds.
struct Chain {
    tasks: Runtime,
    author: Node,
    follower: Node,
    parent: Hash,
    transactions: Vec<OpaqueExtrinsic>,
}

impl Chain {
    fn new() -> Self {
        let (author, follower) = (Node::new(parameters()), Node::new(parameters()));
        let kind = most_expensive(&author).kind;
        let tasks = Builder::new_multi_thread().build().unwrap();
        let requests = Requests::on(&author);
        let mut setup = Vec::new();
        let calls = prepare(requests, kind, &mut setup);
        let mut nonce = 0;
        tasks.block_on(async {
            nonce = author.carry(&[&follower], setup, nonce).await;
            // All guardians approve, so their delay of one block is doubled.
            for _ in 0..2 {
                let made = author.grow(Plan::default()).await;
                follower.accept(&made).await;
            }
        });
        let transactions = calls
            .into_iter()
            .zip(nonce..)
            .map(|(call, nonce)| author.signed(call, nonce))
            .collect();
        Self {
            parent: author.best(),
            tasks,
            author,
            follower,
            transactions,
        }
    }

    /// The full block of one farmer.
    fn block(&self, number: u64) -> Made {
        let made = self.author.make(Plan {
            parent: Some(self.parent),
            farmer: u8::try_from(number % 256).unwrap(),
            skip: number / 256,
            transactions: self.transactions.clone(),
            until_full: true,
            ..Plan::default()
        });
        let taken = made.transactions();
        let is_full = 0 < taken && taken < self.transactions.len();
        assert!(is_full, "{taken} of {}", self.transactions.len());
        made
    }

    /// How long the follower takes for one farmer's block.
    fn import(&self, number: u64) -> Duration {
        let block = self.block(number);
        self.follower.hear_time_of(&block);
        let start = Instant::now();
        self.tasks.block_on(self.follower.accept(&block));
        let elapsed = start.elapsed();
        assert_eq!(self.follower.failures(block.hash()), []);
        elapsed
    }
}

/// The calls that prepare the state, and those that are to fill a block.
fn prepare(
    requests: Requests,
    kind: KeyAlgorithm,
    setup: &mut Vec<RuntimeCall>,
) -> Vec<RuntimeCall> {
    // Each identity stands below the issuer and so reads one certificate more.
    let issuer = requests.tower(kind, READ - 1, 0, setup);
    let mut guardians: Vec<Person> = (1..=GUARDIANS)
        .map(|number| requests.tower(KeyAlgorithm::Ed25519, READ, number * 100, setup))
        .collect();
    let mut calls = Vec::new();
    let mut enough = None;
    for number in 0_u32.. {
        if enough.is_some_and(|enough| number >= enough) {
            break;
        }
        let call = recovery(requests, kind, number, &issuer, &mut guardians, setup);
        enough.get_or_insert_with(|| 2 + u32::try_from(limit() / least_weight(&call)).unwrap());
        calls.push(call);
    }
    calls
}

/// Registers an identity, names its guardians, has them open and approve a recovery; the call that is left.
fn recovery(
    requests: Requests,
    kind: KeyAlgorithm,
    number: u32,
    issuer: &Person,
    guardians: &mut [Person],
    setup: &mut Vec<RuntimeCall>,
) -> RuntimeCall {
    let (first, second) = (100_000 + number, 200_000 + number);
    let (old_key, new_key) = (key(KeyAlgorithm::Ed25519, first), key(kind, second));
    let certificate = short_certificate(&old_key, Some(issuer), first);
    let mut person = Person::of(&certificate, "s", old_key.clone());
    setup.push(requests.register_issued(&old_key, certificate, issuer, &[]));
    let members: Vec<_> = guardians.iter().map(|person| person.identifier).collect();
    let set = GuardianSet {
        threshold: u8::try_from(members.len()).unwrap(),
        members: members.try_into().unwrap(),
        delay: 1,
    };
    setup.push(requests.set_guardians(&mut person, set));
    let new_certificate = short_certificate(&new_key, Some(issuer), second);
    let hash = identifier_of(&new_certificate).0;
    for (position, guardian) in guardians.iter_mut().enumerate() {
        setup.push(match position {
            0 => requests.open_recovery(guardian, person.identifier, hash),
            _ => requests.approve_recovery(guardian, person.identifier, hash),
        });
    }
    requests.execute_recovery(&person, &new_key, new_certificate)
}

/// Less than an execution weighs when it is known how much it read.
fn least_weight(call: &RuntimeCall) -> u64 {
    let RuntimeCall::AutoId(pallet_auto_id::Call::execute_recovery {
        algorithm,
        certificate,
        consents,
        request,
        ..
    }) = call
    else {
        panic!("the call is {MOST_EXPENSIVE}");
    };
    let read = Some(SURELY_READ);
    AutoId::execute_recovery_weight(*algorithm, certificate.len(), request, consents, read)
        .ref_time()
}

fn full_block(criterion: &mut Criterion) {
    let chain = Chain::new();
    let block = chain.block(0);
    let bytes: usize = block.body.iter().map(Encode::encoded_size).sum();
    eprintln!("{} calls in {bytes} bytes", block.transactions());
    eprintln!("the first import took {:?}", chain.import(0));

    let mut number = 0;
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(20));
    group.bench_function("a full block of the most expensive call", |bencher| {
        bencher.iter_custom(|blocks| {
            let one = |_| {
                number += 1;
                chain.import(number)
            };
            (0..blocks).map(one).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, full_block);
criterion_main!(benches);
