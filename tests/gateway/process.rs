//! Runs the real gateway as a process of its own, and looks at it from outside.
//!
//! ```text
//!  test ──▶ Wire, Listener ──▶ Gateway (a process) ──▶ mock upstream (in the test) ──▶ its calls
//!                                  └── stderr ──▶ log lines
//! ```
//!
//! Nothing here sleeps for a result: conditions are awaited, each with a deadline.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use inference_gateway::relay::task::{Started, start};
use mock_upstream::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use self::wire::{Reply, Wire};

pub(crate) mod cores;
pub(crate) mod listener;
pub(crate) mod redis;
pub(crate) mod wire;

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Settings beside the ones that every test needs.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// A gateway that runs. Dropping it kills it.
pub(crate) struct Gateway {
    pub(crate) addr: SocketAddr,
    child: Child,
    log: watch::Receiver<Vec<String>>,
    _reading: Started<()>,
}

impl Gateway {
    /// A gateway before a mock upstream, ready to be asked.
    pub(crate) async fn before(upstream: &Server, settings: Settings<'_>) -> Self {
        Self::at(&upstream.base_url(), settings).await
    }

    /// A gateway before whatever is at this URL.
    pub(crate) async fn at(upstream: &str, settings: Settings<'_>) -> Self {
        let mut command = command(settings);
        command.env("UPSTREAM_BASE_URL", upstream);
        Self::of(command).await
    }

    /// A gateway as the command starts it.
    pub(crate) async fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the gateway can be started");
        let stderr = child.stderr.take().expect("stderr is piped");
        let (lines, mut log) = watch::channel(Vec::new());
        let reading = start(collect(stderr, lines));
        let is_address = |lines: &Vec<String>| lines.iter().any(|line| address(line).is_some());
        let heard = timeout(PATIENCE, log.wait_for(is_address)).await.expect("it says where it is");
        let addr = heard.expect("it runs").iter().find_map(|line| address(line));
        Self { addr: addr.expect("it was found"), child, log, _reading: reading }
    }

    /// Everything written to stderr so far.
    pub(crate) fn stderr(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// The log lines so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        log_lines(&self.stderr())
    }

    /// Waits until a log line is as wanted, and returns the first of those.
    pub(crate) async fn until_logged(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut log = self.log.clone();
        let found = |lines: &Vec<String>| log_lines(lines).iter().any(&wanted);
        let heard = timeout(PATIENCE, log.wait_for(found)).await;
        let lines = match heard {
            Ok(Ok(lines)) => log_lines(&lines),
            Ok(Err(_)) | Err(_) => panic!("it was never logged: {:#?}", self.stderr()),
        };
        lines.into_iter().find(wanted).expect("it was found")
    }

    /// Waits until so many log lines are as wanted.
    pub(crate) async fn until_logged_times(&self, count: usize, wanted: impl Fn(&Value) -> bool) {
        let mut log = self.log.clone();
        let found =
            |lines: &Vec<String>| log_lines(lines).iter().filter(|line| wanted(line)).count();
        let heard = timeout(PATIENCE, log.wait_for(|lines| found(lines) >= count)).await;
        assert!(heard.is_ok_and(|heard| heard.is_ok()), "{:#?}", self.stderr());
        assert_eq!(found(&self.stderr()), count);
    }

    /// Waits until so many lines of stderr are as wanted: without reading each as JSON, for long logs.
    pub(crate) async fn until_lines(&self, count: usize, wanted: impl Fn(&str) -> bool) {
        let mut log = self.log.clone();
        let found = |lines: &Vec<String>| lines.iter().filter(|line| wanted(line)).count() >= count;
        // What was heard is locked while it is held.
        let heard = timeout(PATIENCE, log.wait_for(found)).await.is_ok_and(|heard| heard.is_ok());
        let lines = self.stderr();
        let of_them = lines.iter().filter(|line| wanted(line)).count();
        assert!(heard, "{of_them} of {count} lines");
    }

    /// The log lines that name a request.
    pub(crate) fn logged_of(&self, request_id: &str) -> Vec<Value> {
        let of = |line: &Value| line["request_id"] == request_id;
        self.log().into_iter().filter(of).collect()
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> Wire {
        Wire::connect(self.addr).await
    }

    /// One request with an empty body, and its whole reply.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        let mut wire = self.connect().await;
        wire.request("GET", path, &[], b"").await;
        wire.reply().await
    }

    /// One chat request with this body, and its whole reply.
    pub(crate) async fn post(&self, body: impl ToString) -> Reply {
        let mut wire = self.connect().await;
        wire.chat(body).await;
        wire.reply().await
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").arg(format!("-{name}")).arg(pid).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// The exit code, once it has ended by itself.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        let ended = timeout(PATIENCE, self.child.wait()).await.expect("it ends");
        ended.expect("it can be waited for").code()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// The memory that it occupies, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).expect("a process has memory")
    }
}

/// A mock upstream that follows a script, without any waiting of its own.
pub(crate) async fn mock(script: Value) -> Server {
    let options = Options::instant().with_script(script).expect("the script is valid");
    Server::start(options).await.expect("a port is free")
}

/// A request for a streamed answer to a question.
pub(crate) fn question(text: &str) -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": text}]})
}

/// An object with the members of another laid over it.
pub(crate) fn with(mut object: Value, members: Value) -> Value {
    if let (Value::Object(into), Value::Object(members)) = (&mut object, members) {
        into.extend(members);
    }
    object
}

/// Waits for what must not take long; `what` names it if it does.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("it never came: {what}"))
}

/// A folder of the test's own, without anything in it.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// The gateway's program with nothing in its environment but these settings.
pub(crate) fn command(settings: Settings<'_>) -> Command {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-settings");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_inference-gateway"));
    command.env_clear().current_dir(folder).kill_on_drop(true);
    command.env("BIND_ADDR", "127.0.0.1:0").env("LOG_FORMAT", "json");
    // Tests count calls, and ask the same question twice.
    command.env("SUMMARY_CACHE", "0");
    command.envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command that ends by itself.
pub(crate) async fn output(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("it ends").expect("it runs")
}

async fn collect(stderr: ChildStderr, lines: watch::Sender<Vec<String>>) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        lines.send_modify(|lines| lines.push(text));
        line.clear();
    }
}

fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on http://")?;
    rest.split(|c: char| c == '"' || c.is_whitespace()).next()?.parse().ok()
}

fn log_lines(lines: &[String]) -> Vec<Value> {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
