//! An upstream's error inside a stream: which one it is, and nothing of its text.

use std::borrow::Cow;

use serde::de::MapAccess;

use super::lenient::{Shape, Text, next_name, skip, value};
use crate::piece::ReportedError;

/// The longest identifier that is handed on, in characters.
const LONGEST_CODE: usize = 64;

/// The members of an error object that identify it.
#[derive(Debug, Default)]
pub(super) struct Identity<'a> {
    pub(super) code: Code<'a>,
    pub(super) status: Code<'a>,
    pub(super) kind: Text<'a>,
}

/// A number or a word.
#[derive(Debug, Default)]
pub(super) struct Code<'a> {
    number: Option<u64>,
    word: Cow<'a, str>,
}

impl<'de> Shape<'de> for Code<'de> {
    fn text(word: Cow<'de, str>) -> Self {
        Self { number: word.parse().ok(), word }
    }

    fn number(number: u64) -> Self {
        Self { number: Some(number), word: Cow::default() }
    }
}

impl Code<'_> {
    fn status(&self) -> Option<u16> {
        let status = u16::try_from(self.number?).ok()?;
        (100..600).contains(&status).then_some(status)
    }
}

impl Identity<'_> {
    /// The identity without the upstream's text.
    pub(super) fn reported(&self) -> ReportedError {
        ReportedError {
            status: self.code.status().or_else(|| self.status.status()),
            code: identifier(&self.code.word).or_else(|| identifier(&self.kind.0)),
        }
    }
}

/// The `error` member: an object, or a text that is not empty. It is rare, and so takes little room.
#[derive(Debug, Default)]
pub(super) struct ErrorMember<'a>(pub(super) Option<Box<Identity<'a>>>);

impl<'de> Shape<'de> for ErrorMember<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self((!text.is_empty()).then(Box::default))
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut identity = Box::<Identity<'de>>::default();
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "code" => identity.code = value(&mut object)?,
                "status" => identity.status = value(&mut object)?,
                "type" => identity.kind = value(&mut object)?,
                _ => skip(&mut object)?,
            }
        }
        Ok(Self(Some(identity)))
    }
}

fn identifier(word: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let fits = (1..=LONGEST_CODE).contains(&word.len()) && word.bytes().all(plain);
    fits.then(|| word.to_owned())
}
