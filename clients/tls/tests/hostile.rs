//! Peers that play foul, on plain rustls.

mod support;

use allod_identity::{KeyFingerprint, MAX_CERTIFICATE_SIZE};
use allod_tls::{
    Acceptor, AutoIdVerifier, ConnectError, Connector, Credential, CredentialError, FollowError,
    IdentityCache, Limits, MAX_INTERMEDIATES, Policy, Refusal, client_config, server_config,
};
use allod_x509::ParsedCertificate;
use proptest::{prelude::*, test_runner::TestRunner};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, HandshakeKind, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::ClientCertVerifier,
    sign::{CertifiedKey, SingleCertAndKey},
    version::TLS13,
};
use std::{sync::Arc, time::Duration};
use support::{Agent, KeyAlgorithm, Made, TestChain, cache, soon, two_agents};
use tokio::{io::AsyncReadExt, time};
use tokio_rustls::TlsConnector;

fn only(agent: &Agent) -> Policy {
    Policy::identity(agent.identifier)
}

/// Takes any server.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// A client that shows these certificates with this agent's key, and likes to resume.
fn foul_client(shown: Option<Vec<Vec<u8>>>, key: &Agent) -> Arc<ClientConfig> {
    let provider = ring::default_provider();
    let key = provider
        .key_provider
        .load_private_key(key.made.key())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody));
    let mut config = match shown {
        None => builder.with_no_client_auth(),
        Some(shown) => {
            let shown = shown.into_iter().map(CertificateDer::from).collect();
            let certified = CertifiedKey::new(shown, key);
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
        }
    };
    config.resumption = Resumption::in_memory_sessions(8);
    config.enable_early_data = true;
    Arc::new(config)
}

fn name() -> ServerName<'static> {
    "any.example".try_into().unwrap()
}

/// What an acceptor that means `friend` makes of a client.
async fn accept(
    cache: &IdentityCache,
    server: &Agent,
    friend: &Agent,
    client: Arc<ClientConfig>,
) -> Result<HandshakeKind, ConnectError> {
    let credential = server.credential.clone();
    let acceptor = Acceptor::new(cache.clone(), credential, only(friend)).unwrap();
    let (left, right) = tokio::io::duplex(65_536);
    let client = tokio::spawn(async move {
        let mut stream = TlsConnector::from(client).connect(name(), left).await?;
        // Tickets would come now.
        stream.read(&mut [0]).await
    });
    let accepted = soon(acceptor.accept(right)).await;
    let kind = accepted.map(|stream| {
        stream
            .with_tls(|tls| tls.handshake_kind())
            .unwrap()
            .unwrap()
    });
    soon(client).await.unwrap().ok();
    kind
}

fn refusal<T>(result: Result<T, ConnectError>) -> Refusal {
    match result {
        Err(ConnectError::Refused(refusal)) => refusal,
        Err(other) => panic!("not a refusal: {other}"),
        Ok(_) => panic!("admitted"),
    }
}

fn handshake_error<T>(result: Result<T, ConnectError>) -> String {
    match result {
        Err(ConnectError::Handshake(error)) => error.to_string(),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("admitted"),
    }
}

#[tokio::test]
async fn anothers_certificate_is_of_no_use_without_the_key() {
    for kind in Made::accepted_kinds() {
        let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, kind);
        let thief = Agent::unregistered(&chain, kind);
        let cache = cache(&chain, Limits::default()).await;
        cache.prefetch(friend.identifier).await.unwrap();
        let client = foul_client(Some(vec![friend.made.der()]), &thief);
        let error = handshake_error(accept(&cache, &server, &friend, client).await);
        assert!(error.contains("BadSignature"), "{error}");
    }
}

#[tokio::test]
async fn a_client_without_certificate_gets_nothing() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let client = foul_client(None, &friend);
    let error = handshake_error(accept(&cache, &server, &friend, client).await);
    assert!(error.contains("no certificates"), "{error}");
}

#[tokio::test]
async fn intermediates_are_ignored_and_bounded() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let stranger = Agent::registered(&chain, KeyAlgorithm::Ed25519);
    chain.mine_and_finalize();
    let cache = cache(&chain, Limits::default()).await;
    let shown = |first: &Agent, junk: Vec<u8>, count| {
        let junk = std::iter::repeat_n(junk, count);
        [first.made.der()]
            .into_iter()
            .chain(junk)
            .collect::<Vec<_>>()
    };
    // Even what is no certificate at all.
    let most = shown(&friend, vec![0xff; 100], MAX_INTERMEDIATES);
    let client = foul_client(Some(most), &friend);
    accept(&cache, &server, &friend, client).await.unwrap();
    let count = MAX_INTERMEDIATES + 1;
    let client = foul_client(Some(shown(&friend, vec![0xff; 100], count)), &friend);
    let refused = refusal(accept(&cache, &server, &friend, client).await);
    assert_eq!(refused, Refusal::TooManyIntermediates(count));
    // The friend's certificate behind the stranger's makes no friend.
    let client = foul_client(Some(shown(&stranger, friend.made.der(), 1)), &stranger);
    let refused = refusal(accept(&cache, &server, &friend, client).await);
    assert_eq!(refused, Refusal::NotNamed(stranger.identifier));
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let mut trailing = friend.made.der();
    trailing.push(0);
    let too_long = MAX_CERTIFICATE_SIZE as usize + 1;
    for (shown, expected) in [
        (vec![0x30; too_long], too_long.to_string()),
        (vec![0x30, 0x00], "DER".to_owned()),
        (trailing, "1 bytes follow the end".to_owned()),
    ] {
        let client = foul_client(Some(vec![shown]), &friend);
        let refused = refusal(accept(&cache, &server, &friend, client).await);
        let Refusal::Certificate(error) = refused else {
            panic!("{refused}");
        };
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

/// DER of an ECDSA certificate with (r, n − s) in place of (r, s).
fn twin(der: &[u8]) -> Vec<u8> {
    let certificate = ParsedCertificate::parse(der).unwrap();
    let signature = certificate.signature();
    let r_length = usize::from(signature[3]);
    let (r, s) = (&signature[4..4 + r_length], &signature[4 + r_length + 2..]);
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut number = [0; 32];
    let digits = s.strip_prefix(&[0]).unwrap_or(s);
    number[32 - digits.len()..].copy_from_slice(digits);
    let mut other = [0; 32];
    let mut borrow = 0;
    for i in (0..32).rev() {
        let difference = i16::from(order[i] as u8) - i16::from(number[i]) - borrow;
        borrow = i16::from(difference < 0);
        other[i] = difference.rem_euclid(256) as u8;
    }
    let integer = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let mut digits = bytes[zeros..].to_vec();
        if digits[0] & 0x80 != 0 {
            digits.insert(0, 0);
        }
        [vec![2, digits.len() as u8], digits].concat()
    };
    let sequence = |contents: Vec<u8>| match u8::try_from(contents.len()) {
        Ok(length) if length < 0x80 => [vec![0x30, length], contents].concat(),
        Ok(length) => [vec![0x30, 0x81, length], contents].concat(),
        Err(_) => {
            let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
            [vec![0x30, 0x82, length[0], length[1]], contents].concat()
        }
    };
    let signature = sequence([integer(r), integer(&other)].concat());
    let bits = [vec![3, signature.len() as u8 + 1, 0], signature].concat();
    // What stands between the signed part and the signature is the algorithm.
    let start = der
        .windows(certificate.tbs().len())
        .position(|part| part == certificate.tbs());
    let end = start.unwrap() + certificate.tbs().len();
    let algorithm = &der[end..end + 2 + usize::from(der[end + 1])];
    sequence([certificate.tbs(), algorithm, &bits].concat())
}

#[tokio::test]
async fn a_twin_of_an_ecdsa_certificate_is_refused() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::P256);
    let twin = twin(&friend.made.der());
    let parsed = ParsedCertificate::parse(&twin).unwrap();
    assert!(
        parsed.clone().verify_self_issued().is_ok(),
        "it must be a valid certificate"
    );
    let original = friend.made.der();
    let original = ParsedCertificate::parse(&original).unwrap();
    assert_eq!(KeyFingerprint::of(&parsed), KeyFingerprint::of(&original));
    assert_ne!(parsed.fingerprint(), original.fingerprint());
    let cache = cache(&chain, Limits::default()).await;
    let client = foul_client(Some(vec![twin.clone()]), &friend);
    let refused = refusal(accept(&cache, &server, &friend, client).await);
    assert_eq!(refused, Refusal::NotCurrent(friend.identifier));
}

#[tokio::test]
async fn nothing_is_resumed() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    // One memory of sessions for all handshakes.
    let client = foul_client(Some(vec![friend.made.der()]), &friend);
    for _ in 0..3 {
        let kind = accept(&cache, &server, &friend, client.clone())
            .await
            .unwrap();
        assert_eq!(kind, HandshakeKind::Full);
    }
    let config = server_config(cache, server.credential.clone(), only(&friend)).unwrap();
    assert_eq!(config.send_tls13_tickets, 0);
    assert_eq!(config.max_early_data_size, 0);
    assert!(!config.session_storage.can_cache());
    assert!(!config.ticketer.enabled());
}

#[tokio::test]
async fn whoever_says_nothing_is_dropped_and_places_are_bounded() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let limits = Limits {
        handshake: Duration::from_millis(500),
        max_handshakes: 2,
        ..Limits::default()
    };
    let cache = cache(&chain, limits).await;
    let acceptor = Acceptor::new(cache, server.credential.clone(), only(&friend)).unwrap();
    let silent = [0, 1].map(|_| {
        let (left, right) = tokio::io::duplex(1024);
        let acceptor = acceptor.clone();
        (
            left,
            tokio::spawn(async move { acceptor.accept(right).await }),
        )
    });
    time::sleep(Duration::from_millis(100)).await;
    let busy = acceptor.accept(tokio::io::duplex(1024).1).await;
    assert!(matches!(busy, Err(ConnectError::Busy(2))));
    for (_left, accepting) in silent {
        let accepted = soon(accepting).await.unwrap();
        assert!(matches!(accepted, Err(ConnectError::TimedOut)));
    }
    // The places are free again.
    let (_left, right) = tokio::io::duplex(1024);
    assert!(matches!(
        acceptor.accept(right).await,
        Err(ConnectError::TimedOut)
    ));
}

#[tokio::test]
async fn nonsense_in_place_of_a_handshake_is_an_error() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let credential = server.credential.clone();
    let acceptor = Acceptor::new(cache.clone(), credential.clone(), only(&friend)).unwrap();
    let io = tokio_test_io(b"GET / HTTP/1.1\r\n\r\n");
    handshake_error(acceptor.accept(io).await);
    let connector = Connector::new(cache, credential);
    let io = tokio_test_io(b"220 mail.example ESMTP\r\n");
    handshake_error(connector.connect(io, &only(&friend)).await);
}

/// A peer that says this and then hangs up.
fn tokio_test_io(says: &'static [u8]) -> tokio::io::DuplexStream {
    let (mut left, right) = tokio::io::duplex(65_536);
    tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut left, says)
            .await
            .unwrap();
        time::sleep(Duration::from_millis(50)).await;
    });
    right
}

#[tokio::test]
async fn a_plain_verifier_refuses_whom_the_cache_does_not_know() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let cache = cache(&chain, Limits::default()).await;
    let verifier = AutoIdVerifier::new(cache.clone(), only(&friend));
    let der = CertificateDer::from(friend.made.der());
    let verify = || {
        let error = verifier
            .verify_client_cert(&der, &[], UnixTime::now())
            .err()?;
        Some(Refusal::within(&error).unwrap().clone())
    };
    assert!(matches!(verify(), Some(Refusal::Unknown(_))));
    let kept = cache.keep(friend.identifier).await.unwrap();
    assert_eq!(verify(), None);
    // Kept through blocks.
    for _ in 0..5 {
        chain.mine_and_finalize();
        time::sleep(Duration::from_millis(50)).await;
        assert_eq!(verify(), None);
    }
    drop(kept);
    for _ in 0..3 {
        chain.mine();
    }
    time::sleep(Duration::from_millis(50)).await;
    assert!(matches!(verify(), Some(Refusal::StaleBlocks { .. })));
    // The configurations for plain rustls use it.
    let credential = server.credential.clone();
    client_config(cache.clone(), credential.clone(), only(&friend)).unwrap();
    server_config(cache, credential, only(&friend)).unwrap();
}

#[tokio::test]
async fn before_the_first_block_everybody_is_refused() {
    let chain = TestChain::new();
    let agent = Agent::registered(&chain, KeyAlgorithm::Ed25519);
    chain.break_with(Some(allod_tls::SourceError::Unreachable("not yet".into())));
    let cache = IdentityCache::follow(chain, Limits::default()).unwrap();
    let refused = cache.prefetch(agent.identifier).await.unwrap_err();
    assert_eq!(refused, Refusal::NotFollowing);
    let verifier = AutoIdVerifier::new(cache, only(&agent));
    let der = CertificateDer::from(agent.made.der());
    let verified = verifier.verify_client_cert(&der, &[], UnixTime::now());
    let error = verified.err().unwrap();
    assert_eq!(Refusal::within(&error), Some(&Refusal::NotFollowing));
}

#[test]
fn a_cache_begins_within_a_runtime_and_with_good_limits() {
    let error = IdentityCache::follow(TestChain::new(), Limits::default()).unwrap_err();
    assert_eq!(error, FollowError::NoRuntime);
    let limits = Limits {
        max_entries: 0,
        ..Limits::default()
    };
    let error = IdentityCache::follow(TestChain::new(), limits).unwrap_err();
    let expected = "max_entries is 0: it must be from 1 to 65536";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_full_cache_refuses_more_peers() {
    let (chain, server, friend) = two_agents(KeyAlgorithm::Ed25519, KeyAlgorithm::Ed25519);
    let limits = Limits {
        max_entries: 2,
        ..Limits::default()
    };
    let cache = cache(&chain, limits).await;
    let _kept = [
        cache.keep(server.identifier).await.unwrap(),
        cache.keep(friend.identifier).await.unwrap(),
    ];
    let third = Agent::registered(&chain, KeyAlgorithm::Ed25519);
    chain.mine_and_finalize();
    time::sleep(Duration::from_millis(50)).await;
    let client = foul_client(Some(vec![third.made.der()]), &third);
    let refused = refusal(accept(&cache, &server, &third, client).await);
    assert_eq!(refused, Refusal::CacheFull(2));
    let refused = cache.keep(third.identifier).await.unwrap_err();
    assert_eq!(refused, Refusal::CacheFull(2));
}

#[test]
fn a_credential_is_a_certificate_with_its_key() {
    let chain = TestChain::new();
    let [one, other] = [0, 1].map(|_| Agent::unregistered(&chain, KeyAlgorithm::Ed25519));
    let credential = Credential::new(one.made.der().into(), other.made.key());
    assert!(matches!(credential, Err(CredentialError::Key(_))));
    let credential = Credential::new(vec![0x30].into(), one.made.key());
    assert!(matches!(credential, Err(CredentialError::Certificate(_))));
    let pem = std::fs::read(one.made.certificate_path()).unwrap();
    let credential = Credential::from_pem(&pem, b"no key");
    assert!(matches!(credential, Err(CredentialError::KeyPem(_))));
    let credential = Credential::from_pem(b"no certificate", &pem);
    assert!(matches!(
        credential,
        Err(CredentialError::CertificatePem(_))
    ));
    let credential = Credential::from_pem(&vec![b'-'; 65_537], &pem);
    assert!(matches!(
        credential,
        Err(CredentialError::PemTooLong(65_537))
    ));
    assert_eq!(format!("{:?}", one.credential), "Credential { .. }");
    // What the chain takes can be shown, and nothing else.
    for kind in KeyAlgorithm::ALL {
        let made = Made::new(kind);
        let credential = Credential::new(made.der().into(), made.key());
        match credential {
            Ok(_) => assert!(Made::accepted_kinds().contains(&kind)),
            Err(CredentialError::Certificate(_)) => {
                assert!(!Made::accepted_kinds().contains(&kind))
            }
            Err(other) => panic!("{kind:?}: {other}"),
        }
    }
}

/// Whatever bytes are shown: an error that says why, or the very certificate.
#[test]
fn no_other_bytes_are_admitted() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    for kind in Made::accepted_kinds() {
        let (chain, _, friend) = two_agents(KeyAlgorithm::Ed25519, kind);
        let cache = runtime.block_on(cache(&chain, Limits::default()));
        let _kept = runtime.block_on(cache.keep(friend.identifier)).unwrap();
        let verifier = AutoIdVerifier::new(cache, Policy::predicate(|_| true));
        let original = friend.made.der();
        let verify = |der: &[u8]| {
            let der = CertificateDer::from(der);
            verifier.verify_client_cert(&der, &[], UnixTime::now())
        };
        assert!(verify(&original).is_ok());
        let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
        let cut = proptest::option::of(any::<prop::sample::Index>());
        let mut runner = TestRunner::default();
        let result = runner.run(&(changes, cut), |(changes, cut)| {
            let mut der = original.clone();
            for (place, byte) in changes {
                *place.get_mut(&mut der) = byte;
            }
            if let Some(cut) = cut {
                der.truncate(cut.index(der.len()));
            }
            if let Err(error) = verify(&der) {
                prop_assert!(Refusal::within(&error).is_some(), "{error}");
                prop_assert_ne!(&der, &original);
            } else {
                prop_assert_eq!(&der, &original);
            }
            Ok(())
        });
        result.unwrap();
    }
}
