//! Floods of messages: such that are none, huge ones, slow ones, and slots that are made up.

use super::Network;
use crate::{
    attacker::Attacker,
    stock::{Manner, Stock},
};
use allod_core::{PotCheckpoints, Slot};
use allod_timekeeper::gossip::SlotMessage;
use futures::future::join_all;
use parity_scale_codec::{Decode, Encode};
use rand::RngCore as _;
use sc_network::PeerId;
use std::time::Duration;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    rand::thread_rng().fill_bytes(&mut noise);
    noise
}

impl Network {
    async fn speakers(&self, count: usize, manner: Manner) -> Vec<Attacker> {
        self.shadow.follow(self.honest.first()).await;
        let speakers: Vec<Attacker> = (0..count)
            .map(|_| {
                let stock = Stock::new(self.shadow.tip());
                stock.answer_in(manner);
                Attacker::new(&self.chain, stock, &self.honest.targets())
            })
            .collect();
        join_all(speakers.iter().map(|it| it.connected(self.attacked()))).await;
        speakers
    }

    fn ids(&self) -> Vec<PeerId> {
        self.honest.attacked().map(|member| member.id).collect()
    }
}

/// Announcements and requests that are none, from one byte up to what no node takes.
pub async fn malformed(network: &Network) {
    let speakers = network.speakers(2, Manner::Plain).await;
    for speaker in &speakers {
        for bytes in [0, 1, 100, 10_000, 1 << 20] {
            for _ in 0..20 {
                speaker.shout(noise(bytes)).await;
                speaker.gossip(noise(bytes.min(156))).await;
            }
        }
        speaker.shout(noise(2 << 20)).await;
        speaker.gossip(noise(1 << 20)).await;
    }
    // The last ones close the connection.
    let speakers = network.speakers(2, Manner::Plain).await;
    for speaker in &speakers {
        let protocols = &speaker.protocols;
        let names = [
            &protocols.blocks,
            &protocols.tips,
            &protocols.headers,
            &protocols.slots,
        ];
        for node in network.ids() {
            let requests = [0, 1, 34, 36, 1000, 1 << 20].map(noise);
            let requests = requests
                .iter()
                .flat_map(|request| names.map(|name| speaker.ask(node, name, request.clone())));
            let answers = tokio::time::timeout(Duration::from_secs(60), join_all(requests)).await;
            let answers = answers.expect("nobody is left waiting for an answer");
            // An empty request for a tip is right.
            let answered = answers.iter().filter(|answer| answer.is_ok()).count();
            assert!(answered <= 1, "{answered} answers to noise");
        }
    }
}

/// Answers that are huge, that are none, and that do not come; many at once.
pub async fn huge_and_slow_answers(network: &Network) {
    let manners = [
        Manner::Noise(0),
        Manner::Noise(1 << 20),
        Manner::Noise(20 << 20),
        Manner::Silent,
        Manner::Late(Duration::from_secs(25)),
    ];
    let mut speakers = Vec::new();
    for manner in manners {
        speakers.extend(network.speakers(2, manner).await);
    }
    // Something to ask them for: a right block that they do not show.
    network.shadow.follow(network.honest.first()).await;
    let block = network.made_by(120, 0);
    for speaker in &speakers {
        speaker.announce_header(&block.sealed()).await;
    }
    network.honest.go_on(10).await;
}

/// Slots whose checkpoints are wrong: whoever sends them is off.
pub async fn wrong_slots(network: &Network) {
    const SLOTS: u64 = 25;
    let speakers = network.speakers(2, Manner::Plain).await;
    let node = &network.shadow.node;
    let best = node.best();
    let mut time = node.timeline(best, false);
    let newest = node.chain_data(best).slot.0 + SLOTS;
    time.output(Slot(newest));
    for (input, checkpoints) in time.evaluated() {
        let mut bytes = checkpoints.encode();
        bytes[0] ^= 1;
        let message = SlotMessage {
            input: *input,
            checkpoints: PotCheckpoints::decode(&mut &bytes[..]).expect("eight outputs"),
        };
        for speaker in &speakers {
            speaker.gossip(message.encode()).await;
        }
    }
    for speaker in &speakers {
        network.honest.drop_off(speaker, "wrong slots").await;
    }
}

/// Connections that say nothing, or nothing that means anything.
pub async fn raw_connections(network: &Network) {
    let mut open = Vec::new();
    for target in network.honest.targets() {
        let mut parts = target.split('/').skip(2);
        let (host, port) = (parts.next(), parts.nth(1));
        let address = format!("{}:{}", host.expect("a host"), port.expect("a port"));
        for number in 0..100 {
            let Ok(mut stream) = TcpStream::connect(&address).await else {
                continue;
            };
            if number % 2 == 0 {
                let _ = stream.write_all(&noise(10_000)).await;
            }
            open.push(stream);
        }
    }
    network.honest.go_on(3).await;
}
