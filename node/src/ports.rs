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

/// A port cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else has it.
    #[error(
        "{argument}: {transport} port {port} is in use; give another one, or 0 for any that is free"
    )]
    InUse {
        /// The argument that sets the port.
        argument: &'static str,
        /// TCP or UDP.
        transport: String,
        /// Its number.
        port: u16,
    },
    /// The system does not let this user have it.
    #[error("{argument}: {transport} port {port} is not for every user; give one above 1023")]
    NotPermitted {
        /// The argument that sets the port.
        argument: &'static str,
        /// TCP or UDP.
        transport: String,
        /// Its number.
        port: u16,
    },
}

/// Checks every port that the configuration names; the arguments say where those for peers are from.
pub fn check(config: &Configuration, arguments: &NetworkArguments) -> Result<(), PortError> {
    let deadline = Instant::now() + RELEASE_TIMEOUT;
    for listener in listeners(config, arguments) {
        while let Err(error) = listener.check() {
            if Instant::now() >= deadline {
                return Err(error);
            }
            thread::sleep(RETRY_INTERVAL);
        }
    }
    Ok(())
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
    fn check(&self) -> Result<(), PortError> {
        let bound = match self.transport {
            Transport::Tcp => TcpListener::bind(self.address).map(drop),
            Transport::Udp => UdpSocket::bind(self.address).map(drop),
        };
        let (argument, transport) = (self.argument, self.transport.to_string());
        let port = self.address.port();
        match bound.map_err(|error| error.kind()) {
            Err(io::ErrorKind::AddrInUse) => Err(PortError::InUse {
                argument,
                transport,
                port,
            }),
            Err(io::ErrorKind::PermissionDenied) => Err(PortError::NotPermitted {
                argument,
                transport,
                port,
            }),
            // Whatever else there may be, such as a machine without IPv6, is for whoever listens.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named_with_its_argument() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = Listener {
            argument: "--rpc-port",
            transport: Transport::Tcp,
            address: taken.local_addr().unwrap(),
        };
        let error = listener.check().unwrap_err().to_string();
        let port = listener.address.port();
        let start = format!("--rpc-port: TCP port {port} is in use");
        assert!(error.starts_with(&start), "{error}");

        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let listener = Listener {
            argument: "--port",
            transport: Transport::Udp,
            address: taken.local_addr().unwrap(),
        };
        let error = listener.check().unwrap_err().to_string();
        assert!(error.starts_with("--port: UDP port "), "{error}");
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
