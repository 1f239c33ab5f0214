//! What is set about the collector of traces, under the names that OpenTelemetry gives it.

use std::str::FromStr;

use clap::ValueEnum;
use http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// Headers for the collector. They are not shown: one of them may be a key.
#[derive(Debug, Clone)]
pub struct CollectorHeaders(pub Vec<(String, SecretString)>);

/// Which traces are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum TracesSampler {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A share.
    #[value(name = "traceidratio")]
    Ratio,
    /// All, unless the caller says otherwise.
    #[value(name = "parentbased_always_on")]
    ParentOn,
    /// None, unless the caller says otherwise.
    #[value(name = "parentbased_always_off")]
    ParentOff,
    /// A share, unless the caller says otherwise.
    #[value(name = "parentbased_traceidratio")]
    ParentRatio,
}

impl FromStr for CollectorHeaders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected headers such as X-Key=secret,Authorization=Basic%20abc, values percent-encoded"
                .to_owned()
        };
        let header = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            HeaderName::try_from(name.trim()).ok()?;
            HeaderValue::try_from(&*value).ok()?;
            Some((name.trim().to_owned(), value.into_owned().into()))
        };
        let headers: Option<_> = text.split(',').map(header).collect();
        headers.map(Self).ok_or_else(expected)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::CollectorHeaders;

    #[test]
    fn headers_are_read_as_opentelemetry_writes_them() {
        for (text, expected) in [
            ("x-key=a", Some(vec![("x-key", "a")])),
            ("a=1, b = 2", Some(vec![("a", "1"), ("b", "2")])),
            ("Authorization=Basic%20dTpw%3D", Some(vec![("Authorization", "Basic dTpw=")])),
            ("a=b=c", Some(vec![("a", "b=c")])),
            ("a=", Some(vec![("a", "")])),
            ("a", None),
            ("a b=c", None),
            ("=c", None),
            ("a=%0A", None),
            ("a=%FF", None),
            ("a=1,", None),
        ] {
            let headers = text.parse::<CollectorHeaders>().ok();
            let read = headers.as_ref().map(|CollectorHeaders(headers)| {
                let of = |(name, value): &'_ (String, secrecy::SecretString)| {
                    (name.clone(), value.expose_secret().to_owned())
                };
                headers.iter().map(of).collect::<Vec<_>>()
            });
            let expected = expected.map(|rows| {
                rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
            });
            assert_eq!(read, expected, "{text}");
            assert!(!format!("{headers:?}").contains("dTpw"));
        }
    }
}
