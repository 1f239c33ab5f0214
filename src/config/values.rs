//! Reads one value each. An error says what was expected.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use http::Uri;
use ipnet::IpNet;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

/// The longest time that makes sense, a week: more is a mistake in the unit.
const MAX_SECONDS: f64 = 604_800.0;

/// A time above zero, in seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match non_negative(text) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => {
            Err("expected seconds: a number above 0 and up to 604800, such as 60 or 0.5".to_owned())
        }
    }
}

/// A time, in seconds.
pub(super) fn non_negative(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().filter(|number| (0.0..=MAX_SECONDS).contains(number));
    number
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| "expected seconds: a number from 0 to 604800, such as 1 or 0.5".to_owned())
}

/// A number of characters that leaves room for a text.
pub(super) fn chars(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (100..=1_000_000).contains(count));
    count.ok_or_else(|| "expected a whole number from 100 to 1000000".to_owned())
}

/// A count that may be nothing.
pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a whole number, at least 0".to_owned())
}

/// A count of what is kept, or nothing.
pub(super) fn up_to_a_million(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (0..=1_000_000).contains(count));
    count.ok_or_else(|| "expected a whole number from 0 to 1000000".to_owned())
}

/// An address to listen on.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8000".to_owned())
}

/// A filter for log lines.
pub(super) fn filter(text: &str) -> Result<String, String> {
    let expected =
        "expected error, warn, info, debug, trace, off, or a filter such as info,hyper=warn";
    EnvFilter::try_new(text).map_err(|_| expected.to_owned())?;
    Ok(text.to_owned())
}

/// A count or size.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|&count| count >= 1);
    count.ok_or_else(|| "expected a whole number, at least 1".to_owned())
}

/// An HTTP URL without user, query and trailing slash.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let expected =
        || "expected a URL such as https://host/v1, without user, query or fragment".to_owned();
    let url: Uri = text.parse().map_err(|_| expected())?;
    let scheme = matches!(url.scheme_str(), Some("http" | "https"));
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    let bare = url.query().is_none() && !text.contains('#');
    if scheme && plain && bare {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(expected())
    }
}

/// A path, from the slash on.
pub(super) fn path(text: &str) -> Result<String, String> {
    let valid = text.starts_with('/') && text.parse::<Uri>().is_ok();
    if valid {
        Ok(text.to_owned())
    } else {
        Err("expected a path such as /chat/completions".to_owned())
    }
}

/// A key that a header can hold.
pub(super) fn secret(text: &str) -> Result<SecretString, String> {
    let valid = text.bytes().all(|byte| byte.is_ascii_graphic());
    if valid {
        Ok(text.to_owned().into())
    } else {
        Err("expected printable ASCII characters without blanks".to_owned())
    }
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse().ok().or_else(address);
    network.ok_or_else(|| "expected networks such as 10.0.0.0/8, separated by commas".to_owned())
}

/// A limit, which allows something.
pub(super) fn limit(text: &str) -> Result<u64, String> {
    let limit = text.parse().ok().filter(|limit| (1..=1_000_000_000_000).contains(limit));
    limit.ok_or_else(|| "expected a whole number from 1 to 1000000000000".to_owned())
}

/// A limit of what is counted one by one.
pub(super) fn few(text: &str) -> Result<u32, String> {
    let limit = text.parse().ok().filter(|limit| (1..=1_000_000).contains(limit));
    limit.ok_or_else(|| "expected a whole number from 1 to 1000000".to_owned())
}

/// The digest of a secret.
pub(super) fn digest(text: &str) -> Result<(), String> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err("expected sha256: and 64 hexadecimal digits; the secret itself has no place here"
            .to_owned())
    }
}

/// The name of a key: what fits in a log line, a list and a shell.
pub(super) fn key_name(text: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let expected = || "expected 1 to 64 letters, digits, '.', '_' or '-'".to_owned();
    let valid = (1..=64).contains(&text.len()) && text.bytes().all(plain);
    valid.then_some(()).ok_or_else(expected)
}

/// A moment.
pub(super) fn moment(text: &str) -> Result<SystemTime, String> {
    humantime::parse_rfc3339(text)
        .map_err(|_| "expected a time such as 2027-01-31T00:00:00Z".to_owned())
}

/// The price of a million tokens.
pub(super) fn money(text: &str) -> Result<f64, String> {
    let price = text.parse().ok().filter(|price| (0.0..=1_000_000.0).contains(price));
    price.ok_or_else(|| {
        "expected the price of a million tokens, a number from 0 to 1000000".to_owned()
    })
}

/// Where Redis is; a password may stand in it.
pub(super) fn redis_url(text: &str) -> Result<SecretString, String> {
    let rest = text.strip_prefix("redis://").or_else(|| text.strip_prefix("rediss://"));
    let rest = rest.filter(|rest| !rest.is_empty() && !rest.contains('#'));
    let valid = rest.is_some() && text.parse::<Uri>().is_ok();
    let expected = || "expected a URL such as redis://host:6379/0, or rediss:// for TLS".to_owned();
    if valid { Ok(text.to_owned().into()) } else { Err(expected()) }
}

/// A share of all.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1, such as 0.1".to_owned())
}

/// A model's name, as it stands in a list.
pub(super) fn model(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("expected names of models, separated by commas".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A web origin: scheme, host and port, or all of them.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let valid =
        host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']));
    if text == "*" || valid {
        Ok(text.to_owned())
    } else {
        Err("expected an origin such as https://app.example, without a path, or *".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        base_url, chars, few, limit, money, network, non_negative, origin, path, redis_url,
        seconds, secret,
    };

    #[test]
    fn reads_times() {
        for (text, above_zero, from_zero) in [
            ("60", Some(60_000), Some(60_000)),
            ("0.5", Some(500), Some(500)),
            ("0", None, Some(0)),
            ("-1", None, None),
            ("NaN", None, None),
            ("inf", None, None),
            ("604801", None, None),
            ("10s", None, None),
            ("", None, None),
        ] {
            assert_eq!(seconds(text).ok(), above_zero.map(Duration::from_millis), "{text}");
            assert_eq!(non_negative(text).ok(), from_zero.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn reads_urls_paths_and_origins() {
        for (text, expected) in [
            ("http://localhost:8001", Some("http://localhost:8001")),
            (
                "https://api.friendli.ai/serverless/v1/",
                Some("https://api.friendli.ai/serverless/v1"),
            ),
            ("http://user:pass@host", None),
            ("http://host?key=1", None),
            ("http://host/#a", None),
            ("ftp://host", None),
            ("localhost:8001", None),
            ("http://", None),
        ] {
            assert_eq!(base_url(text).ok().as_deref(), expected, "{text}");
        }
        for (text, expected) in [("/a/b", true), ("a", false), ("", false), ("/a b", false)] {
            assert_eq!(path(text).is_ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("*", true),
            ("https://app.example", true),
            (" http://localhost:3000", true),
            ("https://app.example/", false),
            ("app.example", false),
            ("https://", false),
        ] {
            assert_eq!(origin(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn reads_networks_and_limits() {
        for (text, expected) in [
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            (" 10.0.0.1", Some("10.0.0.1/32")),
            ("::1", Some("::1/128")),
            ("10.0.0.0/33", None),
            ("proxy", None),
            ("", None),
        ] {
            let got = network(text).ok().map(|network| network.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
        for (text, expected) in [("1", Some(1)), ("0", None), ("-1", None), ("1000000000001", None)]
        {
            assert_eq!(limit(text).ok(), expected, "{text}");
        }
        assert_eq!([few("1").ok(), few("0").ok(), few("1000001").ok()], [Some(1), None, None]);
        for (text, expected) in [("0", Some(0.0)), ("0.5", Some(0.5)), ("-1", None), ("NaN", None)]
        {
            assert_eq!(money(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn reads_where_redis_is() {
        for (text, expected) in [
            ("redis://host", true),
            ("redis://:password@host:6379/1", true),
            ("rediss://host:6380", true),
            ("rediss://", false),
            ("rediss://host#insecure", false),
            ("http://host", false),
            ("host:6379", false),
        ] {
            assert_eq!(redis_url(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn reads_counts_and_keys() {
        assert_eq!((chars("99").ok(), chars("100").ok()), (None, Some(100)));
        assert!(secret("flp_abc").is_ok());
        assert!(secret("two words").is_err());
        assert!(secret("line\nbreak").is_err());
    }
}
