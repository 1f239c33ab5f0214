//! A file that the program carries, as browsers get it: with a tag, so that they ask only whether
//! theirs is still the one.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const STYLE: &str = "text/css; charset=utf-8";
pub(super) const SVG: &str = "image/svg+xml";
pub(super) const JSON: &str = "application/json";

/// A file, as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    /// What it is called below its folder.
    pub(super) name: &'static str,
    media_type: &'static str,
    bytes: Bytes,
    tag: HeaderValue,
    more: Vec<(HeaderName, HeaderValue)>,
}

impl Asset {
    pub(super) fn new(
        name: &'static str,
        media_type: &'static str,
        bytes: impl Into<Bytes>,
    ) -> Self {
        let bytes = bytes.into();
        let tag = tag(&bytes);
        Self { name, media_type, bytes, tag, more: Vec::new() }
    }

    /// The same, with one header more.
    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.more.push((name, HeaderValue::from_static(value)));
        self
    }

    /// The file, or that the browser's own copy is the same.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let is_known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|tags| tags.to_str().ok())
            .any(|tags| names(tags, self.tag.to_str().unwrap_or_default()));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.media_type)], self.bytes.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.extend(fixed_headers());
        headers.insert(header::ETAG, self.tag.clone());
        headers.extend(self.more.iter().cloned());
        response
    }
}

/// What tells this file from an older one.
fn tag(bytes: &Bytes) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish())).expect("it is a quoted number")
}

/// Whether a list of tags has this one, weak or not (RFC 9110, section 13.1.2).
fn names(tags: &str, tag: &str) -> bool {
    let mut listed = tags.split(',').map(str::trim);
    listed.any(|listed| listed == "*" || listed.trim_start_matches("W/") == tag)
}

fn fixed_headers() -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn reads_lists_of_tags() {
        for (tags, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(tags, "\"a\""), expected, "{tags}");
        }
    }
}
