//! Runs the real binary for the tests: each node in a folder of its own, on ports that the system
//! picks, ended with the test.
//!
//! Waiting is always bounded, but generous: nothing here measures speed.

#![forbid(unsafe_code)]

pub mod disk;

use jsonrpsee::{
    core::{client::ClientT, params::ArrayParams},
    ws_client::{WsClient, WsClientBuilder},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    borrow::Borrow,
    ffi::OsStr,
    fs::File,
    future::Future,
    io::{Read, Seek, Write, stderr},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::Mutex,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// How long anything may take before the test gives up.
pub const TIMEOUT: Duration = Duration::from_secs(300);
/// Lines of what a program printed that are shown where it did not do what it should.
const LAST_LINES: usize = 40;

/// Arguments of a node that listens on whatever ports are free.
pub const ANY_PORTS: [&str; 5] = ["--rpc-port", "0", "--port", "0", "--no-prometheus"];

/// What a node says once its JSON-RPC server runs, before its address.
const SERVES: &str = "Running JSON-RPC server: addr=";

/// What a node writes, line by line.
type Log = Arc<Mutex<Vec<String>>>;

/// Says in one line that a test checks nothing here, and what it lacks. Not by a macro, whose lines the harness keeps to
/// itself as long as a test passes.
pub fn skipped(lacking: &str) {
    // Nobody reads it: the test has passed all the same.
    let _ = stderr().write_all(format!("skipped: {lacking}\n").as_bytes());
}

/// The binary, which Cargo has put beside programs, and one folder above tests.
pub fn binary() -> PathBuf {
    let this = std::env::current_exe().expect("a program has a path");
    let mut folders = this.ancestors().skip(1).take(2);
    let binary = folders.find_map(|folder| {
        let binary = folder.join("allod");
        binary.is_file().then_some(binary)
    });
    binary.unwrap_or_else(|| {
        panic!(
            "no `allod` beside {}: run `make build` first",
            this.display()
        )
    })
}

/// Where a node runs, other than beside the test.
#[derive(Debug, Clone)]
pub struct Host {
    /// What runs the binary, with its arguments: `ip netns exec NAME`, say.
    pub wrapper: Vec<String>,
    /// Where the node is reached, by the test, too.
    pub ip: String,
}

/// A running node.
pub struct Node {
    child: Child,
    log: Log,
    readers: [JoinHandle<()>; 2],
    ip: String,
    /// How often it has begun, as far as is known here.
    starts: usize,
    /// Address of its JSON-RPC server.
    pub url: String,
    client: WsClient,
}

impl Node {
    /// Starts `allod` with these arguments, data in `folder`, and waits until it answers.
    pub async fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[]).await
    }

    /// Like [`Self::start`], with variables in its environment besides. The arguments may name a `--port`.
    pub async fn start_with(
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let mut ports = ANY_PORTS.to_vec();
        if arguments.contains(&"--port") {
            let any = ports.iter().position(|argument| *argument == "--port");
            ports.drain(any.map_or(0..0, |any| any..any + 2));
        }
        Self::spawn(folder, arguments, &ports, variables, None).await
    }

    /// Like [`Self::start_with`], on a host of its own, where it is at the same port of the network whenever it starts.
    pub async fn start_on(
        host: &Host,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Self {
        // Without the last one, a server hears nobody who calls it by its address.
        let ports = [
            "--rpc-port",
            "0",
            "--no-prometheus",
            "--rpc-external",
            "--rpc-methods",
            "unsafe",
            "--rpc-cors",
            "all",
        ];
        Self::spawn(folder, arguments, &ports, variables, Some(host)).await
    }

    /// Like [`Self::start`], with metrics; gives their port, too.
    pub async fn start_watched(folder: &Path, arguments: &[&str]) -> (Self, u16) {
        let mut ports = ANY_PORTS.to_vec();
        ports.retain(|argument| *argument != "--no-prometheus");
        ports.extend(["--prometheus-port", "0"]);
        let node = Self::spawn(folder, arguments, &ports, &[], None).await;
        let address = node.line("Prometheus exporter started at ").await;
        let port = address.trim().rsplit(':').next().expect("HOST:PORT");
        let port = port.parse().expect("a port");
        (node, port)
    }

    async fn spawn(
        folder: &Path,
        arguments: &[&str],
        ports: &[&str],
        variables: &[(&str, &OsStr)],
        host: Option<&Host>,
    ) -> Self {
        let (subcommand, rest) = arguments.split_first().expect("a subcommand");
        let mut command = match host.and_then(|host| host.wrapper.split_first()) {
            Some((program, of_program)) => {
                let mut command = Command::new(program);
                command.args(of_program).arg(binary());
                command
            }
            None => Command::new(binary()),
        };
        let mut child = command
            .arg(subcommand)
            .arg("--base-path")
            .arg(folder)
            .args(ports)
            .args(rest)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let readers = [
            tokio::spawn(keep_lines(
                child.stdout.take().expect("a pipe"),
                log.clone(),
            )),
            tokio::spawn(keep_lines(
                child.stderr.take().expect("a pipe"),
                log.clone(),
            )),
        ];
        let address = wait_for_line(&log, SERVES).await;
        let ip = host.map_or("127.0.0.1", |host| &host.ip).to_owned();
        let (url, client) = connect(&ip, &address).await;
        Self {
            child,
            log,
            readers,
            ip,
            starts: 1,
            url,
            client,
        }
    }

    /// What follows `text` in the first line of the log that has it.
    pub async fn line(&self, text: &str) -> String {
        wait_for_line(&self.log, text).await
    }

    /// Waits until a node that begins anew by itself answers again, which is at another port.
    pub async fn wait_for_restart(&mut self) {
        let address = eventually("another start", || self.next_start()).await;
        self.starts += 1;
        (self.url, self.client) = connect(&self.ip, &address).await;
    }

    /// Follows a node that may have begun anew by itself to where it answers now.
    pub async fn follow_restarts(&mut self) {
        while let Some(address) = self.next_start().await {
            self.starts += 1;
            if let Ok(connected) = try_connect(&self.ip, &address).await {
                (self.url, self.client) = connected;
            }
        }
    }

    /// The address in the log of a start that is not known here yet.
    async fn next_start(&self) -> Option<String> {
        let log = self.log.lock().await;
        let mut starts = log.iter().filter_map(|line| line.split_once(SERVES));
        starts
            .nth(self.starts)
            .map(|(_, address)| address.to_owned())
    }

    /// How many lines of the log have `text`.
    pub async fn count(&self, text: &str) -> usize {
        self.log
            .lock()
            .await
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// The newest lines of the log.
    pub async fn last_lines(&self) -> String {
        last(&self.log.lock().await)
    }

    /// Calls a method.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, parameters: &[Value]) -> T {
        match self.try_call(method, parameters).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}{parameters:?}: {error}"),
        }
    }

    /// Calls a method of a node that may be gone.
    ///
    /// # Errors
    /// That there is no answer.
    pub async fn try_call<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &[Value],
    ) -> Result<T, String> {
        let mut array = ArrayParams::new();
        for parameter in parameters {
            array.insert(parameter).expect("JSON");
        }
        let answer = self.client.request(method, array).await;
        answer.map_err(|error| error.to_string())
    }

    /// Number of the best block.
    pub async fn best(&self) -> u64 {
        number(&self.call("chain_getHeader", &[]).await)
    }

    /// Number of the newest final block.
    pub async fn finalized(&self) -> u64 {
        let hash: Value = self.call("chain_getFinalizedHead", &[]).await;
        number(&self.call("chain_getHeader", &[hash]).await)
    }

    /// Hash of a block of the best chain.
    pub async fn hash(&self, number: u64) -> Option<String> {
        self.call("chain_getBlockHash", &[number.into()]).await
    }

    /// Waits until the best block has at least this number.
    pub async fn wait_for_block(&self, number: u64) {
        eventually(&format!("block {number}"), || async {
            (self.best().await >= number).then_some(())
        })
        .await;
    }

    /// Address that other nodes can reach this one at.
    pub async fn address(&self) -> String {
        let addresses: Vec<String> = eventually("an address", || async {
            let found: Vec<String> = self.call("system_localListenAddresses", &[]).await;
            (!found.is_empty()).then_some(found)
        })
        .await;
        let here = format!("/ip4/{}/tcp/", self.ip);
        addresses
            .into_iter()
            .find(|address| address.starts_with(&here))
            .expect("a node listens on every interface")
    }

    /// The most memory that the node has had resident so far (`VmHWM` of `/proc`), in MiB.
    pub fn peak_memory(&self) -> u64 {
        let id = self.child.id().expect("the node is running");
        let status =
            std::fs::read_to_string(format!("/proc/{id}/status")).expect("the node is running");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = peak.and_then(|peak| peak.split_whitespace().next());
        let kib: u64 = number.expect("Linux says it").parse().expect("a number");
        kib / 1024
    }

    /// Ends the node at once, as a power cut would.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the node was running");
    }

    /// Asks the node to end, as Ctrl-C does, and waits for it.
    pub async fn stop(self) -> ExitStatus {
        self.stop_by("INT").await.0
    }

    /// Sends a signal, waits for the end, and gives all that the node wrote.
    pub async fn stop_by(self, signal: &str) -> (ExitStatus, Vec<String>) {
        let id = self.child.id().expect("the node is running").to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status()
            .await
            .expect("kill runs");
        assert!(sent.success());
        self.end().await
    }

    /// Waits for the end of a node that ends by itself, and gives all that it wrote.
    pub async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = tokio::time::timeout(TIMEOUT, self.child.wait())
            .await
            .expect("it ends")
            .expect("a status");
        for reader in &mut self.readers {
            reader.await.expect("the node's output is read to its end");
        }
        let log = self.log.lock().await.clone();
        (status, log)
    }
}

/// The address of a JSON-RPC server, as a node's log has it, and a client of it.
async fn connect(ip: &str, logged: &str) -> (String, WsClient) {
    let connected = try_connect(ip, logged).await;
    connected.unwrap_or_else(|error| panic!("the node answers: {error}"))
}

async fn try_connect(ip: &str, logged: &str) -> Result<(String, WsClient), String> {
    let address = logged.split([',', ' ']).next().unwrap_or_default();
    let port = address.rsplit(':').next().unwrap_or_default();
    let url = format!("ws://{ip}:{port}");
    let client = WsClientBuilder::default().build(&url).await;
    client
        .map(|client| (url, client))
        .map_err(|error| error.to_string())
}

fn number(header: &Value) -> u64 {
    let text = header["number"].as_str().expect("a header has a number");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("hex")
}

async fn keep_lines(output: impl AsyncRead + Unpin, log: Log) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().await.push(line);
    }
}

async fn wait_for_line(log: &Log, text: &str) -> String {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let lines = log.lock().await;
        if let Some((_, rest)) = lines.iter().find_map(|line| line.split_once(text)) {
            return rest.to_owned();
        }
        assert!(
            Instant::now() < deadline,
            "no line with {text:?} in:\n{}",
            lines.join("\n")
        );
        drop(lines);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Tries until there is an answer, or [`TIMEOUT`] is over.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut attempt: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(answer) = attempt().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// What a command wrote and how it ended.
pub struct Answer {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Exit status.
    pub code: i32,
}

/// Runs a program to its end.
pub async fn run(program: impl AsRef<OsStr>, arguments: &[&str], folder: &Path) -> Answer {
    run_within(TIMEOUT, program, arguments, folder).await
}

/// Runs `openssl`, which has to succeed; what it prints.
pub async fn openssl(arguments: &str, folder: &Path) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let answer = run("openssl", &words, folder).await;
    assert_eq!(answer.code, 0, "openssl {arguments}: {}", answer.err);
    answer.out
}

/// Runs a program that does much to its end.
pub async fn run_within(
    limit: Duration,
    program: impl AsRef<OsStr>,
    arguments: &[&str],
    folder: &Path,
) -> Answer {
    // Files, so that what a program printed is there when it does not end.
    let [out, err] = [(); 2].map(|()| tempfile::tempfile().expect("a file"));
    let copy = |file: &File| Stdio::from(file.try_clone().expect("a second handle"));
    let program = program.as_ref();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(copy(&out))
        .stderr(copy(&err))
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let status = tokio::time::timeout(limit, child.wait()).await;
    let [out, err] = [out, err].map(printed);
    let Ok(status) = status else {
        let [out, err] = [&out, &err].map(|printed| {
            let lines: Vec<&str> = printed.lines().collect();
            last(&lines)
        });
        panic!("{program:?} has not ended after {limit:?}; it printed last\n{out}\n{err}");
    };
    let status = status.expect("its status");
    Answer {
        out,
        err,
        code: status.code().unwrap_or(-1),
    }
}

fn printed(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("a file can be rewound");
    file.read_to_end(&mut bytes).expect("what was printed");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn last<Line: Borrow<str>>(lines: &[Line]) -> String {
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
