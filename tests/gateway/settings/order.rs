//! A flag overrules the environment, which overrules `.env`, which overrules the default.

use std::fs;
use std::path::Path;

use inference_gateway::config::read::{NoSettings, read};
use inference_gateway::config::settings::Command;
use inference_gateway::config::show::{check_report, settings};

use super::invocation;
use super::samples::SAMPLES;
use crate::process::redis::RedisServer;
use crate::process::{Settings, command, empty_folder, output};

/// The value that a report shows for a setting, and where it says that it comes from.
fn shown<'r>(report: &'r str, name: &str) -> (&'r str, &'r str) {
    let line = report.lines().find(|line| line.split_whitespace().next() == Some(name));
    let (value, origin) = line.and_then(|line| line.split_once('#')).expect("a line with both");
    (value.trim_start_matches(name).trim(), origin.trim())
}

async fn check(folder: &Path, args: &[&str], env: Settings<'_>) -> String {
    let output = output(command(env).current_dir(folder).arg("check").args(args)).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_flag_goes_before_a_variable() {
    let env = [("REQUEST_TIMEOUT", "7"), ("SUMMARY_TIMEOUT", "8")];
    let settings = read(&invocation(&["--request-timeout", "9"], &env)).unwrap();
    assert_eq!(settings.request_timeout.as_secs(), 9);
    assert_eq!(settings.summary_timeout.as_secs(), 8);
    assert_eq!(settings.connect_timeout.as_secs(), 5);
}

#[test]
fn a_flag_without_a_value_leaves_the_command_that_follows() {
    let check = Some(Command::Check { online: false });
    for (args, told, echo, command) in [
        (&["--echo"][..], "true", Some(true), None),
        (&["--echo", "check"], "true", Some(true), check.clone()),
        (&["check", "--echo"], "true", Some(true), check.clone()),
        (&["--echo=false", "check"], "false", Some(false), check.clone()),
        (&["--echo", "false", "check"], "false", Some(false), check.clone()),
        (&["--echo", "on"], "on", Some(true), None),
        (&["--echo", "--request-timeout", "9"], "true", Some(true), None),
        (&["--echo", "chekc"], "", None, None),
    ] {
        let invocation = invocation(args, &[]);
        match read(&invocation) {
            Ok(settings) => {
                assert_eq!((Some(settings.echo), settings.command), (echo, command), "{args:?}");
                let report = check_report(&invocation);
                assert_eq!(shown(&report, "ECHO"), (told, "flag"), "{args:?}");
            }
            Err(NoSettings::Problems(problems)) => {
                assert_eq!(echo, None, "{args:?}: {problems:?}");
                let [problem] = &problems[..] else { panic!("{problems:?}") };
                assert_eq!((&*problem.name, &*problem.value), ("--echo", "chekc"), "{problem}");
                assert!(problem.expected.contains("boolean"), "{problem}");
            }
            Err(NoSettings::Usage(error)) => panic!("{args:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn the_nearest_source_holds() {
    let folder = empty_folder("dot-env");
    let dot_env = "# a comment\nREQUEST_TIMEOUT=11\nSUMMARY_TIMEOUT = 12\nCONNECT_TIMEOUT='13'\n\
        UPSTREAM_API_KEY=\"canary\"\nIDLE_TIMEOUT=\nexport ALLOW_MODELS=a,b\n";
    fs::write(folder.join(".env"), dot_env).unwrap();
    let env = [("SUMMARY_TIMEOUT", "22"), ("CONNECT_TIMEOUT", "23")];
    let report = check(&folder, &["--connect-timeout", "33"], &env).await;
    for (name, expected) in [
        ("REQUEST_TIMEOUT", ("11", "environment or .env")),
        ("SUMMARY_TIMEOUT", ("22", "environment or .env")),
        ("CONNECT_TIMEOUT", ("33", "flag")),
        ("IDLE_TIMEOUT", ("(not set)", "default")),
        ("ALLOW_MODELS", ("a,b", "environment or .env")),
        ("UPSTREAM_API_KEY", ("***", "environment or .env")),
        ("REQUEST_DEADLINE", ("600", "default")),
    ] {
        assert_eq!(shown(&report, name), expected, "{report}");
    }
    assert!(!report.contains("canary"), "{report}");
}

#[tokio::test]
async fn the_configuration_file_gives_way_to_all_but_defaults() {
    let folder = empty_folder("file-order");
    let file = "upstreams: {a: {kind: echo}}\ndefault_upstream: a\n\
        limits: {requests_per_minute: 1, tokens_per_minute: 2, max_concurrent: 3, max_prompt_tokens: 4,\n  \
        max_body_bytes: 5, max_concurrent_streams: 6, max_connections: 7}\n\
        cache: {ttl: 0.5, max_bytes: 8}\nkeys: {file: keys.json}\n";
    fs::write(folder.join("gateway.yaml"), file).unwrap();
    fs::write(folder.join("keys.json"), "{\"keys\": []}").unwrap();
    fs::write(folder.join(".env"), "GATEWAY_CONFIG=gateway.yaml\nMAX_CONNECTIONS=70\n").unwrap();
    let env = [("RATE_LIMIT_TOKENS", "20"), ("RATE_LIMIT_REQUESTS", " ")];
    let report = check(&folder, &["--max-prompt-tokens=40"], &env).await;
    for (name, expected) in [
        ("RATE_LIMIT_REQUESTS", ("1", "file")),
        ("RATE_LIMIT_TOKENS", ("20", "environment or .env")),
        ("RATE_LIMIT_CONCURRENCY", ("3", "file")),
        ("MAX_PROMPT_TOKENS", ("40", "flag")),
        ("MAX_BODY_BYTES", ("5", "file")),
        ("MAX_CONCURRENT_STREAMS", ("6", "file")),
        ("MAX_CONNECTIONS", ("70", "environment or .env")),
        ("CACHE_TTL", ("0.5", "file")),
        ("CACHE_MAX_BYTES", ("8", "file")),
        ("KEYS_FILE", ("keys.json", "file")),
        ("LOG_FORMAT", ("json", "environment or .env")),
        ("SHUTDOWN_GRACE", ("25", "default")),
    ] {
        assert_eq!(shown(&report, name), expected, "{report}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_without_its_content() {
    let folder = empty_folder("broken-dot-env");
    for (case, content) in
        [("no value", "canary"), ("no end", "A=\"canary"), ("odd", "canary key=1")]
    {
        fs::write(folder.join(".env"), format!("# fine\n{content}\n")).unwrap();
        for args in [&[][..], &["check"]] {
            let output = output(command(&[]).current_dir(&folder).args(args)).await;
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{case} {args:?}: {stderr}");
            assert!(stderr.starts_with(".env"), "{case}: {stderr}");
            assert!(!stderr.contains("canary"), "{case}: {stderr}");
        }
    }
    fs::remove_file(folder.join(".env")).unwrap();
    fs::create_dir(folder.join(".env")).unwrap();
    let output = output(command(&[]).current_dir(&folder).arg("check")).await;
    assert_eq!(output.status.code(), Some(2), "a folder is no file");
}

#[test]
fn the_report_has_every_setting_and_no_secret() {
    let defaults = check_report(&invocation(&["check"], &[]));
    let env: Vec<_> = SAMPLES.iter().map(|(name, value, _)| (*name, *value)).collect();
    let given = check_report(&invocation(&["check"], &env));
    assert_eq!((defaults.lines().count(), given.lines().count()), (SAMPLES.len(), SAMPLES.len()));
    for (setting, (_, value, _)) in settings().iter().zip(SAMPLES) {
        let default = setting.default.as_deref().unwrap_or("(not set)");
        assert_eq!(shown(&defaults, &setting.env), (default, "default"));
        let value = if setting.secret { "***" } else { value };
        assert_eq!(shown(&given, &setting.env), (value, "environment or .env"));
    }
    for args in [["--upstream-api-key", "canary"], ["--upstream-api-key=canary", "check"]] {
        let report = check_report(&invocation(&args, &[]));
        assert_eq!(shown(&report, "UPSTREAM_API_KEY"), ("***", "flag"));
    }
}

#[tokio::test]
async fn the_check_fails_where_the_start_would() {
    let folder = empty_folder("check-fails");
    for (env, code, words) in [
        (&[("REQUEST_TIMEOUT", "soon")][..], 2, "REQUEST_TIMEOUT=soon"),
        (&[("KEYS_FILE", "/nonexistent")], 1, "KEYS_FILE=/nonexistent"),
        (&[("BIND_ADDR", "0.0.0.0:0")], 1, "BIND_ADDR=0.0.0.0:0 can be reached"),
        (&[("KEYS_IN_REDIS", "true")], 1, "REDIS_URL says where, and is not set"),
        (
            &[("REDIS_URL", "rediss://localhost"), ("REDIS_CA_FILE", "/nope")],
            1,
            "REDIS_CA_FILE=/nope: can't be read",
        ),
    ] {
        for (args, code) in [(&["check"][..], 2), (&[], code)] {
            let output = output(command(env).current_dir(&folder).args(args)).await;
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{env:?} {args:?}: {stderr}");
            assert!(stderr.contains(words), "{env:?} {args:?}: {stderr}");
            assert_eq!(output.stdout, b"", "{env:?} {args:?}");
        }
    }
}

/// The start survives a Redis that is away: so does the check, which says so.
#[tokio::test]
async fn the_check_tells_whether_redis_is_reached() {
    let folder = empty_folder("check-redis");
    let mut server = RedisServer::start().await;
    let (url, mut runs) = (server.url(), true);
    let url = ("REDIS_URL", url.as_str());
    let (online, keys) = (&["--echo", "check", "--online"][..], ("KEYS_IN_REDIS", "true"));
    let offline = &["--echo", "check"][..];
    for (is_up, args, env, code, expected) in [
        (true, online, &[url][..], 0, Some("reached")),
        (true, offline, &[url, keys], 0, Some("reached")),
        (true, offline, &[url], 0, None),
        (false, online, &[url], 1, Some("not reached (")),
        (false, offline, &[url, keys], 0, Some("not reached (")),
        (false, offline, &[url], 0, None),
    ] {
        if !is_up && std::mem::take(&mut runs) {
            server.kill().await;
        }
        let output = output(command(env).current_dir(&folder).args(args)).await;
        let report = String::from_utf8_lossy(&output.stdout);
        let line = report.lines().find_map(|line| line.strip_prefix("redis "));
        let told = line.map(|line| line.trim().split_inclusive('(').next().unwrap_or_default());
        let case = format!("up: {is_up}, {args:?}, {env:?}: {report}");
        assert_eq!((output.status.code(), told), (Some(code), expected), "{case}");
    }
}
