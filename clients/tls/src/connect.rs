//! Connectors and acceptors: a handshake, then the chain's word, then a stream.
//!
//! rustls asks within the handshake whether a certificate will do and takes no "later" for an answer.
//! A server meets clients that it has never seen. So, for both sides:
//!
//! 1. In the handshake the verifier refuses whom the cache knows to be refused, with an alert. A peer
//!    that it does not know well enough may go on: that proves that it has the certificate's key.
//! 2. Then the chain is asked. Until it has answered, the stream exists in here only: no byte of the
//!    application is read or written, none is accepted from it.
//! 3. Whoever is admitted is registered with the cache and judged once more; then the caller gets a
//!    [`PeerStream`]. Whoever is not is cut off without a `close_notify`.
//!
//! Handshakes under way are bounded in number and time, and so are the questions.
//!
//! A client whose policy names identities one by one asks about these first and then takes nobody else
//! within the handshake: it shows its own certificate to them only. With any other policy a
//! stranger's server gets to see it.
//!
//! In TLS 1.3 the client's handshake is complete before the server has judged the client: a client
//! that was refused learns it when it reads.

use crate::{
    Credential, IdentityCache, Policy, Refusal, config,
    stream::{PeerStream, Shared},
};
use allod_identity::Identifier;
use allod_x509::ParsedCertificate;
use rustls::{ClientConfig, Error as TlsError, pki_types::ServerName};
use std::{io, net::Ipv4Addr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    time,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The peer is not one to talk to.
    #[error(transparent)]
    Refused(Refusal),
    /// The handshake failed: the peer refused, spoke no TLS 1.3, or went away.
    #[error("handshake: {0}")]
    Handshake(io::Error),
    /// The handshake, the questions included, took longer than it may.
    #[error("the handshake took too long")]
    TimedOut,
    /// Too many handshakes are under way.
    #[error("{0} handshakes are under way already")]
    Busy(usize),
    /// rustls does not take the configuration.
    #[error("configuration: {0}")]
    Configuration(TlsError),
}

/// Opens connections to identities.
#[derive(Debug, Clone)]
pub struct Connector {
    cache: IdentityCache,
    credential: Arc<Credential>,
}

impl Connector {
    /// For connections in which this side shows `credential`.
    pub fn new(cache: IdentityCache, credential: Arc<Credential>) -> Self {
        Self { cache, credential }
    }

    /// Begins TLS over an open connection, as the client.
    pub async fn connect<IO>(&self, io: IO, policy: &Policy) -> Result<PeerStream<IO>, ConnectError>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limit = self.cache.limits().handshake;
        let connection = async {
            let mut unknown = None;
            if let Some(named) = policy.named() {
                unknown = self.prefetch(named).await.map_err(ConnectError::Refused)?;
            }
            let connector = TlsConnector::from(Arc::new(self.config(policy)?));
            let stream = connector.connect(no_name(), io).await;
            let stream = stream.map_err(|error| match failed(error) {
                // All named ones were asked about, or there is a reason why not.
                ConnectError::Refused(Refusal::Unknown(key)) => {
                    ConnectError::Refused(unknown.unwrap_or(Refusal::KeyNotNamed(key)))
                }
                other => other,
            })?;
            admit(&self.cache, stream.into(), policy).await
        };
        let connection = time::timeout(limit, connection).await;
        connection.map_err(|_| ConnectError::TimedOut)?
    }

    /// Asks about those whom the policy names. Of several some may not exist; the inner refusal says
    /// why one of them could not be asked about.
    async fn prefetch(&self, named: &[Identifier]) -> Result<Option<Refusal>, Refusal> {
        let mut unknown = None;
        for identifier in named {
            match self.cache.prefetch(*identifier).await {
                Err(refusal) if named.len() == 1 => return Err(refusal),
                Err(Refusal::NotRegistered(_) | Refusal::DoesNotHold { .. }) | Ok(_) => {}
                Err(refusal) => unknown = Some(refusal),
            }
        }
        Ok(unknown)
    }

    fn config(&self, policy: &Policy) -> Result<ClientConfig, ConnectError> {
        let (cache, credential) = (self.cache.clone(), self.credential.clone());
        let build = match policy.named() {
            Some(_) => config::client_config,
            None => config::asking_client,
        };
        build(cache, credential, policy.clone()).map_err(ConnectError::Configuration)
    }
}

/// Takes connections from identities.
#[derive(Clone)]
pub struct Acceptor {
    cache: IdentityCache,
    policy: Policy,
    tls: TlsAcceptor,
    places: Arc<Semaphore>,
}

impl Acceptor {
    /// For connections in which this side shows `credential` and the other is one whom the policy
    /// names.
    pub fn new(
        cache: IdentityCache,
        credential: Arc<Credential>,
        policy: Policy,
    ) -> Result<Self, ConnectError> {
        let config = config::asking_server(cache.clone(), credential, policy.clone());
        let config = config.map_err(ConnectError::Configuration)?;
        Ok(Self {
            places: Arc::new(Semaphore::new(cache.limits().max_handshakes)),
            tls: TlsAcceptor::from(Arc::new(config)),
            cache,
            policy,
        })
    }

    /// Begins TLS over an open connection, as the server. Call it in a task of its own for each
    /// connection: it may take as long as [`Limits::handshake`](crate::Limits::handshake) says.
    pub async fn accept<IO>(&self, io: IO) -> Result<PeerStream<IO>, ConnectError>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = self.cache.limits();
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| ConnectError::Busy(limits.max_handshakes))?;
        let connection = async {
            let stream = self.tls.accept(io).await.map_err(failed)?;
            admit(&self.cache, stream.into(), &self.policy).await
        };
        let connection = time::timeout(limits.handshake, connection).await;
        connection.map_err(|_| ConnectError::TimedOut)?
    }
}

/// After the handshake: asks the chain, registers, judges.
async fn admit<IO>(
    cache: &IdentityCache,
    stream: TlsStream<IO>,
    policy: &Policy,
) -> Result<PeerStream<IO>, ConnectError>
where
    IO: Send + 'static,
{
    let shared = Shared::new(stream);
    let admitted = async {
        let shown = shared.peer_certificate()?;
        let certificate = ParsedCertificate::parse(&shown).map_err(Refusal::Certificate)?;
        let peer = cache.core().admit(&certificate, policy).await?;
        let shown = certificate.fingerprint();
        let registration = cache.register(&peer, shown, policy, shared.clone())?;
        Ok(PeerStream::new(shared.clone(), peer, registration))
    };
    admitted.await.map_err(ConnectError::Refused)
}

/// An error of the handshake: the verifier's refusal is taken out of it.
fn failed(error: io::Error) -> ConnectError {
    match Refusal::within_io(&error) {
        Some(refusal) => ConnectError::Refused(refusal.clone()),
        None => ConnectError::Handshake(error),
    }
}

/// rustls wants a name to connect to. This one is sent to nobody and compared with nothing.
fn no_name() -> ServerName<'static> {
    ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into())
}
