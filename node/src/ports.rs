//! Whether the ports are free that a node is to listen on.
//!
//! Asked before anything is opened: a port that is taken would otherwise show up late, without its
//! number, or not at all (the network library shares a port with another node's).

use crate::arguments::NetworkArguments;
use sc_network::multiaddr::Protocol;
use sc_service::{Configuration, config::Multiaddr};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    thread,
    time::{Duration, Instant},
};

/// How long a node that was killed a moment ago may take to give its ports back.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Pause between two tries.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// An address that a node is to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listener {
    /// The argument that says so.
    argument: &'static str,
    transport: Transport,
    address: SocketAddr,
}

/// Why a port cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Somebody else has it.
    InUse,
    /// The system does not let this user have it.
    NotPermitted,
}

/// Ports that cannot be had: all of them, so that nobody has to find them one by one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PortErrors(Vec<PortError>);

/// A port that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PortError {
    listener: Listener,
    refusal: Refusal,
}

impl PortError {
    /// Whether another error says the same: a port is asked for in IPv4 and in IPv6.
    fn says_the_same(&self, other: &Self) -> bool {
        let said = |error: &Self| {
            let listener = error.listener;
            (
                listener.argument,
                listener.transport,
                listener.address.port(),
                error.refusal,
            )
        };
        said(self) == said(other)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listener {
            argument,
            transport,
            address,
        } = self.listener;
        let port = address.port();
        write!(f, "{argument}: {transport} port {port} ")?;
        f.write_str(match self.refusal {
            Refusal::InUse => "is in use; give another one, or 0 for any that is free",
            Refusal::NotPermitted => "is not for every user; give one above 1023",
        })
    }
}

/// Checks every port that the configuration names; the arguments say where those for peers are from.
///
/// # Errors
/// All ports that cannot be had, each once.
pub fn check(config: &Configuration, arguments: &NetworkArguments) -> Result<(), PortErrors> {
    let deadline = Instant::now() + RELEASE_TIMEOUT;
    let listeners = listeners(config, arguments);
    loop {
        let errors = refused(&listeners);
        if errors.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(PortErrors(errors));
        }
        thread::sleep(RETRY_INTERVAL);
    }
}

fn refused(listeners: &[Listener]) -> Vec<PortError> {
    let mut errors: Vec<PortError> = Vec::new();
    for listener in listeners {
        if let Some(refusal) = listener.refusal() {
            let error = PortError {
                listener: *listener,
                refusal,
            };
            if !errors.iter().any(|known| known.says_the_same(&error)) {
                errors.push(error);
            }
        }
    }
    errors
}

fn listeners(config: &Configuration, arguments: &NetworkArguments) -> Vec<Listener> {
    let tcp = |argument, address| Listener {
        argument,
        transport: Transport::Tcp,
        address,
    };
    let rpc = config.rpc.addr.iter().flatten();
    let rpc = rpc.map(|endpoint| tcp("--rpc-port", endpoint.listen_addr));
    let metrics = config.prometheus_config.iter();
    let metrics = metrics.map(|config| tcp("--prometheus-port", config.port));
    let argument = match arguments.listen_addr.is_empty() {
        true => "--port",
        false => "--listen-addr",
    };
    let peers = config.network.listen_addresses.iter();
    let peers = peers.filter_map(|address| for_peers(argument, address));
    rpc.chain(metrics).chain(peers).collect()
}

/// An address for peers. Those that do not begin with an IP address and a port are left to the network.
fn for_peers(argument: &'static str, address: &Multiaddr) -> Option<Listener> {
    let mut protocols = address.iter();
    let ip: IpAddr = match protocols.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    let (transport, port) = match protocols.next()? {
        Protocol::Tcp(port) => (Transport::Tcp, port),
        Protocol::Udp(port) => (Transport::Udp, port),
        _ => return None,
    };
    Some(Listener {
        argument,
        transport,
        address: SocketAddr::new(ip, port),
    })
}

impl Listener {
    fn refusal(&self) -> Option<Refusal> {
        let bound = match self.transport {
            Transport::Tcp => TcpListener::bind(self.address).map(drop),
            Transport::Udp => UdpSocket::bind(self.address).map(drop),
        };
        match bound.map_err(|error| error.kind()) {
            Err(io::ErrorKind::AddrInUse) => Some(Refusal::InUse),
            Err(io::ErrorKind::PermissionDenied) => Some(Refusal::NotPermitted),
            // Whatever else there may be, such as a machine without IPv6, is for whoever listens.
            Ok(()) | Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_that_is_taken_is_named_once_with_its_argument() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let listener = |argument, transport, address| Listener {
            argument,
            transport,
            address,
        };
        let [taken_tcp, taken_udp] = [tcp.local_addr().unwrap(), udp.local_addr().unwrap()];
        let errors = refused(&[
            listener("--rpc-port", Transport::Tcp, taken_tcp),
            listener("--rpc-port", Transport::Tcp, taken_tcp),
            listener(
                "--prometheus-port",
                Transport::Tcp,
                "127.0.0.1:0".parse().unwrap(),
            ),
            listener("--port", Transport::Udp, taken_udp),
        ]);
        let in_use = "is in use; give another one, or 0 for any that is free";
        assert_eq!(
            PortErrors(errors).to_string(),
            format!(
                "--rpc-port: TCP port {} {in_use}; --port: UDP port {} {in_use}",
                taken_tcp.port(),
                taken_udp.port()
            )
        );
    }

    #[test]
    fn addresses_for_peers_are_read_as_far_as_they_are_sockets() {
        let read = |text: &str| for_peers("--listen-addr", &text.parse().unwrap());
        let web_socket = read("/ip4/127.0.0.1/tcp/30333/ws").unwrap();
        assert_eq!(web_socket.transport, Transport::Tcp);
        assert_eq!(web_socket.address, "127.0.0.1:30333".parse().unwrap());
        let web_rtc = read("/ip6/::1/udp/7/webrtc-direct").unwrap();
        assert_eq!(web_rtc.transport, Transport::Udp);
        assert_eq!(web_rtc.address, "[::1]:7".parse().unwrap());
        assert_eq!(read("/dns/peer.example/tcp/30333"), None);
    }
}
