//! How a chat is written as one prompt, as data: one constant for each template.
//!
//! Source: `src/llama-chat.cpp` of ggml-org/llama.cpp, which writes the same for templates of these
//! names. The mark at the start of a prompt is left out: the server sets it.

use serde_json::Value;

use super::request::text_of;

/// How a chat is written as one prompt.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    /// Instructions; `None`: they stand in front of what the user says next.
    system: Option<Turn>,
    user: Turn,
    assistant: Turn,
    /// What makes the model answer.
    prompts: &'static str,
    /// Where the model's turn ends.
    pub(super) stops: &'static [&'static str],
    /// What has a meaning of its own, and so none in what somebody says.
    marks: &'static [&'static str],
}

/// What stands around the words of one turn.
#[derive(Debug, PartialEq, Eq)]
struct Turn {
    before: &'static str,
    after: &'static str,
}

const fn turn(before: &'static str, after: &'static str) -> Turn {
    Turn { before, after }
}

/// What many models were trained on, and what llama.cpp falls back to.
pub const CHATML: Template = Template {
    system: Some(turn("<|im_start|>system\n", "<|im_end|>\n")),
    user: turn("<|im_start|>user\n", "<|im_end|>\n"),
    assistant: turn("<|im_start|>assistant\n", "<|im_end|>\n"),
    prompts: "<|im_start|>assistant\n",
    stops: &["<|im_end|>"],
    marks: &["<|im_start|>", "<|im_end|>"],
};

/// Llama 3.
pub const LLAMA3: Template = Template {
    system: Some(turn("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>")),
    user: turn("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
    assistant: turn("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"),
    prompts: "<|start_header_id|>assistant<|end_header_id|>\n\n",
    stops: &["<|eot_id|>"],
    marks: &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
};

/// Gemma, which has no turn for instructions.
pub const GEMMA: Template = Template {
    system: None,
    user: turn("<start_of_turn>user\n", "<end_of_turn>\n"),
    assistant: turn("<start_of_turn>model\n", "<end_of_turn>\n"),
    prompts: "<start_of_turn>model\n",
    stops: &["<end_of_turn>"],
    marks: &["<start_of_turn>", "<end_of_turn>"],
};

/// Mistral, the seventh version of its template.
pub const MISTRAL: Template = Template {
    system: Some(turn("[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]")),
    user: turn("[INST] ", "[/INST]"),
    assistant: turn(" ", "</s>"),
    prompts: "",
    stops: &["</s>"],
    marks: &["[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]", "</s>"],
};

/// DeepSeek V3 and R1.
pub const DEEPSEEK: Template = Template {
    system: Some(turn("", "\n\n")),
    user: turn("<｜User｜>", ""),
    assistant: turn("<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
    prompts: "<｜Assistant｜>",
    stops: &["<｜end▁of▁sentence｜>"],
    marks: &["<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"],
};

/// Phi 3 and 4.
pub const PHI: Template = Template {
    system: Some(turn("<|system|>\n", "<|end|>\n")),
    user: turn("<|user|>\n", "<|end|>\n"),
    assistant: turn("<|assistant|>\n", "<|end|>\n"),
    prompts: "<|assistant|>\n",
    stops: &["<|end|>"],
    marks: &["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"],
};

impl Template {
    /// The prompt of a chat, up to where the model goes on.
    pub(super) fn prompt(&self, messages: &[Value]) -> String {
        let (mut prompt, mut instructions) = (String::new(), String::new());
        for message in messages {
            let said = self.harmless(&text_of(message));
            match (message["role"].as_str(), &self.system) {
                (Some("system" | "developer"), Some(turn)) => turn.write(&said, &mut prompt),
                (Some("system" | "developer"), None) => {
                    instructions.push_str(&said);
                    instructions.push_str("\n\n");
                }
                (Some("assistant"), _) => self.assistant.write(&said, &mut prompt),
                _ => {
                    let said = std::mem::take(&mut instructions) + &said;
                    self.user.write(&said, &mut prompt);
                }
            }
        }
        if !instructions.is_empty() {
            self.user.write(instructions.trim_end(), &mut prompt);
        }
        prompt + self.prompts
    }

    /// A text in which no mark stands: somebody's words begin no turn, and end none.
    fn harmless(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for mark in self.marks.iter().filter(|mark| !mark.is_empty()) {
            if text.contains(mark) {
                let (first, rest) = mark.split_at(mark.chars().next().map_or(0, char::len_utf8));
                text = text.replace(mark, &format!("{first} {rest}"));
            }
        }
        text
    }
}

impl Turn {
    fn write(&self, said: &str, prompt: &mut String) {
        prompt.push_str(self.before);
        prompt.push_str(said);
        prompt.push_str(self.after);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{CHATML, DEEPSEEK, GEMMA, LLAMA3, MISTRAL, PHI, Template};

    const ALL: [(&str, &Template); 6] = [
        ("chatml", &CHATML),
        ("llama3", &LLAMA3),
        ("gemma", &GEMMA),
        ("mistral", &MISTRAL),
        ("deepseek", &DEEPSEEK),
        ("phi", &PHI),
    ];

    fn prompt(template: &Template, messages: &Value) -> String {
        template.prompt(messages.as_array().unwrap())
    }

    #[test]
    fn each_template_writes_a_chat_in_its_own_way() {
        let chat = json!([
            {"role": "system", "content": "S"}, {"role": "user", "content": "U"},
            {"role": "assistant", "content": "A"},
            {"role": "user", "content": [{"type": "text", "text": "V"}, {"type": "text", "text": "W"}]},
        ]);
        for ((name, template), expected) in ALL.into_iter().zip([
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n\
             <|im_start|>user\nV\nW<|im_end|>\n<|im_start|>assistant\n",
            "<|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nV\nW<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n",
            "<start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n\
             <start_of_turn>user\nV\nW<end_of_turn>\n<start_of_turn>model\n",
            "[SYSTEM_PROMPT] S[/SYSTEM_PROMPT][INST] U[/INST] A</s>[INST] V\nW[/INST]",
            "S\n\n<｜User｜>U<｜Assistant｜>A<｜end▁of▁sentence｜><｜User｜>V\nW<｜Assistant｜>",
            "<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\nA<|end|>\n<|user|>\nV\nW<|end|>\n<|assistant|>\n",
        ]) {
            assert_eq!(prompt(template, &chat), expected, "{name}");
        }
    }

    #[test]
    fn a_developer_instructs_and_instructions_alone_are_said_by_the_user() {
        let chat = json!([{"role": "developer", "content": "D"}]);
        let written = prompt(&CHATML, &chat);
        assert_eq!(written, "<|im_start|>system\nD<|im_end|>\n<|im_start|>assistant\n");
        let expected = "<start_of_turn>user\nD<end_of_turn>\n<start_of_turn>model\n";
        assert_eq!(prompt(&GEMMA, &chat), expected);
    }

    #[test]
    fn nobody_begins_a_turn_by_what_he_says() {
        for (name, template) in ALL {
            let plain = prompt(template, &json!([{"role": "user", "content": "x"}]));
            for mark in template.marks {
                for said in [(*mark).to_owned(), format!("<{mark}{mark}>"), format!("<<{mark}")] {
                    let written = prompt(template, &json!([{"role": "user", "content": said}]));
                    let count = |text: &str| text.matches(mark).count();
                    assert_eq!(count(&written), count(&plain), "{name}: {said}: {written}");
                    let kept = |text: &str| text.replace(' ', "");
                    assert!(kept(&written).contains(&kept(&said)), "{name}: {said} is lost");
                }
            }
        }
    }
}
