//! A connection that ends when its peer must not be talked to any more.
//!
//! The stream lies behind a lock that the cache's task shares. To end the connection the task takes
//! the stream out and drops it: the socket closes although nobody is reading or writing, and whoever
//! waits to read or to write is woken and gets the reason as an error. From then on no byte goes in or
//! out, and none that was received before is handed over.
//!
//! The peer gets no `close_notify`: that would say that all has been said (RFC 8446, 6.1). What the
//! operating system had taken for sending before may still reach it.

use crate::{
    Peer, Refusal,
    cache::{End, Registration},
};
use parking_lot::Mutex;
use rustls::{CommonState, pki_types::CertificateDer};
use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;

/// A TLS connection to an identity. Reading and writing fail with a [`Refusal`]
/// ([`Refusal::within_io`]) once the identity must not be talked to any more; the connection is closed
/// by then.
///
/// Like every `AsyncWrite` of TLS, it has to be flushed.
pub struct PeerStream<IO> {
    shared: Arc<Shared<IO>>,
    peer: Arc<Peer>,
    /// Ends the watching when dropped.
    _registration: Registration,
}

pub(crate) struct Shared<IO>(Mutex<State<IO>>);

struct State<IO> {
    stream: Result<TlsStream<IO>, Refusal>,
    /// Whoever waits to read, and whoever waits to write: they may be two tasks.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl<IO> Shared<IO> {
    pub fn new(stream: TlsStream<IO>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            stream: Ok(stream),
            reader: None,
            writer: None,
        })))
    }

    pub fn with<T>(&self, f: impl FnOnce(&CommonState) -> T) -> Result<T, Refusal> {
        let state = self.0.lock();
        let stream = state.stream.as_ref().map_err(Clone::clone)?;
        Ok(f(stream.get_ref().1))
    }

    /// The certificate that the peer showed.
    pub fn peer_certificate(&self) -> Result<CertificateDer<'static>, Refusal> {
        let first = |state: &CommonState| {
            let shown = state.peer_certificates()?.first()?;
            Some(shown.clone().into_owned())
        };
        self.with(first)?.ok_or(Refusal::NoCertificate)
    }
}

impl<IO: Send> End for Shared<IO> {
    fn end(&self, reason: Refusal) {
        let mut state = self.0.lock();
        if state.stream.is_err() {
            return;
        }
        let stream = std::mem::replace(&mut state.stream, Err(reason));
        let waiting = [state.reader.take(), state.writer.take()];
        drop(state);
        // Closes the socket: outside of the lock, since it is foreign code.
        drop(stream);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

impl<IO> PeerStream<IO> {
    pub(crate) fn new(
        shared: Arc<Shared<IO>>,
        peer: Arc<Peer>,
        registration: Registration,
    ) -> Self {
        Self {
            shared,
            peer,
            _registration: registration,
        }
    }

    /// The identity at the other end, as it was when the connection began.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Why the connection was ended here, if it was.
    pub fn ended(&self) -> Option<Refusal> {
        self.shared.0.lock().stream.as_ref().err().cloned()
    }

    /// What TLS agreed on, as `f` reads it; the reason, if the connection was ended here.
    pub fn with_tls<T>(&self, f: impl FnOnce(&CommonState) -> T) -> Result<T, Refusal> {
        self.shared.with(f)
    }
}

impl<IO> fmt::Debug for PeerStream<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerStream")
            .field("peer", &self.peer.identifier())
            .finish_non_exhaustive()
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> State<IO> {
    fn stream(&mut self) -> io::Result<Pin<&mut TlsStream<IO>>> {
        match &mut self.stream {
            Ok(stream) => Ok(Pin::new(stream)),
            Err(reason) => Err(reason.clone().into_io()),
        }
    }

    fn write<T>(
        &mut self,
        context: &mut Context<'_>,
        f: impl FnOnce(Pin<&mut TlsStream<IO>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let result = f(self.stream()?, context);
        if result.is_pending() {
            wait(&mut self.writer, context);
        }
        result
    }
}

fn wait(place: &mut Option<Waker>, context: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(context.waker()),
        None => *place = Some(context.waker().clone()),
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for PeerStream<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.0.lock();
        let result = state.stream()?.poll_read(context, buffer);
        if result.is_pending() {
            wait(&mut state.reader, context);
        }
        result
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for PeerStream<IO> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.0.lock();
        state.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.0.lock();
        state.write(context, |stream, context| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.0.lock();
        state.write(context, |stream, context| stream.poll_shutdown(context))
    }
}
