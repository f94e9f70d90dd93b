//! Subscriptions over the whole way: pallets, notifications of the client, JSON-RPC.

use super::{
    Rpc, TestChain, act, chain::Block, issued, key, register, register_issued, runtime::START,
};
use crate::auto_id::{AutoIdApiServer, AutoIdRpc, watch};
use allod_identity::{Identifier, Reason, RevocationReason};
use allod_rpc_types::auto_id::{Change, ChangeCause, Request, SerialNumber, VerifyOptions, codes};
use allod_x509::builder::{self, CertificateBuilder};
use jsonrpsee::{
    RpcModule,
    core::server::{MethodsError, Subscription},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How long a notification may take, and how long one waits to see that none comes.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(400);

struct Served {
    rpc: Rpc,
    chain: TestChain,
    module: RpcModule<Rpc>,
}

fn served() -> Served {
    let chain = TestChain::new();
    let (changes, task) = watch::<Block, _>(&chain).unwrap();
    tokio::spawn(task);
    let client = Arc::new(chain.clone());
    let module = AutoIdRpc::new(client.clone(), changes.clone()).into_rpc();
    Served {
        rpc: AutoIdRpc::new(client, changes),
        chain,
        module,
    }
}

impl Served {
    async fn subscribe(
        &self,
        identifiers: &[Identifier],
        options: VerifyOptions,
    ) -> Result<Subscription, MethodsError> {
        let parameters = (identifiers, options);
        self.module
            .subscribe("autoId_subscribe", parameters, 16)
            .await
    }
}

async fn next(subscription: &mut Subscription) -> Change {
    let item = timeout(LONG, subscription.next::<Change>()).await;
    item.expect("no notification").unwrap().unwrap().0
}

async fn nothing(subscription: &mut Subscription) {
    let item = timeout(SHORT, subscription.next::<Change>()).await;
    assert!(item.is_err(), "{item:?}");
}

fn reason(change: &Change) -> Option<Reason> {
    change
        .verification
        .report
        .failure
        .map(|failure| failure.reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_hears_of_its_issuer_and_nobody_of_others() {
    let served = served();
    let Served { rpc, chain, .. } = &served;
    let root = register(rpc, chain, 1, "root");
    let other = register(rpc, chain, 9, "other");
    let der = issued(7, 2, "child", 1, "root");
    let child = register_issued(rpc, chain, &der, root, 2);
    // What happened before is told to nobody then: that it is not final yet shows at the first look.
    sleep(SHORT).await;
    let mut subscription = served
        .subscribe(&[child, child], VerifyOptions::default())
        .await
        .unwrap();
    let change = next(&mut subscription).await;
    assert_eq!(
        (change.identifier, change.cause),
        (child, ChangeCause::Subscribed)
    );
    assert!(!change.verification.holds);
    assert_eq!(change.generation, Some(0));

    // It becomes final, and so holds.
    chain.finalize();
    chain.blocks(1);
    let change = next(&mut subscription).await;
    assert_eq!(change.cause, ChangeCause::Changed);
    assert!(change.verification.holds);

    // What others do, and blocks in which nothing happens, go unsaid; so does an issuer's own request.
    act(
        rpc,
        chain,
        Request::Deactivate { identifier: other },
        &key(9),
    );
    let revoke = |serial: &str| Request::Revoke {
        issuer: root,
        serial: SerialNumber::parse(serial).unwrap(),
        reason: RevocationReason::KeyCompromise,
    };
    act(rpc, chain, revoke("2a"), &key(1));
    chain.blocks(3);
    nothing(&mut subscription).await;

    act(rpc, chain, revoke("07"), &key(1));
    let change = next(&mut subscription).await;
    assert!(
        matches!(reason(&change), Some(Reason::Revoked { .. })),
        "{change:?}"
    );

    act(
        rpc,
        chain,
        Request::Deactivate { identifier: root },
        &key(1),
    );
    let change = next(&mut subscription).await;
    assert_eq!(reason(&change), Some(Reason::Deactivated));
}

#[tokio::test(flavor = "multi_thread")]
async fn validity_that_ends_is_a_change() {
    let served = served();
    let Served { rpc, chain, .. } = &served;
    let builder = CertificateBuilder {
        not_before: START - 10,
        not_after: START + 20,
        extensions: vec![builder::basic_constraints(true, None)],
        ..CertificateBuilder::self_issued("short")
    };
    let der = builder.sign_self(&key(1));
    let short = super::identifier(&der);
    let request = Request::Register {
        certificate: super::text(&der),
    };
    act(rpc, chain, request, &key(1));
    chain.finalize();
    let mut subscription = served
        .subscribe(&[short], VerifyOptions::default())
        .await
        .unwrap();
    assert!(next(&mut subscription).await.verification.holds);
    chain.blocks(2);
    nothing(&mut subscription).await;
    chain.blocks(2);
    let change = next(&mut subscription).await;
    assert!(
        matches!(reason(&change), Some(Reason::Expired { .. })),
        "{change:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_that_come_to_be_are_announced() {
    let served = served();
    let Served { rpc, chain, .. } = &served;
    let der = super::certificate(1, "root");
    let root = super::identifier(&der);
    let mut subscription = served
        .subscribe(&[root], VerifyOptions::default())
        .await
        .unwrap();
    let change = next(&mut subscription).await;
    assert_eq!((change.generation, change.certificate), (None, None));
    assert_eq!(reason(&change), Some(Reason::NotRegistered));
    register(rpc, chain, 1, "root");
    let change = next(&mut subscription).await;
    assert_eq!(change.generation, Some(0));
    assert!(!change.verification.holds);
    chain.finalize();
    assert!(next(&mut subscription).await.verification.holds);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_watched_is_refused() {
    let served = served();
    let refused = |answer: Result<Subscription, MethodsError>| match answer {
        Err(MethodsError::JsonRpc(error)) => error.code(),
        other => panic!("{:?}", other.map(|_| ())),
    };
    let identifier = Identifier([1; 32]);
    let at = VerifyOptions {
        time: Some(1),
        ..Default::default()
    };
    assert_eq!(refused(served.subscribe(&[identifier], at).await), -32602);
    let none = served.subscribe(&[], VerifyOptions::default()).await;
    assert_eq!(refused(none), -32602);
    let many: Vec<_> = (0..101).map(|byte| Identifier([byte; 32])).collect();
    let many = served.subscribe(&many, VerifyOptions::default()).await;
    assert_eq!(refused(many), -32602);

    let mut open = Vec::new();
    let full = loop {
        match served
            .subscribe(&[identifier], VerifyOptions::default())
            .await
        {
            Ok(subscription) => open.push(subscription),
            refused => break refused,
        }
    };
    assert_eq!(open.len(), 256);
    assert_eq!(refused(full), codes::TOO_MANY_SUBSCRIPTIONS);
    // One that ends makes room.
    drop(open.pop());
    let mut again = served
        .subscribe(&[identifier], VerifyOptions::default())
        .await;
    for _ in 0..100 {
        if again.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        again = served
            .subscribe(&[identifier], VerifyOptions::default())
            .await;
    }
    assert!(again.is_ok());
}
