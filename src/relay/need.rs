//! What a request needs of a model, and what a model has to offer.

use std::fmt;

use serde_json::Value;

use super::estimate::{prompt_characters, prompt_tokens};
use super::request::ChatRequest;
use crate::policy::price::Price;
use crate::policy::size::Extent;

/// Something that not every model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Calling tools.
    Tools,
    /// Thinking before it answers.
    Reasoning,
    /// Looking at images.
    Images,
}

/// What a model has to offer. What is not said is no limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    /// The most tokens of an answer.
    pub max_tokens: Option<u64>,
    /// All that it can do.
    pub features: Option<Vec<Feature>>,
    /// What its tokens cost.
    pub price: Option<Price>,
}

/// What a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) extent: Extent,
    /// Tokens of the prompt, by estimate.
    pub(super) prompt_tokens: u64,
    /// Tokens that the answer may have, if the request says so.
    pub(super) max_tokens: Option<u64>,
    features: Vec<Feature>,
}

impl Need {
    /// What this request needs.
    pub(super) fn of(request: &ChatRequest) -> Self {
        let member = |name: &str| request.members.get(name);
        let max_tokens = member("max_completion_tokens").or(member("max_tokens"));
        let messages = u64::try_from(request.messages.len()).unwrap_or(u64::MAX);
        let needed = [
            (Feature::Tools, has_tools(member("tools"), member("tool_choice"))),
            (Feature::Reasoning, is_to_think(member("reasoning_effort"))),
            (Feature::Images, request.messages.iter().any(shows_image)),
        ];
        let features = needed.into_iter().filter(|(_, needed)| *needed);
        Self {
            extent: Extent { messages, characters: prompt_characters(request) },
            prompt_tokens: prompt_tokens(request),
            max_tokens: max_tokens.and_then(Value::as_u64),
            features: features.map(|(feature, _)| feature).collect(),
        }
    }

    /// Whether a model with this offer can do it.
    pub(super) fn is_met_by(&self, offer: &Offer) -> bool {
        let short =
            offer.max_tokens.is_some_and(|most| self.max_tokens.is_some_and(|it| it > most));
        let can = |feature| offer.features.as_ref().is_none_or(|all| all.contains(feature));
        !short && self.features.iter().all(can)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max_tokens = self.max_tokens.map(|most| format!("{most} tokens of an answer"));
        let features = self.features.iter().map(|feature| match feature {
            Feature::Tools => "tools".to_owned(),
            Feature::Reasoning => "reasoning".to_owned(),
            Feature::Images => "images".to_owned(),
        });
        let parts: Vec<_> = max_tokens.into_iter().chain(features).collect();
        f.write_str(&parts.join(", "))
    }
}

fn has_tools(tools: Option<&Value>, choice: Option<&Value>) -> bool {
    let listed = tools.and_then(Value::as_array).is_some_and(|tools| !tools.is_empty());
    listed && choice.is_none_or(|choice| choice != "none")
}

fn is_to_think(effort: Option<&Value>) -> bool {
    effort.and_then(Value::as_str).is_some_and(|effort| effort != "none")
}

fn shows_image(message: &Value) -> bool {
    let parts = message["content"].as_array().into_iter().flatten();
    parts.into_iter().any(|part| part["type"] == "image_url")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Feature, Need, Offer};
    use crate::relay::request::tests::request;

    fn need(message: &Value, members: Value) -> Need {
        Need::of(&request(json!([message]), members))
    }

    #[test]
    fn reads_what_is_needed() {
        let said = json!({"role": "user", "content": "12345678"});
        let seen = json!({"role": "user", "content": [{"type": "text", "text": "1234"}, {"type": "image_url"}]});
        for (case, message, members, expected) in [
            ("nothing", &said, json!({}), ""),
            ("a length", &said, json!({"max_tokens": 9}), "9 tokens of an answer"),
            (
                "the newer name",
                &said,
                json!({"max_tokens": 9, "max_completion_tokens": 8}),
                "8 tokens of an answer",
            ),
            ("tools", &said, json!({"tools": [1]}), "tools"),
            ("no tool", &said, json!({"tools": []}), ""),
            ("tools that are not used", &said, json!({"tools": [1], "tool_choice": "none"}), ""),
            ("thinking", &said, json!({"reasoning_effort": "low"}), "reasoning"),
            ("no thinking", &said, json!({"reasoning_effort": "none"}), ""),
            ("an image", &seen, json!({}), "images"),
            (
                "all",
                &seen,
                json!({"max_tokens": 1, "tools": [1], "reasoning_effort": "high"}),
                "1 tokens of an answer, tools, reasoning, images",
            ),
        ] {
            assert_eq!(need(message, members).to_string(), expected, "{case}");
        }
        let need = need(&said, json!({}));
        assert_eq!((need.extent.messages, need.extent.characters, need.prompt_tokens), (1, 8, 2));
    }

    #[test]
    fn offers_meet_needs_or_do_not() {
        let (modest, all) = (json!({}), json!({"max_tokens": 100, "tools": [1]}));
        let offer = |max_tokens, features: Option<&[Feature]>| Offer {
            max_tokens,
            features: features.map(<[Feature]>::to_vec),
            price: None,
        };
        for (case, offer, modest_fits, all_fits) in [
            ("nothing said", offer(None, None), true, true),
            ("enough", offer(Some(100), Some(&[Feature::Tools, Feature::Images])), true, true),
            ("too short", offer(Some(99), None), true, false),
            ("no tools", offer(None, Some(&[Feature::Images])), true, false),
            ("nothing at all", offer(None, Some(&[])), true, false),
        ] {
            let said = json!({"role": "user", "content": "hi"});
            assert_eq!(need(&said, modest.clone()).is_met_by(&offer), modest_fits, "{case}");
            assert_eq!(need(&said, all.clone()).is_met_by(&offer), all_fits, "{case}");
        }
    }
}
