//! Which well-known models speak which format, as a table of patterns of their names.
//!
//! Names churn: the table is a default, and what the operator says goes before it.

use super::Capability;

/// A pattern, and what the models speak whose names it fits: all its words in their order, the
/// first of them where the name, or a word of it, begins. The first pattern that fits counts.
type Row = (&'static [&'static str], Capability);

const MODELS: &[Row] = &[
    (&["gpt-oss"], Capability::Harmony),
    (&["llm-jp-4"], Capability::Harmony),
    // Distilled models keep their teacher's template, whatever base they are named after.
    (&["deepseek-r1"], Capability::ThinkPrefilled),
    (&["deepseek-v3.1"], Capability::Think),
    (&["deepseek-v3.2"], Capability::Think),
    (&["deepseek-v4"], Capability::Think),
    (&["r1-distill"], Capability::ThinkPrefilled),
    (&["cogito"], Capability::ThinkPrefilled),
    (&["qwq"], Capability::ThinkPrefilled),
    (&["qwen3", "-thinking"], Capability::ThinkPrefilled),
    (&["qwen3.5"], Capability::ThinkPrefilled),
    (&["qwen3", "-instruct"], Capability::AnalysisFinal),
    (&["qwen3-coder"], Capability::AnalysisFinal),
    (&["qwen3"], Capability::Think),
    (&["glm-4.5"], Capability::Think),
    (&["glm-4.6"], Capability::Think),
    (&["glm-4.7"], Capability::Think),
    (&["glm-5"], Capability::Think),
    (&["nemotron", "-nano"], Capability::ThinkPrefilled),
    (&["nemotron-3"], Capability::ThinkPrefilled),
    (&["nemotron"], Capability::Think),
    (&["intern-s1"], Capability::Think),
    (&["interns1"], Capability::Think),
    (&["lfm2", "-thinking"], Capability::Think),
    (&["exaone-4"], Capability::Think),
    (&["mimo"], Capability::Think),
    (&["laguna"], Capability::Think),
    (&["minimax-m2"], Capability::ThinkPrefilled),
    (&["minimax-m3"], Capability::MmThink),
    (&["step3"], Capability::ThinkPrefilled),
    (&["step-3"], Capability::ThinkPrefilled),
    (&["kimi-k2-thinking"], Capability::ThinkPrefilled),
    (&["kimi-k3"], Capability::KimiK3),
    (&["kimi", "-thinking"], Capability::Kimi),
    (&["olmo-3", "-think"], Capability::ThinkPrefilled),
    (&["ling-3"], Capability::ThinkPrefilled),
    (&["hy-v4"], Capability::ThinkPrefilled),
    (&["telechat4"], Capability::ThinkPrefilled),
    (&["magistral"], Capability::BracketThink),
    (&["ministral", "-reasoning"], Capability::BracketThink),
    (&["mistral-small-4"], Capability::BracketThink),
    (&["seed-oss"], Capability::SeedThink),
    (&["gemma-4"], Capability::GemmaChannel),
    (&["gemma4"], Capability::GemmaChannel),
    (&["command-a-reasoning"], Capability::Cohere),
    (&["command-r7b"], Capability::Cohere),
    (&["command-4"], Capability::CoherePrefilled),
    (&["granite-3.2"], Capability::Granite),
    (&["granite-3.3"], Capability::Hunyuan),
    (&["hunyuan-a13b"], Capability::Hunyuan),
    (&["hunyuan"], Capability::Think),
    (&["ernie-4.5", "-thinking"], Capability::ErniePrefilled),
    (&["apertus"], Capability::Apertus),
    (&["solar-open-2"], Capability::SolarPrefilled),
    (&["solar-open2"], Capability::SolarPrefilled),
    (&["longcat"], Capability::LongcatPrefilled),
    (&["inkling"], Capability::Inkling),
    (&["openthinker"], Capability::BeginOfThought),
    (&["sky-t1"], Capability::BeginOfThought),
    (&["muse-glimmer"], Capability::Glimmer),
    (&["hyperclovax-seed-think"], Capability::HyperclovaxPrefilled),
    (&["k2-horizon"], Capability::K2HorizonPrefilled),
    (&["openpangu"], Capability::Pangu),
];

/// The longest name that is looked at, in bytes.
const LONGEST: usize = 256;

/// What the model of this name speaks.
pub(super) fn find(name: &str) -> Option<Capability> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase().replace(['_', ' ', ':'], "-");
    let beginnings: Vec<&str> = beginnings(&name).collect();
    MODELS.iter().find(|(words, _)| fits(words, &beginnings)).map(|(_, capability)| *capability)
}

/// Whether a pattern fits a name, which is given from each of its words on.
fn fits(words: &[&str], beginnings: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    beginnings.iter().filter_map(|word| word.strip_prefix(first)).any(|after| {
        // `glm-5` is not what `glm-50` begins with, but `qwen3` begins `qwen3vl`.
        let ends = !(first.ends_with(|letter: char| letter.is_ascii_digit())
            && after.starts_with(|letter: char| letter.is_ascii_digit()));
        ends && follow(rest, after)
    })
}

/// The name from each of its words on.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let is_inside = |at: usize| at > 0 && name.as_bytes()[at - 1].is_ascii_alphanumeric();
    name.char_indices().map(|(at, _)| at).filter(move |&at| !is_inside(at)).map(|at| &name[at..])
}

/// Whether all words stand in the text, in their order.
fn follow(words: &[&str], mut text: &str) -> bool {
    words.iter().all(|word| {
        text.split_once(word).is_some_and(|(_, after)| {
            text = after;
            true
        })
    })
}
