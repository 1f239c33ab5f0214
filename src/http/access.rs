//! Who may ask: every request passes here, save for the paths that are open to all.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::client_address::{Peer, client_address};
use super::problem::Problem;
use super::router::Gateway;
use crate::policy::account::{DAY, Exceeded, Standings};
use crate::policy::bucket::Standing;

/// The paths that need no key: whether the gateway lives and takes traffic, its page, and its
/// documentation. None of them calls an upstream.
const OPEN: [&str; 7] =
    ["/", "/healthz", "/health/live", "/ready", "/health/ready", "/docs", "/openapi.json"];
/// What everything below is open as well.
const OPEN_BELOW: [&str; 2] = ["/assets/", "/docs/"];

/// When to ask again where an answer has to end first, and nobody knows when.
const A_MOMENT: Duration = Duration::from_secs(1);

/// The other header that a key may come in.
const API_KEY: &str = "x-api-key";

/// The header names of one limit: limit, remaining, reset.
type Names = [HeaderName; 3];
const REQUESTS: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
const TOKENS: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];
const TOKENS_DAY: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens-day"),
    HeaderName::from_static("x-ratelimit-remaining-tokens-day"),
    HeaderName::from_static("x-ratelimit-reset-tokens-day"),
];
const CONCURRENCY: Names = [
    HeaderName::from_static("x-ratelimit-limit-concurrency"),
    HeaderName::from_static("x-ratelimit-remaining-concurrency"),
    HeaderName::from_static("x-ratelimit-reset-concurrency"),
];

/// One limit, as it is told.
struct Limit {
    name: &'static str,
    names: Names,
    most: u64,
    /// What it counts, as the policy's other parameters say it.
    unit: Unit,
    remaining: u64,
    more_after: Duration,
    full_after: Duration,
}

/// What a limit counts.
enum Unit {
    /// In so many seconds.
    Window(u64),
    /// At once.
    Concurrent,
}

/// Lets a request in, or answers it with 401 or 429.
pub(super) async fn access(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    if is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let peer =
        request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |it| it.0);
    let from = client_address(peer, request.headers(), &gateway.config.trusted_proxies);
    let (standings, admitted) = gateway.relay.admit(secret(request.headers()), from).await;
    let mut response = match admitted {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(failure) => Problem::Failed(failure).into_response(),
    };
    let reached = reached(&response);
    tell(&standings, reached, response.headers_mut());
    response
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || OPEN_BELOW.iter().any(|folder| path.starts_with(folder))
}

/// The secret that a request presents. An `Authorization` of another scheme is a proxy's, and an
/// empty one an SDK's that was given no key.
fn secret(headers: &HeaderMap) -> Option<&[u8]> {
    let bearers = headers.get_all(header::AUTHORIZATION).iter();
    let own = headers.get(API_KEY).map(|value| value.as_bytes().trim_ascii());
    let mut secrets = bearers.filter_map(|value| bearer(value.as_bytes())).chain(own);
    secrets.find(|secret| !secret.is_empty())
}

/// What follows `Bearer`, if that is the scheme.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, secret) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| secret.trim_ascii())
}

/// The caller's own limit that a response refuses the request for.
fn reached(response: &Response) -> Option<Exceeded> {
    let Some(Problem::Failed(failure)) = response.extensions().get() else { return None };
    failure.limit.as_deref().copied()
}

/// What is left, as the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10) and as OpenAI tells it.
/// A limit without a standing of its own is told once it is reached.
fn tell(standings: &Standings, reached: Option<Exceeded>, headers: &mut HeaderMap) {
    let requests = standings.requests.map(|it| Limit::of("requests", REQUESTS, &it));
    let tokens = standings.tokens.map(|it| Limit::of("tokens", TOKENS, &it));
    let (mut policy, mut left) = (String::new(), String::new());
    for limit in [requests, tokens, reached.and_then(Limit::reached)].into_iter().flatten() {
        let comma = if policy.is_empty() { "" } else { ", " };
        let Limit { name, most, unit, remaining, .. } = &limit;
        let more = whole_seconds(limit.more_after);
        // Writing to a String can't fail.
        let _ = match unit {
            Unit::Window(seconds) => write!(policy, "{comma}\"{name}\";q={most};w={seconds}"),
            Unit::Concurrent => {
                write!(policy, "{comma}\"{name}\";q={most};qu=\"concurrent-requests\"")
            }
        };
        let _ = write!(left, "{comma}\"{name}\";r={remaining};t={more}");
        tell_as_openai(limit, headers);
    }
    if !policy.is_empty() {
        insert(headers, HeaderName::from_static("ratelimit-policy"), &policy);
        insert(headers, HeaderName::from_static("ratelimit"), &left);
    }
}

impl Limit {
    fn of(name: &'static str, names: Names, standing: &Standing) -> Self {
        let Standing { rate, remaining, more_after, full_after } = *standing;
        let unit = Unit::Window(rate.period.as_secs());
        Self { name, names, most: rate.limit, unit, remaining, more_after, full_after }
    }

    /// One that is reached, and stands in no [`Standings`].
    fn reached(exceeded: Exceeded) -> Option<Self> {
        let (name, names, most, unit, wait) = match exceeded {
            Exceeded::Budget(most, wait) => {
                ("tokens-day", TOKENS_DAY, most, Unit::Window(DAY), wait)
            }
            Exceeded::Concurrent(most) => {
                ("concurrency", CONCURRENCY, most.into(), Unit::Concurrent, A_MOMENT)
            }
            Exceeded::Requests(_) | Exceeded::Tokens(_) => return None,
        };
        Some(Self { name, names, most, unit, remaining: 0, more_after: wait, full_after: wait })
    }
}

fn tell_as_openai(it: Limit, headers: &mut HeaderMap) {
    let [limit, remaining, reset] = it.names;
    headers.insert(limit, it.most.into());
    headers.insert(remaining, it.remaining.into());
    insert(headers, reset, &readable(it.full_after));
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Rounded up: a client that comes too early has come for nothing.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// A time as OpenAI writes it: `120ms`, `1s`, `6m0s`.
fn readable(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{}ms", time.as_micros().div_ceil(1_000));
    }
    match whole_seconds(time) {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{is_open, readable, secret, tell};
    use crate::policy::account::{Exceeded, Standings};
    use crate::policy::bucket::{Bucket, Rate};
    use crate::relay::cost::House;

    fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
        let rows = rows
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        rows.collect()
    }

    #[test]
    fn finds_the_secret() {
        for (rows, expected) in [
            (&[][..], None),
            (&[("authorization", "Bearer igw_1")], Some("igw_1")),
            (&[("authorization", "bearer   igw_1 ")], Some("igw_1")),
            (&[("x-api-key", "igw_1")], Some("igw_1")),
            (&[("authorization", "Bearer igw_1"), ("x-api-key", "igw_2")], Some("igw_1")),
            (&[("authorization", "Bearer ")], None),
            (&[("authorization", "")], None),
            (&[("x-api-key", " ")], None),
            (&[("authorization", "Basic dTpw")], None),
            (&[("authorization", "Bearer "), ("x-api-key", "igw_2")], Some("igw_2")),
            (&[("authorization", "Bearer"), ("x-api-key", "igw_2")], Some("igw_2")),
            (&[("authorization", "Basic dTpw"), ("x-api-key", "igw_2")], Some("igw_2")),
            (&[("authorization", "BEARER igw_1"), ("x-api-key", "igw_2")], Some("igw_1")),
            (&[("authorization", "igw_1")], None),
        ] {
            let headers = headers(rows);
            assert_eq!(secret(&headers), expected.map(str::as_bytes), "{rows:?}");
        }
    }

    #[test]
    fn health_docs_and_page_are_open_and_nothing_else() {
        for (path, expected) in [
            ("/healthz", true),
            ("/ready", true),
            ("/", true),
            ("/assets/page.js", true),
            ("/docs", true),
            ("/healthz/", false),
            ("/upstream-health", false),
            ("/metrics", false),
            ("/v1/models", false),
            ("/v1/chat/completions", false),
            ("/anything", false),
            ("//healthz", false),
        ] {
            assert_eq!(is_open(path), expected, "{path}");
        }
    }

    #[test]
    fn tells_what_is_left_in_both_ways() {
        let mut bucket = Bucket::default();
        bucket.take(Rate::per_minute(60), 20, 0).unwrap();
        let standing = |limit| Some(bucket.standing(Rate::per_minute(limit), 500_000_000));
        let mut told = HeaderMap::new();
        tell(&Standings { requests: standing(60), tokens: standing(6_000) }, None, &mut told);
        for (name, expected) in [
            ("ratelimit-policy", "\"requests\";q=60;w=60, \"tokens\";q=6000;w=60"),
            ("ratelimit", "\"requests\";r=40;t=1, \"tokens\";r=4050;t=1"),
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "40"),
            ("x-ratelimit-reset-requests", "20s"),
            ("x-ratelimit-remaining-tokens", "4050"),
        ] {
            assert_eq!(told[name], expected, "{name}");
        }
        let mut told = HeaderMap::new();
        tell(&Standings::default(), None, &mut told);
        assert!(told.is_empty(), "{told:?}");
        let spent = Exceeded::Budget(9, Duration::from_millis(3_599_001));
        tell(&Standings { requests: standing(60), tokens: None }, Some(spent), &mut told);
        for (name, expected) in [
            ("ratelimit-policy", "\"requests\";q=60;w=60, \"tokens-day\";q=9;w=86400"),
            ("ratelimit", "\"requests\";r=40;t=1, \"tokens-day\";r=0;t=3600"),
            ("x-ratelimit-limit-tokens-day", "9"),
            ("x-ratelimit-remaining-tokens-day", "0"),
            ("x-ratelimit-reset-tokens-day", "1h0m0s"),
        ] {
            assert_eq!(told[name], expected, "{name}");
        }
    }

    /// The time that this thread has had the processor.
    fn processor_time() -> Duration {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
    }

    /// Key, limits, model, targets, and headers; the least of several measurements.
    #[tokio::test]
    async fn a_request_costs_little_before_anything_is_called() {
        const REQUESTS: u32 = 2_000;
        let mut house = House::new(10_000);
        let mut least = Duration::MAX;
        for _ in 0..20 {
            let began = processor_time();
            for at in (0..).step_by(7).take(REQUESTS as usize) {
                let mut headers = HeaderMap::new();
                tell(&house.request(at).await, None, &mut headers);
                assert_eq!(headers.len(), 8);
            }
            least = least.min((processor_time() - began) / REQUESTS);
        }
        let most = Duration::from_micros(if cfg!(debug_assertions) { 200 } else { 10 });
        println!("{least:?} for key, limits, route and headers, among 10,000 keys");
        assert!(least < most, "{least:?}");
    }

    #[test]
    fn writes_times_as_openai_does() {
        for (ms, expected) in [
            (0, "0ms"),
            (12, "12ms"),
            (1_000, "1s"),
            (1_001, "2s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
        ] {
            assert_eq!(readable(Duration::from_millis(ms)), expected);
        }
    }
}
