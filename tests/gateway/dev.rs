//! `make run-gateway-dev`: what changes is built and started anew, with a compiler and a gateway of our own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::process::{empty_folder, soon};

/// Builds nothing, and fails where a file says so.
const CARGO: &str = "#!/bin/sh\n! test -e src/broken.rs\n";
/// Says its process's id, stays, and ends in order when it is told to.
const GATEWAY: &str = "#!/bin/sh\nsleep 600 &\ntrap 'kill $!; exit 0' TERM\necho $$\nwait\n";

/// The script while it runs. Dropping it stops it, and the script what it has started.
struct Dev {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
}

impl Dev {
    fn start(folder: &Path) -> Self {
        let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/dev.sh");
        let mut dev = Command::new("sh");
        dev.arg(script).arg(folder.join("bin")).current_dir(folder).env("PATH", path);
        let spawned = dev.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.expect("sh runs");
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let (stdout, stderr) = (BufReader::new(stdout).lines(), BufReader::new(stderr).lines());
        Self { child, stdout, stderr }
    }

    /// The process that runs next.
    async fn gateway(&mut self) -> String {
        line(&mut self.stdout).await.expect("a gateway begins")
    }

    async fn says(&mut self, expected: &str) {
        assert_eq!(line(&mut self.stderr).await.as_deref(), Some(expected));
    }

    fn tell_to_stop(&self) {
        if let Some(id) = self.child.id() {
            let kill = std::process::Command::new("kill").arg(id.to_string()).status();
            assert!(kill.expect("kill runs").success());
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.tell_to_stop();
    }
}

async fn line(from: &mut Lines<impl AsyncBufRead + Unpin>) -> Option<String> {
    soon("a line", from.next_line()).await.expect("it can be read")
}

/// A folder with the files that are watched, and the two programs.
fn project() -> PathBuf {
    let folder = empty_folder("dev");
    for place in ["src", "reasoning-stream/src", "bin"] {
        fs::create_dir_all(folder.join(place)).expect("a folder can be made");
    }
    let programs = [("bin/cargo", CARGO), ("bin/inference-gateway", GATEWAY)];
    for (file, text) in programs.into_iter().chain([("Cargo.toml", "")]) {
        write(&folder, file, text);
        let executable = PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join(file), executable).expect("it can be a program");
    }
    folder
}

fn write(folder: &Path, file: &str, text: &str) {
    fs::write(folder.join(file), text).expect("a file can be written");
}

fn lives(process: &str) -> bool {
    let mut kill = std::process::Command::new("kill");
    kill.args(["-0", process]).stderr(Stdio::null()).status().expect("kill runs").success()
}

#[tokio::test]
async fn what_changes_is_started_anew() {
    let folder = project();
    let mut dev = Dev::start(&folder);
    let mut gateway = dev.gateway().await;
    for (changed, text) in [
        ("src/new.rs", ""),
        ("src/new.rs", "//! More."),
        ("reasoning-stream/src/new.rs", ""),
        (".env", "LOG_LEVEL=debug"),
    ] {
        write(&folder, changed, text);
        dev.says("dev: something changed, building").await;
        let next = dev.gateway().await;
        assert!(lives(&next) && !lives(&gateway), "{changed}: {gateway}, then {next}");
        gateway = next;
    }

    write(&folder, "src/broken.rs", "");
    dev.says("dev: something changed, building").await;
    dev.says("dev: does not compile; the next change tries again").await;
    assert!(lives(&gateway), "the one that runs goes on");
    fs::remove_file(folder.join("src/broken.rs")).expect("it is there");
    dev.says("dev: something changed, building").await;
    let last = dev.gateway().await;

    dev.tell_to_stop();
    let ended = soon("the end", dev.child.wait()).await.expect("it can be waited for");
    assert_eq!(ended.code(), Some(143));
    assert!(!lives(&last) && !lives(&gateway), "no gateway is left");
    assert_eq!(line(&mut dev.stdout).await, None);
}
