//! What a model server is.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a model server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any server that speaks OpenAI's chat completions.
    #[default]
    Generic,
    /// OpenAI itself.
    Openai,
    /// Friendli: serverless, dedicated, or a container.
    Friendli,
    /// vLLM.
    Vllm,
    /// Ollama, below its /v1.
    Ollama,
    /// OpenRouter.
    Openrouter,
    /// llama.cpp's own /completion, for servers that offer nothing else; without tools and images.
    LlamaCompletion,
    /// No server: what was said comes back.
    Echo,
}

/// How a chat is written as one prompt, for servers that complete prompts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// `<|im_start|>`: Qwen, Hermes, and most that say nothing else.
    #[default]
    Chatml,
    /// Llama 3.
    Llama3,
    /// Gemma.
    Gemma,
    /// Mistral, the seventh version.
    Mistral,
    /// `DeepSeek` V3 and R1.
    Deepseek,
    /// Phi 3 and 4.
    Phi,
}
