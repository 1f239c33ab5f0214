//! Finds numbers that 64 bits can't hold. A whole one, read as a floating-point number, would reach the
//! model server with other digits than the client sent; any other is too large for that, too.
//!
//! It walks the text of a body, and builds nothing but the path. Of what is no JSON it makes no sense.

use super::fields::MAX_SHOWN;
use super::problem::FieldError;

/// A shorter row of digits always fits: the least number that does not has 19.
const LONG: usize = 19;
/// The most numbers that are told of one body.
const MAX_TOLD: usize = 8;
/// The longest path that is told, in characters.
const MAX_PATH: usize = 200;

/// Where a value stands.
enum Step {
    /// In an object, under this name; none before the first.
    Member(Option<String>),
    /// In a list, at this place.
    Item(usize),
}

/// Walks a body.
struct Walk<'a> {
    rest: &'a [u8],
    path: Vec<Step>,
    found: Vec<FieldError>,
}

/// The numbers of a body that can't be handed on as they came, each with its place.
pub(super) fn too_long(body: &[u8]) -> Vec<FieldError> {
    let has_long = body.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() >= LONG);
    if has_long { unfit(body) } else { vec![] }
}

/// The same where a number is known to be too large, however few digits it has.
pub(super) fn unfit(body: &[u8]) -> Vec<FieldError> {
    let mut walk = Walk { rest: body, path: Vec::new(), found: Vec::new() };
    while walk.step() && walk.found.len() < MAX_TOLD {}
    walk.found
}

impl<'a> Walk<'a> {
    /// Takes the next token; false after the last.
    fn step(&mut self) -> bool {
        let Some((&first, rest)) = self.rest.split_first() else { return false };
        match first {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            _ => {
                self.rest = rest;
                self.mark(first);
            }
        }
        true
    }

    fn mark(&mut self, mark: u8) {
        match (mark, self.path.last_mut()) {
            (b'{', _) => self.path.push(Step::Member(None)),
            (b'[', _) => self.path.push(Step::Item(0)),
            (b'}' | b']', _) => drop(self.path.pop()),
            (b',', Some(Step::Item(at))) => *at += 1,
            (b',', Some(Step::Member(name))) => *name = None,
            _ => {}
        }
    }

    /// A text, which is a name where an object waits for one.
    fn string(&mut self) {
        let mut escaped = false;
        let ends = |byte: &u8| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        };
        let length = self.rest[1..].iter().position(ends).map_or(self.rest.len(), |at| at + 2);
        let text = self.take(length);
        if let Some(Step::Member(name @ None)) = self.path.last_mut() {
            let read: String = serde_json::from_slice(text).unwrap_or_default();
            *name = Some(read.chars().take(MAX_SHOWN).collect());
        }
    }

    fn number(&mut self) {
        let is_part = |byte: &u8| matches!(*byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = self.rest.iter().position(|byte| !is_part(byte)).unwrap_or(self.rest.len());
        let number = self.take(length);
        if !fits(number) {
            let count = number.iter().filter(|byte| byte.is_ascii_digit()).count();
            let message =
                format!("expected a number of at most 64 bits, got one of {count} digits");
            self.found.push(FieldError { field: self.place(), message });
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// The path as people write it, such as `tools[0].function`.
    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Member(name) => {
                    place.push_str(if place.is_empty() { "" } else { "." });
                    place.push_str(name.as_deref().unwrap_or_default());
                }
                Step::Item(at) => place.push_str(&format!("[{at}]")),
            }
        }
        place.chars().take(MAX_PATH).collect()
    }
}

fn fits(number: &[u8]) -> bool {
    let text = std::str::from_utf8(number).unwrap_or_default();
    let is_whole = !text.contains(['.', 'e', 'E']);
    if is_whole {
        return text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok();
    }
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};
    use serde_json::{Value, json};

    use super::{MAX_TOLD, too_long, unfit};

    fn found(body: &str) -> Vec<String> {
        too_long(body.as_bytes()).into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn only_whole_numbers_of_more_than_64_bits_are_found() {
        for (number, is_found) in [
            ("0", false),
            ("18446744073709551615", false),
            ("18446744073709551616", true),
            ("-9223372036854775808", false),
            ("-9223372036854775809", true),
            ("123456789012345678901234567890", true),
            ("12345678901234567890123.0", false),
            ("0.12345678901234567890123", false),
            ("1e30", false),
            ("100000000000000000000E0", false),
            ("\"123456789012345678901234567890\"", false),
            ("\"\\\"123456789012345678901234567890\"", false),
        ] {
            let expected: &[&str] = if is_found { &["seed"] } else { &[] };
            for body in [
                format!("{{\"seed\":{number}}}"),
                format!("{{ \"x\" : [1, {{}}], \"seed\" :\n{number} , \"y\": \"seed\" }}"),
            ] {
                serde_json::from_str::<Value>(&body).unwrap();
                assert_eq!(found(&body), expected, "{body}");
            }
        }
    }

    #[test]
    fn what_is_too_large_for_any_number_is_found_by_whoever_looks() {
        for (number, is_found) in
            [("1e308", false), ("1e309", true), ("-2.5E999", true), ("0.0e-999", false)]
        {
            let found = unfit(format!("{{\"x\":[{number}]}}").as_bytes());
            let expected: &[&str] = if is_found { &["x[0]"] } else { &[] };
            let fields: Vec<&str> = found.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, expected, "{number}");
        }
        // No JSON at all: anything but a panic will do.
        for body in ["\"", "{\"a", "]]]}", ",,,:", "\"\\", "{\"\\u12\":9e999", "-"] {
            unfit(body.as_bytes());
        }
    }

    #[test]
    fn each_is_told_with_its_place() {
        let long = "99999999999999999999";
        for (body, expected) in [
            (r#"{"a":[0,{"b":[[],N]}]}"#, &["a[1].b[1]"][..]),
            (r#"{"a":{"b":1,"c":N},"d":N}"#, &["a.c", "d"]),
            (r#"{"a\"\\":{"\u00fc{":N}}"#, &["a\"\\.ü{"]),
            (r#"{"a":"}","b":["]","\\"],"c":N}"#, &["c"]),
            (r#"{"":N}"#, &[""]),
            ("[N]", &["[0]"]),
            ("N", &[""]),
            ("-N", &[""]),
        ] {
            assert_eq!(found(&body.replace('N', long)), expected, "{body}");
        }
        let many = format!("[{}]", vec![long; 100].join(","));
        assert_eq!(found(&many).len(), MAX_TOLD);
        let name = "x".repeat(1000);
        let deep = format!("{}{long}{}", format!("{{\"{name}\":").repeat(50), "}".repeat(50));
        assert_eq!(found(&deep)[0].chars().count(), super::MAX_PATH);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            unfit(&body);
        }

        /// Whatever stands around a number, its place is found, and nothing else is.
        #[test]
        fn the_place_is_right_in_any_body(
            names in prop::collection::vec(any::<String>(), 1..5),
            texts in prop::collection::vec(any::<String>(), 1..5),
        ) {
            let mut body = json!({"texts": texts});
            for name in &names {
                body = json!({"texts": texts, (name.as_str()): [texts.clone(), body]});
            }
            let plain = body.to_string();
            prop_assert_eq!(found(&plain), Vec::<String>::new());
            let marked = plain.replacen("{\"texts\":", "{\"long\":123456789012345678901,\"texts\":", 1);
            prop_assert_eq!(found(&marked), vec!["long".to_owned()]);
        }
    }
}
