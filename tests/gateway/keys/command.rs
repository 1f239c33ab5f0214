//! `inference-gateway key` with the real program: secrets are printed once and stand nowhere.

use std::os::unix::fs::PermissionsExt;

use inference_gateway::store::digest::Digest;
use serde_json::json;

use super::{KeyFile, ask, holds, outcome};
use crate::process::{Gateway, Settings, command, empty_folder, mock, output};

#[tokio::test]
async fn a_key_is_made_listed_and_revoked() {
    let file = KeyFile::new("key-command");
    let secret = file.make(&["alice"]).await;
    let limits = "--models=big,small --requests-per-minute=60 --tokens-per-minute=9000 \
        --tokens-per-day=100000 --max-concurrent=2 --visibility=none --expires-in=30d";
    let args: Vec<&str> = ["bob"].into_iter().chain(limits.split_whitespace()).collect();
    let other = file.make(&args).await;
    assert!(secret.starts_with("igw_") && secret != other, "{secret} {other}");

    assert!(!holds(&file.0, &secret), "the secret stands in the file");
    let mode = std::fs::metadata(&file.0).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    let (code, list) = file.run(&["list"]).await;
    assert_eq!(code, Some(0), "{list}");
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(lines[0].starts_with("alice ") && lines[0].ends_with("any model"), "{list}");
    for part in [
        "big|small",
        "60 requests a minute",
        "9000 tokens a minute",
        "100000 tokens a day",
        "2 at once",
        "sees none",
        "expires 20",
    ] {
        assert!(lines[1].contains(part), "{part}: {list}");
    }
    assert!(!list.contains(&secret) && !list.contains("sha256"), "{list}");

    assert_eq!(file.run(&["revoke", "alice"]).await, (Some(0), "revoked alice\n".to_owned()));
    assert_eq!(file.run(&["list"]).await.1.lines().count(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let file = KeyFile::new("key-command-wrong");
    file.make(&["alice"]).await;
    let before = std::fs::read(&file.0).unwrap();
    for (args, code, expected) in [
        (&["new", "alice"][..], 1, "named alice already"),
        (&["new", "two words"], 1, "64 letters"),
        (&["new", "x", "--requests-per-minute=0"], 2, "--requests-per-minute"),
        (&["new", "x", "--expires-in=soon"], 2, "30d"),
        (&["new", "x", "--visibility=all"], 2, "summary"),
        (&["revoke", "nobody"], 1, "no key named nobody"),
        (&["new"], 2, "NAME"),
        (&[], 2, "revoke"),
    ] {
        let (got, printed) = file.run(args).await;
        assert_eq!(got, Some(code), "{args:?}: {printed}");
        assert!(printed.contains(expected), "{args:?}: {printed}");
    }
    assert_eq!(std::fs::read(&file.0).unwrap(), before);
    let without = output(command(&[]).args(["key", "list"])).await;
    assert_eq!(without.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&without.stderr).contains("KEYS_FILE is not set"));
}

/// Runs `inference-gateway key` with these settings: its exit code, and what it printed.
async fn run(settings: Settings<'_>, args: &[&str]) -> (Option<i32>, String) {
    let output = output(command(settings).arg("key").args(args)).await;
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).expect("it prints text"))
}

#[tokio::test]
async fn the_configuration_says_where_keys_stand() {
    let folder = empty_folder("key-config");
    let place = |name: &str| folder.join(name).to_str().expect("text").to_owned();
    let (config, listed, other) =
        (place("gateway.yaml"), place("listed.json"), place("other.json"));
    // What it does not need may be wrong, or for another machine to know.
    let rest =
        "upstreams: {a: {base_url: \"http://h\", api_key: \"${NOT_HERE}\"}}\ndefault_model: x\n";
    std::fs::write(&config, format!("{rest}keys: {{file: \"{listed}\"}}\n")).unwrap();
    let own = ("GATEWAY_CONFIG", config.as_str());
    let (code, secret) = run(&[own], &["new", "alice"]).await;
    assert_eq!((code, secret.starts_with("igw_")), (Some(0), true), "{secret}");
    assert!(holds(listed.as_ref(), "alice"));

    let variable = ("KEYS_FILE", other.as_str());
    assert_eq!(run(&[own, variable], &["new", "bob"]).await.0, Some(0), "a variable wins");
    assert_eq!(run(&[own], &["list", "--keys-file", &other]).await.1.lines().count(), 1);
    assert!(holds(other.as_ref(), "bob") && !holds(listed.as_ref(), "bob"));
    assert!(run(&[own], &["list"]).await.1.starts_with("alice "));

    std::fs::write(&config, format!("{rest}keys: {{files: \"{listed}\"}}\n")).unwrap();
    let (code, told) = run(&[own], &["list"]).await;
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("keys.files: unknown field files"), "{told}");
    assert!(!told.contains("NOT_HERE") && !told.contains("default_model"), "{told}");
    std::fs::write(&config, rest).unwrap();
    let (code, told) = run(&[own], &["list"]).await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("KEYS_FILE is not set"), "{told}");
    let missing = ("GATEWAY_CONFIG", "nowhere.yaml");
    let (code, told) = run(&[missing], &["list"]).await;
    assert_eq!((code, told.contains("nowhere.yaml: can't be read")), (Some(2), true), "{told}");
}

/// What a file lists is shown, and changed there alone.
#[tokio::test]
async fn keys_that_the_configuration_lists_are_named() {
    let folder = empty_folder("key-inline");
    let config = folder.join("gateway.yaml").display().to_string();
    let digest = Digest::of(b"secret");
    let text = format!(
        "upstreams: {{a: {{kind: echo}}}}\nmodels: {{m: {{targets: [{{upstream: a}}]}}}}\n\
        keys: {{inline: [{{name: team-a, models: [m], digest: \"{digest}\"}}]}}\n"
    );
    std::fs::write(&config, text).unwrap();
    let run = async |args: &[&str]| {
        let output = output(command(&[("GATEWAY_CONFIG", &config)]).arg("key").args(args)).await;
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(printed).unwrap())
    };
    let (code, told) = run(&["list"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("the keys stand in the file that GATEWAY_CONFIG names"), "{told}");
    assert!(told.lines().nth(1).unwrap().starts_with("team-a  "), "{told}");
    for args in [&["new", "bob"][..], &["revoke", "team-a"]] {
        let (code, told) = run(args).await;
        assert_eq!((code, told.contains("changed there")), (Some(1), true), "{told}");
    }
}

/// A key for a model that nobody serves is told where it is made, and where it is taken over.
#[tokio::test]
async fn a_key_for_no_model_is_told() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let folder = empty_folder("key-no-model");
    let [config, keys] =
        ["gateway.yaml", "keys.json"].map(|name| folder.join(name).display().to_string());
    let text = format!(
        "upstreams: {{a: {{base_url: \"{}\"}}}}\nmodels: {{m: {{targets: [{{upstream: a}}]}}}}\n",
        upstream.base_url()
    );
    std::fs::write(&config, text).unwrap();
    let settings = [("GATEWAY_CONFIG", config.as_str()), ("KEYS_FILE", keys.as_str())];
    for (name, models, lost) in
        [("old", "--models=m,nosuch", Some("nosuch")), ("good", "--models=m", None)]
    {
        let output = output(command(&settings).args(["key", "new", name, models])).await;
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(output.stdout.starts_with(b"igw_"), "the secret alone is printed");
        assert_eq!(stderr.lines().count(), usize::from(lost.is_some()), "{stderr}");
        assert!(lost.is_none_or(|lost| stderr.contains(name) && stderr.contains(lost)), "{stderr}");
    }
    let gateway = Gateway::of(command(&settings)).await;
    let told = gateway.until_logged(|line| line["level"] == "WARN").await;
    assert_eq!(told["names"], "old (nosuch)", "{told}");
    gateway.until_logged_times(1, |line| line["level"] == "WARN").await;
}

#[tokio::test]
async fn keys_come_and_go_without_a_restart() {
    let upstream = mock(json!({"answer": "fine"})).await;
    let file = KeyFile::new("key-live");
    let alice = file.make(&["alice"]).await;
    let gateway = file.gateway(&upstream, &[]).await;
    assert_eq!(ask(&gateway, &alice).await.status, 200);

    let bob = file.make(&["bob"]).await;
    until_keys(&gateway, 2).await;
    assert_eq!(ask(&gateway, &bob).await.status, 200);

    file.run(&["revoke", "alice"]).await;
    gateway.until_logged_times(2, |line| line["count"].is_number()).await;
    assert_eq!(outcome(&ask(&gateway, &alice).await), (401, "invalid_api_key".to_owned()));
    assert_eq!(ask(&gateway, &bob).await.status, 200);

    std::fs::write(&file.0, "{").unwrap();
    let told = gateway.until_logged(|line| line["level"] == "ERROR").await;
    assert!(told["message"].as_str().unwrap().contains("the keys stay as they are"), "{told}");
    assert_eq!(ask(&gateway, &bob).await.status, 200);
    for secret in [&alice, &bob] {
        assert!(!gateway.stderr().iter().any(|line| line.contains(secret.as_str())));
    }
}

async fn until_keys(gateway: &Gateway, count: u64) {
    gateway.until_logged(|line| line["count"] == count).await;
}

#[tokio::test]
async fn an_open_door_is_opened_on_purpose() {
    for (settings, expected) in [
        (&[("BIND_ADDR", "0.0.0.0:0")][..], "ALLOW_ANONYMOUS=true"),
        (&[("KEYS_FILE", "no-such-file.json")], "no-such-file.json"),
    ] {
        let output = output(&mut command(settings)).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(expected) && stderr.contains("key new NAME"), "{stderr}");
    }
}
