//! A real Redis of a test's own, which may be killed and stalled.

use std::path::Path;
use std::process::Stdio;

use inference_gateway::relay::task::{Started, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, sleep, sleep_until};

use super::soon;

/// A Redis that keeps nothing on disk. Dropping it kills it.
pub(crate) struct RedisServer {
    port: u16,
    scheme: &'static str,
    child: Child,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let port = free_port();
        Self { port, scheme: "redis", child: run(port).await }
    }

    /// One that speaks TLS alone, as `localhost`, with this certificate and its key, both in PEM.
    pub(crate) async fn with_tls(certificate: &Path, key: &Path) -> Self {
        let port = free_port();
        let mut command = command();
        command.args(["--port", "0", "--tls-auth-clients", "no", "--tls-port"]);
        command.arg(port.to_string()).arg("--tls-cert-file").arg(certificate);
        command.arg("--tls-key-file").arg(key).arg("--tls-ca-cert-file").arg(certificate);
        let child = command.spawn().expect("redis-server is installed, with TLS");
        soon("Redis's socket", async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        Self { port, scheme: "rediss", child }
    }

    pub(crate) fn url(&self) -> String {
        let host = if self.scheme == "redis" { "127.0.0.1" } else { "localhost" };
        format!("{}://{host}:{}/0", self.scheme, self.port)
    }

    /// The URL of a way to it on which each answer takes this long, for as long as the handle lives.
    pub(crate) async fn afar(&self, delay: Duration) -> (String, Started<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let near = listener.local_addr().expect("it has an address").port();
        let far = self.port;
        let carrying = start(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", far)).await.expect("it runs");
                carry(client, server, delay).await;
            }
        });
        (format!("redis://127.0.0.1:{near}/0"), carrying)
    }

    /// Ends at once, and takes with it what it knew.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Runs again, knowing nothing.
    pub(crate) async fn restart(&mut self) {
        self.child = run(self.port).await;
    }

    /// Takes connections from here on, and answers nothing.
    pub(crate) async fn stall(&self) {
        self.signal("STOP").await;
    }

    /// Answers again.
    pub(crate) async fn resume(&self) {
        self.signal("CONT").await;
    }

    async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").arg(format!("-{name}")).arg(pid).status().await;
        assert!(sent.expect("kill runs").success());
    }
}

/// Carries what a client sends at once, and what it is answered later, in order.
async fn carry(mut client: TcpStream, mut server: TcpStream, delay: Duration) {
    let (mut asked, mut answered) = client.split();
    let (mut answers, mut asks) = server.split();
    let (under_way, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let asking = async { tokio::io::copy(&mut asked, &mut asks).await.map(drop) };
    let answering = async move {
        let mut buffer = [0; 4096];
        while let read @ 1.. = answers.read(&mut buffer).await? {
            let arrival = (Instant::now() + delay, buffer[..read].to_vec());
            under_way.send(arrival).await.map_err(std::io::Error::other)?;
        }
        Ok(())
    };
    let delivering = async {
        while let Some((at, bytes)) = arriving.recv().await {
            sleep_until(at).await;
            answered.write_all(&bytes).await?;
        }
        Ok(())
    };
    // An error means that one of them has left.
    let _ = tokio::try_join!(asking, answering, delivering);
}

/// A port that nobody listens at.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

fn command() -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(port: u16) -> Child {
    let mut command = command();
    command.arg("--port").arg(port.to_string());
    let child = command.spawn().expect("redis-server is installed (apt-get install redis-server)");
    soon("Redis's answer", async {
        while !answers(port).await {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    child
}

async fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let mut answer = [0; 7];
    stream.write_all(b"PING\r\n").await.is_ok()
        && stream.read_exact(&mut answer).await.is_ok()
        && answer.starts_with(b"+PONG")
}
