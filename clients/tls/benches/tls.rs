//! Speed of what every connection costs: the verifier's answer about a peer that the cache knows, and
//! a whole handshake in memory, both sides of it.

#[path = "../tests/support/mod.rs"]
mod support;

use allod_tls::{AutoIdVerifier, Limits, Policy};
use criterion::{Criterion, criterion_group, criterion_main};
use rustls::{
    pki_types::{CertificateDer, UnixTime},
    server::danger::ClientCertVerifier,
};
use support::{Made, cache, connected, two_agents};
use tokio::runtime::Builder;

fn handshakes(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for kind in Made::accepted_kinds() {
        let (chain, server, client) = two_agents(kind, kind);
        let limits = Limits {
            // No block comes while it runs.
            max_age: std::time::Duration::from_secs(3_600),
            ..Limits::default()
        };
        let cache = runtime.block_on(cache(&chain, limits));
        let to_server = Policy::identity(server.identifier);
        let to_client = Policy::identity(client.identifier);
        c.bench_function(&format!("{kind:?}/handshake"), |b| {
            b.iter(|| {
                let (client, server) = ((&client, &to_server), (&server, &to_client));
                runtime.block_on(connected(&cache, client, server))
            });
        });
        let verifier = AutoIdVerifier::new(cache, to_client);
        let der = CertificateDer::from(client.made.der());
        c.bench_function(&format!("{kind:?}/verifier"), |b| {
            b.iter(|| {
                verifier
                    .verify_client_cert(&der, &[], UnixTime::now())
                    .expect("holds")
            });
        });
    }
}

criterion_group!(benches, handshakes);
criterion_main!(benches);
