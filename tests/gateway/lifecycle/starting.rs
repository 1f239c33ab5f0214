//! Starting, or saying clearly why not.

use std::process::Stdio;
use std::thread::available_parallelism;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::process::{Gateway, command, mock, output, question};

#[tokio::test]
async fn says_where_it_listens() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[("UPSTREAM_API_KEY", "flp-canary")]).await;
    let first = gateway.stderr().remove(0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(first, format!("inference-gateway {version} listening on http://{}", gateway.addr));
    let url = format!("listening on http://{}", gateway.addr);
    let line = gateway.until_logged(|line| line["message"] == url).await;
    assert_eq!(line["addr"], gateway.addr.to_string());
    assert!(!gateway.stderr().join("\n").contains("flp-canary"), "{:#?}", gateway.stderr());
}

#[tokio::test]
async fn a_port_in_use_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = output(&mut command(&[("BIND_ADDR", &addr)])).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for part in [addr.as_str(), "in use", "BIND_ADDR"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[tokio::test]
async fn settings_that_are_wrong_stop_it() {
    let settings = [("BIND_ADDR", "here"), ("REQUEST_TIMEOUT", "soon")];
    let output = output(&mut command(&settings)).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for part in ["BIND_ADDR=here", "REQUEST_TIMEOUT=soon"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert!(!stderr.contains("listening"), "{stderr}");
}

/// An upstream may come later, and go.
#[tokio::test]
async fn the_upstream_need_not_be_there() {
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = place.local_addr().unwrap();
    drop(place);
    let settings = [("UPSTREAM_MAX_RETRIES", "0")];
    let gateway = Gateway::at(&format!("http://{addr}"), &settings).await;
    assert_eq!(gateway.get("/ready").await.status, 200);
    assert_eq!(gateway.get("/upstream-health").await.json()["status"], "degraded");
    assert_eq!(gateway.post(question("Why?")).await.status, 502);

    let options = mock_upstream::Options { bind: addr, ..mock_upstream::Options::instant() };
    let upstream = mock_upstream::Server::start(options).await.unwrap();
    assert_eq!(gateway.get("/upstream-health").await.json()["status"], "ok");
    assert_eq!(gateway.post(question("Why?")).await.status, 200);
    drop(upstream);
    assert_eq!(gateway.get("/upstream-health").await.json()["status"], "degraded");
}

/// `RUST_LOG` and proxies of the environment are not the gateway's settings.
#[tokio::test]
async fn other_variables_change_nothing() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let settings = [
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("RUST_LOG", "trace"),
    ];
    let gateway = Gateway::before(&upstream, &settings).await;
    assert_eq!(gateway.post(question("Why?")).await.status, 200);
    assert!(gateway.log().iter().all(|line| line["level"] == "INFO"), "{:#?}", gateway.log());
}

#[tokio::test]
async fn log_lines_are_json_or_text() {
    let upstream = mock(json!({"answer": "fine"})).await;
    for (format, is_json) in [("json", true), ("auto", true), ("pretty", false)] {
        let gateway = Gateway::before(&upstream, &[("LOG_FORMAT", format)]).await;
        let last = gateway.stderr().pop().unwrap();
        let parsed = serde_json::from_str::<serde_json::Value>(&last);
        assert_eq!(parsed.is_ok(), is_json && gateway.stderr().len() > 1, "{format}: {last}");
    }
}

/// On one core, as in a container that is allowed one, no thread has another one to wake.
#[tokio::test]
async fn on_one_core_one_thread_serves() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let settings = [("UPSTREAM_BASE_URL", upstream.base_url())];
    let pinned = begun_by("taskset", &["--cpu-list", &first_core()], &settings);
    let gateway = Gateway::of(pinned).await;
    assert_eq!(gateway.post(question("Why?")).await.status, 200);
    assert_eq!(workers(&gateway), 0);

    if available_parallelism().is_ok_and(|cores| cores.get() > 1) {
        let gateway = Gateway::before(&upstream, &[]).await;
        assert_eq!(gateway.post(question("Why?")).await.status, 200);
        assert!(workers(&gateway) > 1);
    }
}

/// Whoever opens one descriptor more than the table holds has all streams wait for a longer one.
#[tokio::test]
async fn there_is_room_for_every_connection_from_the_start() {
    let any = usize::MAX.to_string();
    for (limits, most, allowed) in [
        ("ulimit -Sn 256", "100", 1_424),
        ("ulimit -n 512", "100", 512),
        ("ulimit -n 512", any.as_str(), 512),
    ] {
        let names = ["MAX_CONNECTIONS", "MAX_CONCURRENT_STREAMS"];
        let settings = names.map(|name| (name, most.to_owned()));
        let limited = format!("{limits} && exec \"$0\"");
        let gateway = Gateway::of(begun_by("sh", &["-c", &limited], &settings)).await;
        assert_eq!(gateway.get("/ready").await.status, 200);
        let length = number_of(&gateway, "status", "FDSize:");
        let limit = number_of(&gateway, "limits", "Max open files");
        assert_eq!(limit, allowed, "{limits}");
        assert!(length >= allowed, "{limits}: {length}");
    }
}

/// The number that follows a name in what the system tells of a gateway.
fn number_of(gateway: &Gateway, page: &str, name: &str) -> u64 {
    let page = std::fs::read_to_string(format!("/proc/{}/{page}", gateway.pid())).expect("it runs");
    let value = page.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    let number = value.split_whitespace().next().expect("a number");
    number.parse().expect("a number")
}

/// A gateway that another program becomes.
fn begun_by(program: &str, words: &[&str], settings: &[(&str, String)]) -> Command {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let alone = command(&settings);
    let alone = alone.as_std();
    let mut begun = Command::new(program);
    begun.args(words).arg(alone.get_program()).env_clear();
    begun.envs(alone.get_envs().filter_map(|(name, value)| Some((name, value?))));
    begun.current_dir(alone.get_current_dir().expect("a folder"));
    begun.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    begun
}

/// The first core that this process may use.
fn first_core() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let cores = cores.expect("a list of cores").trim();
    cores.split(['-', ',']).next().expect("a core").to_owned()
}

/// How many threads of the runtime's own a gateway has.
fn workers(gateway: &Gateway) -> usize {
    let threads = std::fs::read_dir(format!("/proc/{}/task", gateway.pid())).expect("it runs");
    let names = threads.map(|thread| thread.expect("a thread").path().join("comm"));
    let names = names.filter_map(|path| std::fs::read_to_string(path).ok());
    names.filter(|name| name.starts_with("tokio")).count()
}
