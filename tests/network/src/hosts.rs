//! Hosts of a private network: a network namespace for each node, joined by a bridge. Takes root, and `ip`.

use allod_e2e::Host;
use std::{
    process::{Command, id},
    sync::atomic::{AtomicU32, Ordering},
};

/// Hosts on one bridge; gone when they are dropped. Names have the number of the process, so that several programs can
/// have theirs.
pub struct Hosts {
    name: String,
    net: [u8; 2],
    count: u8,
}

/// Networks that this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "ip {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        )),
    }
}

impl Hosts {
    /// So many hosts; none, with a line that says why, where that is not allowed.
    pub fn new(count: u8) -> Option<Self> {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = id().to_be_bytes();
        let hosts = Self {
            name: format!("a{}x{made}", id()),
            // Of 10.0.0.0/8, by the number of the process.
            net: [high | 0x80, low.wrapping_add(made.to_le_bytes()[0])],
            count,
        };
        match hosts.set_up() {
            Ok(()) => Some(hosts),
            Err(error) => {
                eprintln!("skipped: hosts of a private network take root and iproute2: {error}");
                None
            }
        }
    }

    fn set_up(&self) -> Result<(), String> {
        let bridge = &self.name;
        ip(&["link", "add", bridge, "type", "bridge"])?;
        ip(&[
            "addr",
            "add",
            &format!("{}/24", self.address(0)),
            "dev",
            bridge,
        ])?;
        ip(&["link", "set", bridge, "up"])?;
        for place in 1..=self.count {
            let (namespace, port) = (self.namespace(place), self.port(place));
            ip(&["netns", "add", &namespace])?;
            ip(&[
                "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", &namespace,
            ])?;
            ip(&["link", "set", &port, "master", bridge, "up"])?;
            let inside = ["-n", &namespace];
            let address = format!("{}/24", self.address(place));
            for rest in [
                &["addr", "add", &address, "dev", "eth0"][..],
                &["link", "set", "eth0", "up"],
                &["link", "set", "lo", "up"],
            ] {
                ip(&[&inside[..], rest].concat())?;
            }
        }
        Ok(())
    }

    fn namespace(&self, place: u8) -> String {
        format!("{}n{place}", self.name)
    }

    fn port(&self, place: u8) -> String {
        format!("{}p{place}", self.name)
    }

    fn address(&self, place: u8) -> String {
        let [high, low] = self.net;
        format!("10.{high}.{low}.{}", place + 1)
    }

    /// The host in a place, from 0 on.
    pub fn host(&self, place: u8) -> Host {
        let namespace = self.namespace(place + 1);
        let wrapper = ["ip", "netns", "exec", &namespace].map(str::to_owned);
        Host {
            wrapper: wrapper.into(),
            ip: self.address(place + 1),
        }
    }

    /// Cuts every host off from all others, but not from this process.
    pub fn cut(&self) {
        self.isolate("on");
    }

    /// Undoes it.
    pub fn heal(&self) {
        self.isolate("off");
    }

    fn isolate(&self, switch: &str) {
        for place in 1..=self.count {
            let port = self.port(place);
            let isolated = ["type", "bridge_slave", "isolated", switch];
            ip(&[&["link", "set", "dev", &port][..], &isolated].concat())
                .expect("a port of the bridge can be isolated");
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for place in 1..=self.count {
            let _ = ip(&["netns", "del", &self.namespace(place)]);
            let _ = ip(&["link", "del", &self.port(place)]);
        }
        let _ = ip(&["link", "del", &self.name]);
    }
}
