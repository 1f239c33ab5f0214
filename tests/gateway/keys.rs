//! Keys: made by the command, asked for at every door, each with limits of its own.

mod command;
mod cost;
mod doors;
mod limits;
mod shapes;

use std::path::{Path, PathBuf};

use mock_upstream::Server;
use serde_json::Value;

use crate::process::wire::Reply;
use crate::process::{Gateway, Settings, command, empty_folder, output, question};

/// A key file of a test's own.
pub(crate) struct KeyFile(PathBuf);

impl KeyFile {
    pub(crate) fn new(name: &str) -> Self {
        Self(empty_folder(name).join("keys.json"))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path of ours is text")
    }

    /// Runs `inference-gateway key` with these arguments: its exit code, and what it printed.
    async fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = command(&[("KEYS_FILE", self.path())]);
        let output = output(command.arg("key").args(args)).await;
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(printed).expect("it prints text"))
    }

    /// Makes a key, and returns its secret.
    pub(crate) async fn make(&self, args: &[&str]) -> String {
        let (code, printed) = self.run(&[&["new"], args].concat()).await;
        assert_eq!(code, Some(0), "{printed}");
        printed.trim_end().to_owned()
    }

    /// Edits the file by hand.
    fn change(&self, change: impl FnOnce(&mut Value)) {
        let text = std::fs::read(&self.0).expect("it is there");
        let mut content = serde_json::from_slice(&text).expect("it is JSON");
        change(&mut content);
        std::fs::write(&self.0, content.to_string()).expect("it can be written");
    }

    /// A gateway that knows the keys in it.
    pub(crate) async fn gateway(&self, upstream: &Server, settings: Settings<'_>) -> Gateway {
        Gateway::before(upstream, &[&[("KEYS_FILE", self.path())], settings].concat()).await
    }
}

/// Asks a question with a key.
pub(crate) async fn ask(gateway: &Gateway, secret: &str) -> Reply {
    ask_as(gateway, &[("Authorization", &format!("Bearer {secret}"))]).await
}

/// Asks a question with these headers.
async fn ask_as(gateway: &Gateway, headers: &[(&str, &str)]) -> Reply {
    let mut wire = gateway.connect().await;
    wire.chat_as(headers, question("hi")).await;
    wire.reply().await
}

/// The status of a reply, and its code if it is a problem.
fn outcome(reply: &Reply) -> (u16, String) {
    let problem = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    (reply.status, problem["code"].as_str().unwrap_or("ok").to_owned())
}

/// Whether a file holds this text.
fn holds(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).expect("a file can be read").contains(text)
}
