//! Single values of a configuration file. What is wrong with one is said as for a setting.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use reasoning_stream::{Capability, OnMissingFinal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

use super::super::settings::ReasoningVisibility;
use super::super::values;

/// A time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub Duration);

/// A limit, which allows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

/// A limit of what is counted one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Few(pub u32);

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry(pub SystemTime);

/// A price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Money(pub f64);

/// An HTTP URL without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(pub String);

/// A path, from the slash on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(pub String);

/// A scalar's text.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::seconds(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::limit(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Few {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::few(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::moment(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::money(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::base_url(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        values::path(&text(from)?).map(Self).map_err(D::Error::custom)
    }
}

/// `reasoning` or `answer`.
pub(super) fn on_missing_final<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<OnMissingFinal>, D::Error> {
    let expected = |_| D::Error::custom("expected reasoning or answer");
    text(from)?.parse().map(Some).map_err(expected)
}

/// `summary`, `raw` or `none`.
pub(super) fn visibility<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<ReasoningVisibility>, D::Error> {
    let expected = |_| D::Error::custom("expected summary, raw or none");
    ReasoningVisibility::from_str(&text(from)?, false).map(Some).map_err(expected)
}

/// The name of a format.
pub(super) fn capability<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Capability>, D::Error> {
    text(from)?.parse().map(Some).map_err(D::Error::custom)
}

macro_rules! schema {
    ($name:ident, $schema:tt) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

schema!(Seconds, {"type": "number", "exclusiveMinimum": 0, "maximum": 604800});
schema!(Count, {"type": "integer", "minimum": 1, "maximum": 1_000_000_000_000_u64});
schema!(Few, {"type": "integer", "minimum": 1, "maximum": 1_000_000});
schema!(Expiry, {"type": "string", "format": "date-time"});
schema!(Money, {"type": "number", "minimum": 0, "maximum": 1_000_000});
schema!(BaseUrl, {"type": "string", "format": "uri", "pattern": "^https?://"});
schema!(Path, {"type": "string", "pattern": "^/"});
