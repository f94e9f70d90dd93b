//! `allod history`: whether the archived history is what the chain was, and making it so.
//!
//! `verify` rebuilds the archived blocks from pieces and compares them with the node's own. Of every segment a random half of its pieces is taken, checked against the segment header, and
//! turned back into blocks. Each must be, byte for byte, the block that the node serves under that
//! number. The node is asked over JSON-RPC, so it can go on running.
//!
//! `rebuild` works on the files of a node that does not run.

use crate::{chain_spec, cli::Cli, commands::Error, configuration::NodeConfiguration};
use allod_archiver::{archived_bytes, rebuild::Step};
use allod_archiving::{Reconstructor, verify_pieces_of_segment};
use allod_core::{ChainParameters, Piece, SegmentHeader, SegmentIndex, parameters::PIECE_BYTES};
use allod_kzg::Kzg;
use allod_rpc::history::HistoryApiClient;
use allod_rpc_types::MAX_ANSWER_BYTES;
use jsonrpsee::{
    core::client::ClientT,
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use rand::seq::SliceRandom;
use sc_cli::SubstrateCli;
use sp_runtime::{
    OpaqueExtrinsic,
    generic::{self, SignedBlock},
    traits::BlakeTwo256,
};
use std::{fmt, path::PathBuf, process::ExitCode};

type OpaqueBlock = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;

/// `allod history …`.
#[derive(Debug, clap::Subcommand)]
pub enum HistoryCmd {
    /// Rebuild the archived blocks from a random half of each segment's pieces, and compare them
    /// with the blocks that the node serves.
    Verify(VerifyArgs),

    /// Check every segment on the disk of a node that does not run, and archive again from its database
    /// what is damaged or missing.
    Rebuild(RebuildArgs),
}

/// Whose history is rebuilt.
#[derive(Debug, clap::Args)]
pub struct RebuildArgs {
    /// Chain that the node follows.
    #[arg(long, value_name = "CHAIN", default_value = chain_spec::DEVELOPMENT.name(),
        help = chain_spec::chain_help("Chain that the node follows"))]
    chain: String,

    /// Folder of everything that the node keeps [default: ~/.local/share/allod].
    #[arg(long, short = 'd', value_name = "FOLDER")]
    base_path: Option<PathBuf>,
}

/// Which node and which part of its history.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// Address of the node.
    #[arg(
        long,
        value_name = "URL",
        default_value = "ws://127.0.0.1:9944",
        value_parser = allod_identity_cli::node_url
    )]
    url: String,

    /// First segment to verify. Blocks that began before it are left out.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Runs a subcommand.
pub fn run(cli: &Cli, command: &HistoryCmd) -> Result<ExitCode, Error> {
    match command {
        HistoryCmd::Verify(args) => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            runtime.block_on(verify(args))
        }
        HistoryCmd::Rebuild(args) => rebuild(cli, args),
    }
}

fn rebuild(cli: &Cli, args: &RebuildArgs) -> Result<ExitCode, Error> {
    let runtime = sc_cli::build_runtime()?;
    let configuration = NodeConfiguration::of_data(&args.chain, args.base_path.as_deref());
    let config = cli.create_configuration(&configuration, runtime.handle().clone())?;
    let database = config.database.path().unwrap_or(&config.data_path);
    if !database.exists() {
        return Err(format!(
            "{} does not exist: --base-path and --chain name no node that ran here",
            database.display()
        )
        .into());
    }
    let _entered = runtime.enter();
    let (mut whole, mut repaired) = (0_u64, 0_u64);
    // The history is made whole whether or not anybody reads how.
    let mut printed = Ok(());
    let genesis = chain_spec::genesis_rule(&args.chain);
    allod_service::rebuild_history(&config, genesis, |step| {
        let line = match step {
            Step::Whole(_) => {
                whole = whole.saturating_add(1);
                return;
            }
            Step::Repaired(index) => {
                repaired = repaired.saturating_add(1);
                format!("segment {index} was damaged; its pieces are made again")
            }
            Step::Done(size) => format!(
                "{}: {whole} whole, {repaired} repaired, {} archived again",
                counted(size.0, "segment"),
                size.0.saturating_sub(whole).saturating_sub(repaired),
            ),
        };
        if printed.is_ok() {
            printed = allod_output::line(line);
        }
    })?;
    printed?;
    Ok(ExitCode::SUCCESS)
}

/// A number of things, in the singular where it is one.
fn counted(number: u64, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

/// What was compared.
#[derive(Default)]
struct Tally {
    blocks: u64,
    bytes: u64,
    wrong: u64,
}

async fn verify(args: &VerifyArgs) -> Result<ExitCode, Error> {
    let client = WsClientBuilder::default()
        .max_response_size(MAX_ANSWER_BYTES)
        .build(&args.url)
        .await
        .map_err(|error| format!("cannot reach a node at {}: {error}", args.url))?;
    let parameters = client.parameters().await?;
    parameters.check()?;
    let size = client.history_size().await?;
    let kzg = Kzg::new();
    let mut reconstructor = Reconstructor::new(kzg.clone(), parameters.raw_records_per_segment)?;
    let mut tally = Tally::default();
    for index in args.from..size.0 {
        let header = header(&client, index).await?;
        let pieces = half_of_pieces(&client, &kzg, &header, &parameters).await?;
        let contents = reconstructor.add_segment_with_header(&pieces, &header)?;
        for (number, bytes) in &contents.blocks {
            compare(&client, *number, bytes, &mut tally).await?;
        }
        allod_output::line(format_args!(
            "segment {index}: {} of {} pieces, {}",
            parameters.raw_records_per_segment,
            parameters.pieces_per_segment(),
            counted(contents.blocks.len() as u64, "block"),
        ))?;
    }
    allod_output::line(format_args!(
        "{}, {} rebuilt from {}; {} differ",
        counted(tally.blocks, "block"),
        counted(tally.bytes, "byte"),
        counted(size.0.saturating_sub(args.from), "segment"),
        tally.wrong,
    ))?;
    Ok(if tally.wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn header(client: &WsClient, index: u64) -> Result<SegmentHeader, Error> {
    let headers = client.segment_headers(index, 1).await?;
    let header = headers
        .first()
        .copied()
        .filter(|header| header.segment_index.0 == index);
    header.ok_or_else(|| format!("the node has no header of segment {index}").into())
}

/// A random half of a segment's pieces, each checked.
async fn half_of_pieces(
    client: &WsClient,
    kzg: &Kzg,
    header: &SegmentHeader,
    parameters: &ChainParameters,
) -> Result<Vec<Option<Piece>>, Error> {
    let count = parameters.pieces_per_segment();
    let first = SegmentIndex(header.segment_index.0).first_piece(count).0;
    let mut positions: Vec<u64> = (0..count).collect();
    positions.shuffle(&mut rand::thread_rng());
    positions.truncate(usize::from(parameters.raw_records_per_segment));
    let mut chosen = Vec::with_capacity(positions.len());
    for position in &positions {
        let index = first.saturating_add(*position);
        let bytes = client.piece(index).await?;
        let bytes = bytes.ok_or_else(|| format!("the node does not hold piece {index}"))?;
        chosen.push((*position, Piece::try_from(bytes.into_inner())?));
    }
    let list: Vec<(u64, &Piece)> = chosen
        .iter()
        .map(|(position, piece)| (*position, piece))
        .collect();
    if let Err(wrong) = verify_pieces_of_segment(kzg, &list, &header.segment_commitment, count) {
        let first = wrong.0.first().and_then(|(index, _)| list.get(*index));
        let position = first.map_or(0, |(position, _)| *position);
        return Err(damaged(header.segment_index, position, &wrong).into());
    }
    let mut pieces = vec![None; usize::try_from(count)?];
    for (position, piece) in chosen {
        if let Some(place) = pieces.get_mut(usize::try_from(position)?) {
            *place = Some(piece);
        }
    }
    Ok(pieces)
}

/// Where the node has a piece that is not the segment's, and what to do.
fn damaged(segment: SegmentIndex, position: u64, error: &impl fmt::Display) -> String {
    let offset = position.saturating_mul(PIECE_BYTES as u64);
    format!(
        "history/segment-{segment} in the node's folder is damaged at byte {offset}: {error}; stop the node, and \
         `allod history rebuild` makes it anew from the database"
    )
}

/// Compares a rebuilt block with the one that the node serves.
async fn compare(
    client: &WsClient,
    number: u32,
    rebuilt: &[u8],
    tally: &mut Tally,
) -> Result<(), Error> {
    let hash: Option<String> = client
        .request("chain_getBlockHash", rpc_params![number])
        .await?;
    let block: Option<SignedBlock<OpaqueBlock>> =
        client.request("chain_getBlock", rpc_params![hash]).await?;
    let block = block.ok_or_else(|| {
        format!("the node does not serve block {number} (any more); --from skips segments")
    })?;
    let served = archived_bytes(block)?;
    // Genesis is padded so that it fills its segment.
    let same = if number == 0 {
        rebuilt.starts_with(&served)
    } else {
        rebuilt == served
    };
    tally.blocks = tally.blocks.saturating_add(1);
    tally.bytes = tally.bytes.saturating_add(u64::try_from(served.len())?);
    if !same {
        tally.wrong = tally.wrong.saturating_add(1);
        allod_output::line(format_args!(
            "block {number} differs: {} bytes rebuilt, {} served",
            rebuilt.len(),
            served.len()
        ))?;
    }
    Ok(())
}
