//! One span: what was done, when, and what is known of it. Plain data, whoever takes it.

use std::time::{Duration, SystemTime};

use super::context::Context;

/// Events of one span; a request's own number is far below.
const MAX_EVENTS: usize = 128;

/// Something that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Which one it is.
    pub context: Context,
    /// The span that it is a part of.
    pub parent: Option<u64>,
    /// Whether that is a caller's.
    pub is_parent_remote: bool,
    /// Who did it.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// When the request arrived: the other times count from here.
    pub arrived: SystemTime,
    /// When it began.
    pub began: Duration,
    /// When it ended.
    pub ended: Duration,
    /// What is known of it, under the names of `names`.
    pub attributes: Vec<(&'static str, Value)>,
    /// What happened meanwhile, and when.
    pub events: Vec<(&'static str, Duration)>,
    /// Whether it failed.
    pub is_error: bool,
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gateway, for its client.
    Server,
    /// A model server, for the gateway.
    Client,
}

/// What is known of a span.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// Some texts.
    Texts(Vec<String>),
    /// A count.
    Count(i64),
    /// A number.
    Number(f64),
    /// Whether it is so.
    Bool(bool),
}

impl Span {
    /// Notes what is known.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name, value.into()));
    }

    /// Notes it, if it is known.
    pub(super) fn set_some(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Notes what happened.
    pub(super) fn happened(&mut self, name: &'static str, at: Duration) {
        if self.events.len() < MAX_EVENTS {
            self.events.push((name, at));
        }
    }

    /// What is known under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<i64> for Value {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

/// More than there can be is as much as there can be.
impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Bool(is_so)
    }
}
