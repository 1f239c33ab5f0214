//! The one choice that a splitter leaves to its user.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What text after a closed analysis is, if the stream ends and no `<final>` came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnMissingFinal {
    /// More reasoning: the answer stays empty.
    #[default]
    Reasoning,
    /// The answer.
    Answer,
}

/// A word that is neither `reasoning` nor `answer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `reasoning` or `answer`")]
pub struct UnknownChoice;

impl Display for OnMissingFinal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Reasoning => "reasoning",
            Self::Answer => "answer",
        })
    }
}

impl FromStr for OnMissingFinal {
    type Err = UnknownChoice;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "reasoning" => Ok(Self::Reasoning),
            "answer" => Ok(Self::Answer),
            _ => Err(UnknownChoice),
        }
    }
}
