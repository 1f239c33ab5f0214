//! Two gateways behind nginx: one service, of which one half may die in the middle of an answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{key, outcome};
use crate::process::redis::{RedisServer, free_port};
use crate::process::wire::{Reply, Wire};
use crate::process::{Gateway, empty_folder, mock, question, soon, with};

/// An nginx before two gateways, in turns. Dropping it kills it.
struct Balancer {
    addr: SocketAddr,
    _child: Child,
}

impl Balancer {
    async fn before(folder: &Path, gateways: [&Gateway; 2]) -> Self {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let conf = folder.join("nginx.conf");
        let text = configuration(folder, addr, gateways.map(|gateway| gateway.addr));
        std::fs::write(&conf, text).expect("it can be written");
        // Where Debian puts it, which is in root's search path alone.
        let usual = Path::new("/usr/sbin/nginx");
        let mut command = Command::new(if usual.exists() { usual } else { Path::new("nginx") });
        command.arg("-p").arg(folder).arg("-c").arg(conf);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().expect("nginx is installed (apt-get install nginx-light)");
        soon("nginx", async { while TcpStream::connect(addr).await.is_err() {} }).await;
        Self { addr, _child: child }
    }

    async fn begin(&self) -> Wire {
        self.begin_as("", question("hi")).await
    }

    async fn begin_as(&self, secret: &str, body: Value) -> Wire {
        let mut wire = Wire::connect(self.addr).await;
        let headers = [("X-Forwarded-For", "1.2.3.4"), ("X-API-Key", secret)];
        wire.chat_as(&headers, body).await;
        wire
    }

    async fn ask_as(&self, secret: &str, members: Value) -> Reply {
        self.begin_as(secret, with(question("hi"), members)).await.reply().await
    }

    /// Asks until two replies in a row are as wanted: one of each gateway.
    async fn until_both(&self, secret: &str, members: Value, wanted: impl Fn(&Reply) -> bool) {
        let mut row = 0;
        soon("the same of both", async {
            while row < 2 {
                let reply = self.ask_as(secret, members.clone()).await;
                row = if wanted(&reply) { row + 1 } else { 0 };
            }
        })
        .await;
    }

    async fn ask(&self) -> Reply {
        self.begin().await.reply().await
    }
}

fn configuration(folder: &Path, addr: SocketAddr, gateways: [SocketAddr; 2]) -> String {
    let folder = folder.display();
    let [one, other] = gateways;
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n\
        events {{}}\n\
        http {{\n\
        access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;\n\
        fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;\n\
        upstream gateways {{ server {one} max_fails=0; server {other} max_fails=0; }}\n\
        server {{ listen {addr}; location / {{\n\
        proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
        proxy_set_header X-Forwarded-For $remote_addr; proxy_buffering off;\n\
        proxy_next_upstream error timeout non_idempotent;\n\
        }} }} }}\n"
    )
}

#[tokio::test]
async fn limits_hold_for_both_and_either_serves_when_the_other_dies() {
    let script = json!([
        {"when": {"kind": "answer", "attempt": [1, 2]}, "do": {"stall": {"token": 1}}},
        {"do": {"answer": "fine"}},
    ]);
    let (server, upstream) = (RedisServer::start().await, mock(script).await);
    let url = server.url();
    let settings = [
        ("REDIS_URL", url.as_str()),
        ("RATE_LIMIT_REQUESTS", "8"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let one = Gateway::before(&upstream, &settings).await;
    let other = Gateway::before(&upstream, &settings).await;
    let folder = empty_folder("balanced");
    let balancer = Balancer::before(&folder, [&one, &other]).await;

    let (mut first, mut second) = (balancer.begin().await, balancer.begin().await);
    assert_eq!([first.head().await.status, second.head().await.status], [200, 200]);
    drop(one);
    let broken = async {
        tokio::select! {
            _ = first.closed() => {}
            _ = second.closed() => {}
        }
    };
    soon("the end of the stream that broke", broken).await;

    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(balancer.ask().await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429], "two of eight were taken before");
}

/// Whether a reply was given before.
fn is_hit(reply: &Reply) -> bool {
    reply.status == 200 && reply.header("x-cache") == Some("HIT")
}

fn is_spent(reply: &Reply) -> bool {
    outcome(reply) == (429, "budget_exceeded".to_owned())
}

#[tokio::test]
async fn keys_answers_and_budgets_hold_for_both_and_for_the_one_that_is_left() {
    let script = json!([
        {"when": {"kind": "answer", "model": "slow"}, "do": {"stall": {"token": 1}}},
        {"do": {"answer": "one two three four five six seven eight nine ten"}},
    ]);
    let (server, upstream) = (RedisServer::start().await, mock(script).await);
    let url = server.url();
    let settings = [("REDIS_URL", url.as_str()), ("KEYS_IN_REDIS", "true"), ("CACHE_TTL", "60")];
    let (_, alice) = key(&url, &["new", "alice"]).await;
    let (_, bob) = key(&url, &["new", "bob", "--tokens-per-day=100"]).await;
    let one = Gateway::before(&upstream, &settings).await;
    let other = Gateway::before(&upstream, &settings).await;
    let folder = empty_folder("balanced-all");
    let balancer = Balancer::before(&folder, [&one, &other]).await;

    let (asked, again) = (json!({"cache": false}), json!({"cache": true}));
    balancer.until_both("wrong", asked.clone(), |reply| reply.status == 401).await;
    balancer.until_both(&alice, asked.clone(), |reply| reply.status == 200).await;
    balancer.until_both(&alice, again.clone(), is_hit).await;
    balancer.until_both(&bob, asked.clone(), is_spent).await;

    let slow = with(question("hi"), json!({"model": "slow"}));
    let mut streams =
        [balancer.begin_as(&alice, slow.clone()).await, balancer.begin_as(&alice, slow).await];
    for stream in &mut streams {
        assert_eq!(stream.head().await.status, 200);
    }
    let open = || upstream.calls().iter().filter(|call| call.ended.is_none()).count();
    soon("two answers under way", async {
        while open() < 2 {
            tokio::task::yield_now().await
        }
    })
    .await;
    drop(one);
    soon("the end of the one that died", async {
        while open() > 1 {
            tokio::task::yield_now().await
        }
    })
    .await;

    balancer.until_both("wrong", asked.clone(), |reply| reply.status == 401).await;
    balancer.until_both(&alice, again, is_hit).await;
    balancer.until_both(&bob, asked.clone(), is_spent).await;
    for _ in 0..6 {
        let reply = balancer.ask_as(&alice, asked.clone()).await;
        assert_eq!(reply.status, 200, "the other one serves on: {}", reply.text());
    }
    assert_eq!(open(), 1, "and so does the stream that it had begun");
}
