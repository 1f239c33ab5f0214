//! For every setting a value that can be used, and one that can't.

use std::collections::BTreeSet;

use inference_gateway::config::read::read;
use inference_gateway::config::show::settings;

use super::invocation;

/// A setting with values to try.
pub(crate) type Sample = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// Name, a value other than the default, and a wrong one with a part of what is expected then.
pub(crate) const SAMPLES: [Sample; 60] = [
    ("BIND_ADDR", "0.0.0.0:9", Some(("localhost", "127.0.0.1:8000"))),
    ("ADMIN_ADDR", "127.0.0.1:9", Some(("9", "127.0.0.1:8000"))),
    ("GATEWAY_CONFIG", "gateway.yaml", None),
    ("ECHO", "true", Some(("perhaps", "boolean"))),
    ("UPSTREAM_BASE_URL", "https://host/v1", Some(("host/v1", "https://host/v1"))),
    ("UPSTREAM_PATH", "/v1/chat", Some(("chat", "/chat/completions"))),
    ("UPSTREAM_API_KEY", "flp_1", Some(("canary key", "printable"))),
    ("UPSTREAM_AUTO_WAKE", "true", Some(("perhaps", "boolean"))),
    ("UPSTREAM_MANAGEMENT_URL", "http://host", Some(("host", "https://host"))),
    ("SUMMARY_MODEL_DEFAULT", "small", None),
    ("SUMMARY_MODEL_FALLBACK", "tiny", None),
    ("ALLOW_MODELS", "big,small", Some(("big,,small", "commas"))),
    ("REQUEST_TIMEOUT", "0.5", Some(("0", "above 0"))),
    ("CONNECT_TIMEOUT", "1", Some(("-1", "seconds"))),
    ("HEADERS_TIMEOUT", "2", Some(("2s", "seconds"))),
    ("FIRST_TOKEN_TIMEOUT", "3", Some(("NaN", "seconds"))),
    ("IDLE_TIMEOUT", "4", Some(("inf", "seconds"))),
    ("REQUEST_DEADLINE", "5", Some(("604801", "604800"))),
    ("SUMMARY_TIMEOUT", "6", Some(("ten", "seconds"))),
    ("SUMMARY_MAX_STALL", "0.7", Some(("0", "seconds"))),
    ("SUMMARY_CACHE", "0", Some(("1000001", "1000000"))),
    ("SUMMARY_LIVE", "true", Some(("maybe", "value was not a boolean"))),
    ("REASONING_VISIBILITY", "raw", Some(("all", "summary"))),
    ("SUMMARY_STREAM", "false", Some(("maybe", "value was not a boolean"))),
    ("SUMMARY_SECTION_CHARS", "900", Some(("99", "from 100"))),
    ("SUMMARY_SECTION_SECS", "2", Some(("0", "seconds"))),
    ("REASONING_FALLBACK", "metadata", Some(("none", "metadata"))),
    ("MAX_REASONING_CHARS", "100", Some(("99", "100"))),
    ("MAX_PROMPT_CHARS", "1000000", Some(("1000001", "1000000"))),
    ("UPSTREAM_MAX_RETRIES", "0", Some(("-1", "at least 0"))),
    ("UPSTREAM_RETRY_BACKOFF", "0", Some(("-0.1", "from 0"))),
    ("UPSTREAM_MAX_RESTARTS", "0", Some(("1.5", "whole number"))),
    ("ENABLE_PARSE_REASONING", "no", Some(("maybe", "boolean"))),
    ("ON_MISSING_FINAL", "answer", Some(("nothing", "answer"))),
    ("CORS_ORIGINS", "https://a.example,*", Some(("a.example", "https://app.example"))),
    ("KEYS_FILE", "keys.json", None),
    ("REDIS_URL", "redis://host:6379/0", Some(("host:6379", "redis://host:6379/0"))),
    ("REDIS_CA_FILE", "roots.pem", None),
    ("KEYS_IN_REDIS", "yes", Some(("maybe", "boolean"))),
    ("ALLOW_ANONYMOUS", "yes", Some(("maybe", "boolean"))),
    ("TRUSTED_PROXIES", "10.0.0.0/8,::1", Some(("10.0.0.0/33", "10.0.0.0/8"))),
    ("RATE_LIMIT_REQUESTS", "1", Some(("0", "from 1"))),
    ("RATE_LIMIT_TOKENS", "1", Some(("-1", "from 1"))),
    ("RATE_LIMIT_CONCURRENCY", "1", Some(("0", "from 1 to 1000000"))),
    ("CACHE_TTL", "60", Some(("0", "above 0"))),
    ("CACHE_MAX_BYTES", "1", Some(("0", "from 1"))),
    ("MAX_PROMPT_TOKENS", "1", Some(("1e9", "from 1"))),
    ("PLAYGROUND", "false", Some(("perhaps", "boolean"))),
    ("MAX_BODY_BYTES", "1", Some(("0", "at least 1"))),
    ("MAX_CONCURRENT_STREAMS", "1", Some(("none", "at least 1"))),
    ("MAX_CONNECTIONS", "1", Some(("0", "at least 1"))),
    ("SHUTDOWN_GRACE", "0", Some(("-1", "from 0"))),
    ("LOG_FORMAT", "pretty", Some(("xml", "json"))),
    ("LOG_LEVEL", "debug", Some(("loud=loud", "debug"))),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318", Some(("host:4318", "https://host/v1"))),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=1", Some(("canary", "X-Key=secret"))),
    ("OTEL_SERVICE_NAME", "chat", None),
    ("OTEL_TRACES_SAMPLER", "always_off", Some(("sometimes", "traceidratio"))),
    ("OTEL_TRACES_SAMPLER_ARG", "0.1", Some(("2", "from 0 to 1"))),
    ("LOG_CONTENT", "true", Some(("perhaps", "boolean"))),
];

/// The flag of an environment variable.
pub(crate) fn flag(env: &str) -> String {
    format!("--{}", env.to_lowercase().replace('_', "-"))
}

#[test]
fn there_is_a_sample_of_every_setting() {
    let known: BTreeSet<String> = settings().into_iter().map(|setting| setting.env).collect();
    let sampled: BTreeSet<String> = SAMPLES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(known, sampled);
    for setting in settings() {
        assert_eq!(setting.flag, flag(&setting.env));
    }
}

#[test]
fn a_flag_is_as_good_as_a_variable() {
    let defaults = format!("{:?}", read(&invocation(&[], &[])).unwrap());
    for (name, value, _) in SAMPLES {
        let by_env = format!("{:?}", read(&invocation(&[], &[(name, value)])).unwrap());
        assert_ne!(by_env, defaults, "{name}={value} changes nothing");
        let flag = flag(name);
        let joined = format!("{flag}={value}");
        for args in [&[flag.as_str(), value][..], &[&joined], &["check", &joined]] {
            let by_flag = format!("{:?}", read(&invocation(args, &[])).unwrap());
            let by_flag =
                by_flag.replace("command: Some(Check { online: false })", "command: None");
            assert_eq!(by_flag, by_env, "{args:?}");
        }
        let padded = format!("  {value} ");
        let by_padded = format!("{:?}", read(&invocation(&[], &[(name, &padded)])).unwrap());
        assert_eq!(by_padded, by_env, "{name}={padded:?}");
    }
}

#[test]
fn an_empty_variable_is_none() {
    let defaults = format!("{:?}", read(&invocation(&[], &[])).unwrap());
    let env: Vec<_> = SAMPLES.iter().map(|(name, ..)| (*name, "")).collect();
    assert_eq!(format!("{:?}", read(&invocation(&[], &env)).unwrap()), defaults);
    let blank: Vec<_> = SAMPLES.iter().map(|(name, ..)| (*name, " \t")).collect();
    assert_eq!(format!("{:?}", read(&invocation(&[], &blank)).unwrap()), defaults);
}
