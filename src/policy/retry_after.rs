//! How long a server asks us to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
//!
//! (RFC 9110 §10.2.3; `retry-after-ms` is Azure's and OpenAI's, and goes first as in their SDKs.)
//! What can't be read, is negative or lies in the past says nothing.

use std::time::{Duration, SystemTime};

/// Reads both headers' values.
pub fn parse(millis: Option<&str>, value: Option<&str>, now: SystemTime) -> Option<Duration> {
    millis.and_then(parse_millis).or_else(|| parse_seconds_or_date(value?, now))
}

fn parse_millis(value: &str) -> Option<Duration> {
    positive(value.trim().parse::<f64>().ok()? / 1_000.0)
}

fn parse_seconds_or_date(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return positive(seconds);
    }
    httpdate::parse_http_date(value).ok()?.duration_since(now).ok()
}

fn positive(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::parse;

    #[test]
    fn reads_three_spellings() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 10:00:00 GMT").unwrap();
        for (case, millis, value, expected_ms) in [
            ("seconds", None, Some("2"), Some(2_000)),
            ("fraction", None, Some("0.5"), Some(500)),
            ("blanks", None, Some(" 2 "), Some(2_000)),
            ("milliseconds", Some("250"), None, Some(250)),
            ("milliseconds go first", Some("250"), Some("9"), Some(250)),
            ("bad milliseconds, good seconds", Some("soon"), Some("9"), Some(9_000)),
            ("date", None, Some("Sat, 21 Nov 2026 10:00:07 GMT"), Some(7_000)),
            ("date in the past", None, Some("Sat, 21 Nov 2026 09:59:59 GMT"), None),
            ("negative", None, Some("-3"), None),
            ("zero", None, Some("0"), None),
            ("garbage", None, Some("later"), None),
            ("infinite", None, Some("inf"), None),
            ("not a number", None, Some("NaN"), None),
            ("nothing", None, None, None),
        ] {
            let got = parse(millis, value, now);
            assert_eq!(got, expected_ms.map(Duration::from_millis), "{case}");
        }
        assert_eq!(parse(None, None, SystemTime::UNIX_EPOCH), None);
    }
}
