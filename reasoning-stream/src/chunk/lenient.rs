//! JSON whose members may have any type: what has an unexpected one counts as absent.
//!
//! Model servers differ in everything but the members that matter. Only broken JSON is an error.

use std::borrow::Cow;
use std::fmt::Formatter;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What some JSON value means; the default is what every other type means.
pub(super) trait Shape<'de>: Default {
    fn text(_text: Cow<'de, str>) -> Self {
        Self::default()
    }

    fn number(_number: u64) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads a value of any type by its shape.
pub(super) struct Any<T>(pub(super) T);

impl<'de, T: Shape<'de>> Deserialize<'de> for Any<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor(PhantomData)).map(Self)
    }
}

struct AnyVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for AnyVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }
}

/// The next member's name. It has a value, which is to be read next.
pub(super) fn next_name<'de, A: MapAccess<'de>>(
    object: &mut A,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    let name = object.next_key::<Any<Text<'de>>>()?;
    Ok(name.map(|Any(Text(name))| name))
}

/// The value of the member just named.
pub(super) fn value<'de, A: MapAccess<'de>, T: Shape<'de>>(object: &mut A) -> Result<T, A::Error> {
    object.next_value().map(|Any(value)| value)
}

/// Skips the value of the member just named.
pub(super) fn skip<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    object.next_value::<IgnoredAny>().map(drop)
}

/// A string; anything else is an empty one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Shape<'de> for Text<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(text)
    }
}

/// A whole number.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<u64>);

impl Shape<'_> for Number {
    fn number(number: u64) -> Self {
        Self(Some(number))
    }
}

/// Text in pieces: a string, or a list of objects each with a `text` or a `summary`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Joined<'a>(pub(super) Cow<'a, str>);

impl<'de> Shape<'de> for Joined<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(text)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut joined = Cow::default();
        while let Some(Any(Piece(piece))) = list.next_element()? {
            joined += piece;
        }
        Ok(Self(joined))
    }
}

#[derive(Default)]
struct Piece<'a>(Cow<'a, str>);

impl<'de> Shape<'de> for Piece<'de> {
    fn text(text: Cow<'de, str>) -> Self {
        Self(text)
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let (mut text, mut summary) = (Text::default(), Text::default());
        while let Some(name) = next_name(&mut object)? {
            match &*name {
                "text" => text = value(&mut object)?,
                "summary" => summary = value(&mut object)?,
                _ => skip(&mut object)?,
            }
        }
        Ok(Self(if text.0.is_empty() { summary.0 } else { text.0 }))
    }
}
