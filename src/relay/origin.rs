//! What an answer comes from, beside the request itself: which models on which servers, how they are
//! asked, and how its summaries are written. What only says how long and how often is left out.

use serde_json::{Value, json};

use super::catalog::{Route, Target};
use super::plan::Plan;
use super::prompts::{CONTRACT, TAG_INSTRUCTION};
use super::request::ChatRequest;
use super::summary::SummaryConfig;

/// All that the configuration decides of the answer to a request; nothing if nobody serves its model.
pub(super) fn origin(plan: &Plan, request: &ChatRequest) -> Option<Value> {
    let route = plan.catalog.resolve(&request.model)?;
    let wants_summaries = request.summaries.prompt || request.summaries.reasoning;
    let (first, second) = plan.writing_models(request, &route);
    let writers = std::iter::once(first).chain(second).filter(|_| wants_summaries);
    let writers: Vec<Value> = writers
        .map(|model| json!(plan.catalog.resolve(model).map(|route| targets(&route, model))))
        .collect();
    let words = json!([CONTRACT, TAG_INSTRUCTION]);
    Some(json!([words, targets(&route, &request.model), writers, writing(&plan.summary)]))
}

fn targets(route: &Route, requested: &str) -> Vec<Value> {
    route.targets().iter().map(|it| target(it, requested)).collect()
}

fn target(it: &Target, requested: &str) -> Value {
    json!([
        it.server.name,
        it.server.identity.to_string(),
        it.model(requested),
        [it.rank, it.weight],
        it.answer.members,
        format!("{:?} {:?}", it.answer.reader, it.capability(requested)),
        format!("{:?}", it.quirks),
        it.streams,
    ])
}

fn writing(it: &SummaryConfig) -> Value {
    let excerpts = [it.max_prompt_chars, it.max_reasoning_chars];
    let sections = json!([it.live, it.stream, it.section_chars, it.section_time.as_secs_f64()]);
    json!([excerpts, sections])
}
