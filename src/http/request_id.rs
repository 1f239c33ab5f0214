//! The id that names a request in its answer, in errors and in the log.

use http::HeaderMap;
use uuid::Uuid;

/// The header that carries it, both ways.
pub(super) const HEADER: &str = "x-request-id";

/// The client's own id if it is plain, else a new one, which sorts by time.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    match given {
        Some(id) if is_plain(id) => id.to_owned(),
        _ => Uuid::now_v7().to_string(),
    }
}

fn is_plain(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{HEADER, request_id};

    #[test]
    fn keeps_plain_ids_only() {
        let longest = "a".repeat(64);
        let too_long = "a".repeat(65);
        for (given, kept) in [
            ("abc-1.2_3", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("ä", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(given.as_bytes()).unwrap());
            let id = request_id(&headers);
            assert_eq!(id == given, kept, "{given}");
            assert!(super::is_plain(&id), "{id}");
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
