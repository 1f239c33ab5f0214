//! Reads text, up to a limit; anything else is refused by name.

use std::io::Read;

use super::LIMIT;

/// Reads all of `source`; the error names it, and says what was expected.
pub(super) fn read(source: impl Read, name: &str, room: usize) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = source.take(room as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{name} can't be read: {error}"))?;
    if bytes.len() > room {
        return Err(format!("{name} is too long: a prompt may have {LIMIT} bytes"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(format!("{name} is not text: byte {at} is 0"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{name} is not UTF-8 text: byte {at} is {:#04x}", error.as_bytes()[at])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{LIMIT, read};

    #[test]
    fn refuses_what_no_prompt_can_be() {
        let endless = std::io::repeat(b'a');
        let fitting = read((&mut std::io::repeat(b'a')).take(LIMIT as u64), "f", LIMIT).unwrap();
        assert_eq!(fitting.len(), LIMIT);
        for (source, room, said) in [
            (&mut &b"a\xff\xfe"[..] as &mut dyn Read, 9, "f is not UTF-8 text: byte 1 is 0xff"),
            (&mut &b"\xe2\x82"[..], 9, "f is not UTF-8 text: byte 0 is 0xe2"),
            (&mut &b"PNG\0"[..], 9, "f is not text: byte 3 is 0"),
            (&mut &b"abc"[..], 2, "f is too long: a prompt may have 16777216 bytes"),
            (&mut { endless }, LIMIT, "f is too long: a prompt may have 16777216 bytes"),
        ] {
            assert_eq!(read(source, "f", room), Err(said.to_owned()));
        }
        assert_eq!(read(&b"abc"[..], "f", 3), Ok("abc".to_owned()));
    }
}
