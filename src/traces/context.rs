//! Where a span stands in a trace that others take part in, as the header `traceparent` tells it.
//!
//! The rules are the W3C's: <https://www.w3.org/TR/trace-context/>. Of what a caller sends, nothing but
//! its two random numbers and its sampling flag is taken: no `tracestate`, which is text.

use std::fmt;

/// The header, both ways.
pub const HEADER: &str = "traceparent";

/// A span, as others know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The number of the trace, never 0.
    pub trace_id: u128,
    /// The number of the span, never 0.
    pub span_id: u64,
    /// Whether it is recorded.
    pub is_sampled: bool,
}

impl Context {
    /// Reads the header's value; nothing if it is not as it must be.
    pub fn read(header: &str) -> Option<Self> {
        let (version, rest) = header.split_at_checked(2)?;
        let version = hex(version)?;
        let (known, more) = rest.split_at_checked(53)?;
        // Later versions may say more, after another dash.
        let may_say_more = version > 0 && more.starts_with('-');
        if version == 0xff || !(more.is_empty() || may_say_more) {
            return None;
        }
        let mut parts = known.strip_prefix('-')?.split('-');
        let (trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?);
        if (trace_id.len(), span_id.len(), flags.len()) != (32, 16, 2) {
            return None;
        }
        let (trace_id, span_id) = (hex(trace_id)?, u64::try_from(hex(span_id)?).ok()?);
        let is_sampled = hex(flags)? & 1 == 1;
        (trace_id > 0 && span_id > 0).then_some(Self { trace_id, span_id, is_sampled })
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// Small hexadecimal digits alone.
fn hex(digits: &str) -> Option<u128> {
    let valid = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if valid { u128::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::Context;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn reads_what_is_as_it_must_be_and_nothing_else() {
        let (zeros, upper) = ("0".repeat(32), TRACE.to_uppercase());
        for (case, header, expected) in [
            ("sampled", format!("00-{TRACE}-{SPAN}-01"), Some(true)),
            ("not sampled", format!("00-{TRACE}-{SPAN}-00"), Some(false)),
            ("other flags", format!("00-{TRACE}-{SPAN}-fe"), Some(false)),
            ("a later version", format!("cc-{TRACE}-{SPAN}-01"), Some(true)),
            ("which says more", format!("cc-{TRACE}-{SPAN}-01-what"), Some(true)),
            ("not after a dash", format!("cc-{TRACE}-{SPAN}-01.what"), None),
            ("this one never does", format!("00-{TRACE}-{SPAN}-01-what"), None),
            ("no version", format!("ff-{TRACE}-{SPAN}-01"), None),
            ("no trace", format!("00-{zeros}-{SPAN}-01"), None),
            ("no span", format!("00-{TRACE}-{}-01", &zeros[..16]), None),
            ("large letters", format!("00-{upper}-{SPAN}-01"), None),
            ("a sign", format!("00-+{}-{SPAN}-01", &TRACE[1..]), None),
            ("too short", format!("00-{}-{SPAN}-01", &TRACE[1..]), None),
            ("moved", format!("00-{}-{}{SPAN}-01", &TRACE[1..], &TRACE[..1]), None),
            ("cut", format!("00-{TRACE}-{SPAN}-0"), None),
            ("no ASCII", format!("00-{}ä-{SPAN}-01", &TRACE[2..]), None),
            ("nothing", String::new(), None),
        ] {
            let read = Context::read(&header);
            assert_eq!(read.map(|it| it.is_sampled), expected, "{case}: {header}");
            let same = |it: Context| {
                (format!("{:x}", it.trace_id), format!("{:x}", it.span_id))
                    == (TRACE.trim_start_matches('0').to_owned(), SPAN.to_owned())
            };
            assert!(read.is_none_or(same), "{case}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(trace_id in 1_u128.., span_id in 1_u64.., is_sampled in any::<bool>()) {
            let context = Context { trace_id, span_id, is_sampled };
            assert_eq!(Context::read(&context.to_string()), Some(context));
        }

        #[test]
        fn no_header_is_too_odd(header in any::<String>()) {
            let _ = Context::read(&header);
        }
    }
}
