//! What is kept of a key's secret: its SHA-256.
//!
//! A secret has 256 random bits, so that its digest says nothing about it, and neither salt nor a slow
//! hash would add anything.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

/// What stands before the digits.
const PREFIX: &str = "sha256:";

/// A SHA-256.
#[expect(clippy::derived_hash_with_manual_eq, reason = "what is equal has the same bytes")]
#[derive(Clone, Copy, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a text.
    pub fn of(text: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text).as_ref());
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ConstantTimeEq for Digest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// Every comparison takes the same time, also those that a map makes while it searches.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected sha256: and 64 hexadecimal digits".to_owned();
        let digits = text.strip_prefix(PREFIX).ok_or_else(expected)?;
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(expected());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| expected())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn is_the_sha_256() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(Digest::of(b"abc")));
        assert_eq!(ABC.to_uppercase().replace("SHA", "sha").parse(), Ok(Digest::of(b"abc")));
    }

    #[test]
    fn is_equal_to_itself_alone_whichever_byte_differs() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest, Digest::of(b"abc"));
        for at in 0..32 {
            let mut other = digest;
            other.0[at] ^= 1;
            assert_ne!(digest, other, "byte {at}");
        }
    }

    #[test]
    fn says_what_it_expects() {
        let digits = "0".repeat(64);
        for text in ["", "sha256:", "sha256:0", &digits, &format!("sha256:{}é", &digits[2..])] {
            let problem = text.parse::<Digest>().unwrap_err();
            assert!(problem.contains("64 hexadecimal digits"), "{text}: {problem}");
        }
    }
}
