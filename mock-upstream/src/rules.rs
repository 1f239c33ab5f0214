//! Which call gets which script: a list of rules, of which the first that fits is taken.
//!
//! ```json
//! [{"when": {"summary": false, "attempt": [1, 2]}, "do": {"status": 503}},
//!  {"when": {"kind": "prompt_summary"},            "do": {"stall": {}}}]
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Kind;
use crate::script::{self, Script, ScriptError};

/// Scripts with the conditions under which they hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rules(Vec<Rule>);

/// One script and its condition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The condition; an empty one holds for every chat completion.
    #[serde(default)]
    pub when: When,
    /// What to do.
    #[serde(rename = "do")]
    pub script: Script,
}

/// A condition: all members that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The request's path ends so. Only a rule with a path reaches calls other than chat completions.
    pub path: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Whether a stream was asked for.
    pub stream: Option<bool>,
    /// Whether it is a summary call, of either kind.
    pub summary: Option<bool>,
    /// What the call is for.
    pub kind: Option<Kind>,
    /// Which of the calls that meet the other conditions, counted from 1.
    pub attempt: Option<Attempt>,
}

/// One number, or a first and a last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or [first, last]")]
pub enum Attempt {
    /// Only this one.
    Nth(u32),
    /// From the first to the last, both included.
    Range([u32; 2]),
}

impl Attempt {
    const fn holds(self, nth: u32) -> bool {
        match self {
            Self::Nth(wanted) => nth == wanted,
            Self::Range([first, last]) => first <= nth && nth <= last,
        }
    }
}

/// What a condition can ask about a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) path: &'a str,
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    pub(crate) kind: Kind,
}

impl When {
    /// Whether all but `attempt` holds.
    fn fits(&self, facts: &Facts<'_>) -> bool {
        let fits = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        self.path
            .as_ref()
            .map_or(facts.kind != Kind::Other, |end| facts.path.ends_with(end.as_str()))
            && self.model.as_ref().is_none_or(|model| model == facts.model)
            && fits(self.stream, facts.stream)
            && fits(self.summary, facts.kind.is_summary())
            && self.kind.is_none_or(|kind| kind == facts.kind)
    }
}

impl Rules {
    /// Reads a script, a rule, or a list of rules from JSON.
    ///
    /// # Errors
    /// When a member is unknown or has the wrong type; the error names it.
    pub fn from_value(value: Value) -> Result<Self, ScriptError> {
        if value.is_array() {
            script::read(value).map(Self)
        } else if value.get("do").is_some() {
            Ok(Self(vec![script::read(value)?]))
        } else {
            Script::from_value(value).map(Self::from)
        }
    }

    /// The same rules with one more at the end.
    #[must_use]
    pub fn and(mut self, when: When, script: Script) -> Self {
        self.0.push(Rule { when, script });
        self
    }
}

impl From<Script> for Rules {
    fn from(script: Script) -> Self {
        Self(vec![Rule { when: When::default(), script }])
    }
}

impl TryFrom<Value> for Rules {
    type Error = ScriptError;

    fn try_from(value: Value) -> Result<Self, ScriptError> {
        Self::from_value(value)
    }
}

/// The rules in use, and how many calls each has seen.
#[derive(Debug, Default)]
pub(crate) struct RuleBook {
    rules: Vec<(Rule, u32)>,
}

impl RuleBook {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules: rules.0.into_iter().map(|rule| (rule, 0)).collect() }
    }

    /// The script for a call, which every rule that fits counts.
    pub(crate) fn pick(&mut self, facts: &Facts<'_>) -> Script {
        let mut picked = None;
        for (rule, seen) in self.rules.iter_mut().filter(|(rule, _)| rule.when.fits(facts)) {
            *seen = seen.saturating_add(1);
            if picked.is_none() && rule.when.attempt.is_none_or(|attempt| attempt.holds(*seen)) {
                picked = Some(rule.script.clone());
            }
        }
        picked.unwrap_or_default()
    }
}
