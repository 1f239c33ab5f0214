//! A configuration that changes while the gateway runs.

mod kept;
mod listed;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};

use mock_upstream::Server;
use serde_json::{Value, json};

use crate::process::listener::{Listener, answers, hear};
use crate::process::{Gateway, command, empty_folder, mock, question};

async fn says(answer: &str) -> Server {
    mock(json!([{"when": {"kind": "answer"}, "do": {"answer": answer, "tps": 200}}])).await
}

fn write(path: &Path, upstream: &str) {
    replace(
        path,
        &format!("upstreams: {{a: {{base_url: \"{upstream}\"}}}}\ndefault_upstream: a\n"),
    );
}

fn replace(path: &Path, text: &str) {
    // As editors and deployments do: a new file takes the place of the old one.
    let fresh = path.with_extension("new");
    fs::write(&fresh, text).expect("a file can be written");
    fs::rename(fresh, path).expect("and be moved");
}

fn path(name: &str) -> PathBuf {
    empty_folder(name).join("gateway.yaml")
}

async fn gateway(path: &Path) -> Gateway {
    let settings = [("GATEWAY_CONFIG", path.to_str().expect("a path is text"))];
    Gateway::at("http://127.0.0.1:1", &settings).await
}

fn was_reloaded(line: &Value) -> bool {
    line["message"]
        .as_str()
        .is_some_and(|text| text.starts_with("the configuration was read again"))
}

#[tokio::test]
async fn a_signal_or_a_changed_file_changes_who_answers() {
    let (one, two, three) = (says("one").await, says("two").await, says("three").await);
    let path = path("reload-changes");
    write(&path, &one.base_url());
    let gateway = gateway(&path).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "one");

    write(&path, &two.base_url());
    gateway.until_logged(was_reloaded).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "two", "nobody had to ask");

    write(&path, &three.base_url());
    gateway.signal("HUP").await;
    let asked = |line: &Value| {
        was_reloaded(line)
            && line["message"].as_str().is_some_and(|text| text.ends_with("asked to"))
    };
    gateway.until_logged(asked).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "three");
}

#[tokio::test]
async fn an_open_answer_keeps_what_it_began_with() {
    let long = "word ".repeat(200);
    let (old, new) = (says(&long).await, says("new").await);
    let path = path("reload-streams");
    write(&path, &old.base_url());
    let gateway = gateway(&path).await;
    let mut open = Listener::ask(&gateway, question("Why?")).await;
    open.until("output.delta").await;
    write(&path, &new.base_url());
    gateway.until_logged(was_reloaded).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "new");
    let rest = open.rest().await;
    assert_eq!(rest.finish(), "stop", "the stream went on");
    assert!(rest.answer.len() > 100, "and was far from its end: {}", rest.answer.len());
    assert_eq!(answers(&old).len(), 1);
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_is_told() {
    let upstream = says("fine").await;
    let path = path("reload-bad");
    write(&path, &upstream.base_url());
    let gateway = gateway(&path).await;
    for bad in ["upstreams: {a: {api_key: canary}}\n", "a: [", ""] {
        fs::write(&path, bad).unwrap();
        gateway.signal("HUP").await;
        let seen = gateway.log().iter().filter(|line| line["level"] == "ERROR").count();
        let told = gateway
            .until_logged(|line| {
                line["level"] == "ERROR"
                    && line["message"].as_str().is_some_and(|it| it.contains("nothing was changed"))
            })
            .await;
        assert!(told["message"].as_str().unwrap().contains("gateway.yaml"), "{told}: {seen}");
        assert_eq!(hear(&gateway, question("Why?")).await.answer, "fine", "after {bad:?}");
    }
    let all = gateway.stderr().join("\n");
    assert!(!all.contains("canary"), "{all}");
}

#[tokio::test]
async fn without_a_file_a_signal_reads_dot_env_again() {
    let (one, two) = (says("one").await, says("two").await);
    let folder = empty_folder("reload-dot-env");
    let write = |url: String| fs::write(folder.join(".env"), format!("UPSTREAM_BASE_URL={url}\n"));
    write(one.base_url()).unwrap();
    let mut command = command(&[]);
    command.current_dir(&folder);
    let gateway = Gateway::of(command).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "one");
    write(two.base_url()).unwrap();
    gateway.signal("HUP").await;
    gateway.until_logged(was_reloaded).await;
    assert_eq!(hear(&gateway, question("Why?")).await.answer, "two");
}
