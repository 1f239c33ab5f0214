//! The command `mock-upstream`: reads options, serves until told to stop.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::BoolishValueParser;
use mock_upstream::{Options, Rules, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A model server that needs no credentials, and behaves or misbehaves by script
#[derive(Debug, Parser)]
#[command(name = "mock-upstream", version)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// JSON file with a script, or a list of rules
    #[arg(long, env = "MOCK_SCRIPT", value_name = "FILE")]
    script: Option<PathBuf>,
    /// No line per call
    #[arg(long, env = "MOCK_QUIET", value_parser = BoolishValueParser::new())]
    quiet: bool,
}

/// A wrong option, as clap has it.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let script = match cli.script.as_deref().map(read_script).transpose() {
        Ok(script) => script.unwrap_or_default(),
        Err(message) => return complain(USAGE, &message),
    };
    let options = Options { script, access_log: !cli.quiet, kept_calls: 0, ..cli.options };
    let bind = options.bind;
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return complain(1, &format!("can't wait for signals: {error}")),
    };
    let server = match Server::start(options).await {
        Ok(server) => server,
        Err(error) => return complain(1, &format!("can't listen on {bind}: {error}")),
    };
    say(&banner(&server));
    stop.requested().await;
    ExitCode::SUCCESS
}

fn read_script(path: &Path) -> Result<Rules, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    let value = serde_json::from_str::<serde_json::Value>(&text).map_err(|error| named(&error))?;
    Rules::from_value(value).map_err(|error| named(&error))
}

/// The signals that end the server. They are listened for before anybody can know that it runs.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for Ctrl-C or SIGTERM.
    async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn banner(server: &Server) -> String {
    let url = server.base_url();
    format!(
        "mock-upstream listens on {url}\n\n  curl -N {url}/v1/chat/completions -H 'content-type: application/json' \\\n    \
         -d '{{\"model\":\"mock-reasoner\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}}]}}'\n"
    )
}

fn complain(code: u8, message: &str) -> ExitCode {
    say(&format!("mock-upstream: {message}"));
    ExitCode::from(code)
}

/// Writes to stderr; where that is gone, there is nobody to tell.
fn say(message: &str) {
    drop(writeln!(io::stderr(), "{message}"));
}
