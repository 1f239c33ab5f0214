//! What kinds of servers want to be told differently, as data: one row each, and one function that
//! applies it.
//!
//! Sources: Friendli's OpenAPI document (`stop` is an array only, no `developer`, no
//! `max_completion_tokens`), OpenAI's API reference (`max_tokens` is refused by reasoning models),
//! Ollama's `openai/openai.go` (knows `max_tokens` alone), OpenRouter's page on reasoning tokens (how much to
//! think is `reasoning.effort`, or a number of tokens there, and not both).

use serde_json::{Map, Value, json};

/// How one kind of server differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Whether it knows the role `developer`; else that is `system`.
    knows_developer: bool,
    /// Whether `stop` must be an array.
    stop_is_array: bool,
    /// The one name that it has for the limit of tokens; none if it knows both.
    token_limit: Option<&'static str>,
    /// Whether how much to think is a member of `reasoning`.
    effort_is_nested: bool,
}

const NEW_LIMIT: &str = "max_completion_tokens";
const OLD_LIMIT: &str = "max_tokens";

impl Quirks {
    /// A server without any.
    pub const NONE: Self = Self {
        knows_developer: true,
        stop_is_array: false,
        token_limit: None,
        effort_is_nested: false,
    };
    /// Friendli.
    pub const FRIENDLI: Self = Self {
        knows_developer: false,
        stop_is_array: true,
        token_limit: Some(OLD_LIMIT),
        ..Self::NONE
    };
    /// OpenAI.
    pub const OPENAI: Self = Self { token_limit: Some(NEW_LIMIT), ..Self::NONE };
    /// vLLM: the model's own chat template decides about roles, and most know `system` alone.
    pub const VLLM: Self = Self { knows_developer: false, ..Self::NONE };
    /// Ollama.
    pub const OLLAMA: Self =
        Self { knows_developer: false, token_limit: Some(OLD_LIMIT), ..Self::NONE };
    /// OpenRouter.
    pub const OPENROUTER: Self = Self { effort_is_nested: true, ..Self::NONE };

    /// Rewrites a request's body.
    pub fn adapt(&self, body: &mut Map<String, Value>) {
        if !self.knows_developer {
            let messages = body.get_mut("messages").and_then(Value::as_array_mut);
            for message in messages.into_iter().flatten() {
                if message["role"] == "developer" {
                    message["role"] = "system".into();
                }
            }
        }
        if self.stop_is_array
            && let Some(stop) = body.get_mut("stop").filter(|stop| stop.is_string())
        {
            *stop = vec![stop.take()].into();
        }
        if self.effort_is_nested {
            nest_effort(body);
        }
        if let Some(name) = self.token_limit {
            let other = if name == NEW_LIMIT { OLD_LIMIT } else { NEW_LIMIT };
            if let Some(limit) = body.shift_remove(other) {
                let known = body.entry(name).or_insert(Value::Null);
                if known.is_null() {
                    *known = limit;
                }
            }
        }
    }
}

/// A client that speaks of `reasoning` itself is not overruled.
fn nest_effort(body: &mut Map<String, Value>) {
    if body.get("reasoning").is_some_and(|it| !it.is_null()) {
        return;
    }
    if let Some(effort) = body.shift_remove("reasoning_effort").filter(|it| !it.is_null()) {
        body.insert("reasoning".to_owned(), json!({"effort": effort}));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Quirks;

    #[test]
    fn how_much_to_think_is_said_where_it_is_read() {
        for (case, quirks, body, expected) in [
            (
                "none",
                Quirks::NONE,
                json!({"reasoning_effort": "low"}),
                json!({"reasoning_effort": "low"}),
            ),
            (
                "nested",
                Quirks::OPENROUTER,
                json!({"reasoning_effort": "low"}),
                json!({"reasoning": {"effort": "low"}}),
            ),
            ("null", Quirks::OPENROUTER, json!({"reasoning_effort": null}), json!({})),
            ("nothing", Quirks::OPENROUTER, json!({"top_k": 5}), json!({"top_k": 5})),
            (
                "its own words",
                Quirks::OPENROUTER,
                json!({"reasoning": {"max_tokens": 9}, "reasoning_effort": "low"}),
                json!({"reasoning": {"max_tokens": 9}, "reasoning_effort": "low"}),
            ),
            (
                "no words",
                Quirks::OPENROUTER,
                json!({"reasoning": null, "reasoning_effort": "low"}),
                json!({"reasoning": {"effort": "low"}}),
            ),
        ] {
            let mut body = body.as_object().unwrap().clone();
            quirks.adapt(&mut body);
            assert_eq!(Value::from(body), expected, "{case}");
        }
    }

    #[test]
    fn each_kind_is_told_in_its_own_way() {
        let body = json!({
            "messages": [{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}],
            "stop": "END", "max_tokens": 1, "top_k": 5,
        });
        let changed = json!({"max_completion_tokens": 2});
        for (case, quirks, extra, role, stop, limits) in [
            ("none", Quirks::NONE, &json!({}), "developer", json!("END"), [Some(1), None]),
            ("none, both", Quirks::NONE, &changed, "developer", json!("END"), [Some(1), Some(2)]),
            ("friendli", Quirks::FRIENDLI, &json!({}), "system", json!(["END"]), [Some(1), None]),
            (
                "friendli, both",
                Quirks::FRIENDLI,
                &changed,
                "system",
                json!(["END"]),
                [Some(1), None],
            ),
            (
                "friendli, list",
                Quirks::FRIENDLI,
                &json!({"stop": ["a", "b"]}),
                "system",
                json!(["a", "b"]),
                [Some(1), None],
            ),
            (
                "friendli, new",
                Quirks::FRIENDLI,
                &json!({"max_tokens": null, "max_completion_tokens": 2}),
                "system",
                json!(["END"]),
                [Some(2), None],
            ),
            ("openai", Quirks::OPENAI, &json!({}), "developer", json!("END"), [None, Some(1)]),
            ("openai, both", Quirks::OPENAI, &changed, "developer", json!("END"), [None, Some(2)]),
            ("vllm", Quirks::VLLM, &changed, "system", json!("END"), [Some(1), Some(2)]),
            ("ollama", Quirks::OLLAMA, &json!({}), "system", json!("END"), [Some(1), None]),
        ] {
            let mut body = body.as_object().unwrap().clone();
            body.extend(extra.as_object().unwrap().clone());
            quirks.adapt(&mut body);
            let body = Value::from(body);
            assert_eq!(body["messages"][0]["role"], role, "{case}");
            assert_eq!(body["messages"][1]["role"], "user", "{case}");
            assert_eq!(body["stop"], stop, "{case}");
            let found = ["max_tokens", "max_completion_tokens"].map(|name| body[name].as_u64());
            assert_eq!(found, limits, "{case}");
            assert_eq!(body["top_k"], 5, "{case}");
        }
    }
}
