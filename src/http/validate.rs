//! Turns a body into a chat request, or into one list of everything that is wrong with it.

use serde_json::{Map, Value};

use super::edge::Context;
use super::fields::{Fields, describe, whole};
use super::problem::{FieldError, Problem};
use super::{HttpConfig, messages, numbers};
use crate::relay::request::{ChatRequest, Style, SummaryOptions, Visibility};

/// Why a body is no chat request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 400 for what is no JSON, 422 for wrong members.
    pub status: u16,
    /// The wrong members, each with what is wrong about it; none where there is no JSON.
    pub errors: Vec<(String, String)>,
}

/// Reads and checks a body as the chat route does, for those who have bodies and no connection.
///
/// # Errors
///
/// [`Refusal`] with what the client would be told.
pub fn check(body: &[u8]) -> Result<ChatRequest, Refusal> {
    let context = Context::new(String::new(), "");
    parse(body, context, true).map_err(|problem| Refusal {
        status: problem.status(),
        errors: problem.field_errors().iter().map(parts).collect(),
    })
}

fn parts(error: &FieldError) -> (String, String) {
    (error.field.clone(), error.message.clone())
}

/// Reads and checks a body; `stream` is what is meant where it does not say.
pub(super) fn parse(body: &[u8], context: Context, stream: bool) -> Result<ChatRequest, Problem> {
    checked(object(body)?, |fields| read(fields, context, stream))
}

/// The members of a body that is an object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let value: Value = serde_json::from_slice(body).map_err(|error| unreadable(body, &error))?;
    let Value::Object(members) = value else {
        let message = format!("expected an object, got {}", describe(&value));
        let field = "body".to_owned();
        return Err(Problem::InvalidFields(vec![FieldError { field, message }]));
    };
    let too_long = numbers::too_long(body);
    if too_long.is_empty() { Ok(members) } else { Err(Problem::InvalidFields(too_long)) }
}

/// What is read of members, if nothing was wrong about them.
pub(super) fn checked<T>(
    members: Map<String, Value>,
    read: impl FnOnce(Fields<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let mut errors = Vec::new();
    match read(Fields::new("", members, &mut errors)) {
        Some(request) if errors.is_empty() => Ok(request),
        _ => Err(Problem::InvalidFields(errors)),
    }
}

impl HttpConfig {
    /// Refuses models that are not on the list, for the answer as for summaries.
    pub(super) fn allow(&self, request: &ChatRequest) -> Result<(), Problem> {
        let listed =
            |model: &String| self.allow_models.is_empty() || self.allow_models.contains(model);
        if !listed(&request.model) {
            return Err(Problem::ModelNotAllowed("model"));
        }
        let summary = request.summary_model.as_ref();
        let refused = summary
            .is_some_and(|model| !listed(model) && self.summary_model.as_ref() != Some(model));
        if refused { Err(Problem::ModelNotAllowed("summary_model")) } else { Ok(()) }
    }
}

/// Why a body can't be read. A number that is too large is JSON all the same.
fn unreadable(body: &[u8], error: &serde_json::Error) -> Problem {
    let is_number = error.to_string().starts_with("number out of range");
    let numbers = if is_number { numbers::unfit(body) } else { vec![] };
    if numbers.is_empty() {
        return Problem::InvalidJson(position(error));
    }
    Problem::InvalidFields(numbers)
}

/// Where the JSON breaks. The parser's own words may quote the input.
fn position(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let what =
        if error.is_eof() { "the body ends too early" } else { "the body is not valid JSON" };
    format!("{what} (line {line}, column {column})")
}

/// Every member is looked at, so that every error is told.
pub(super) fn read(mut fields: Fields<'_>, context: Context, stream: bool) -> Option<ChatRequest> {
    let model = fields.take_text("model");
    if model.is_none() && !fields.has_error("model") {
        fields.missing("model", "the name of a model");
    }
    let messages = match fields.take("messages") {
        Some(messages) => messages::check(&mut fields, &messages),
        None => {
            fields.missing("messages", "an array of at least one message");
            None
        }
    };
    let stream = fields.take_bool("stream").unwrap_or(stream);
    let summary_model = fields.take_text("summary_model");
    let summaries = match fields.take("summaries") {
        None => SummaryOptions::default(),
        Some(Value::Object(members)) => summary_options(&mut fields, members),
        Some(other) => fields.wrong("summaries", "an object", &other).unwrap_or_default(),
    };
    check_parameters(&mut fields);
    let members = fields.rest();
    Some(ChatRequest {
        id: context.request_id,
        path: context.path,
        arrived: context.arrived,
        stream,
        model: model?,
        messages: messages?,
        members,
        summary_model,
        summaries,
        trace: context.trace,
    })
}

/// The upstream's own members, as far as OpenAI's reference bounds them.
fn check_parameters(fields: &mut Fields<'_>) {
    fields.check_number("temperature", 0.0..=2.0);
    fields.check_number("top_p", 0.0..=1.0);
    fields.check_number("presence_penalty", -2.0..=2.0);
    fields.check_number("frequency_penalty", -2.0..=2.0);
    fields.check_whole("max_tokens", 1);
    fields.check_whole("max_completion_tokens", 1);
    fields.check("n", |n| whole(n) == Some(1), || "1: this gateway gives one answer".to_owned());
    fields.check("cache", Value::is_boolean, || "true or false".to_owned());
    fields.check("tools", Value::is_array, || "an array".to_owned());
    fields.check("stream_options", Value::is_object, || "an object".to_owned());
    let stop = |stop: &Value| {
        stop.is_string() || stop.as_array().is_some_and(|texts| texts.iter().all(Value::is_string))
    };
    fields.check("stop", stop, || "a text or an array of texts".to_owned());
}

fn summary_options(parent: &mut Fields<'_>, members: Map<String, Value>) -> SummaryOptions {
    let mut fields = parent.inner("summaries", members);
    let mut options = SummaryOptions::default();
    options.prompt = fields.take_bool("prompt").unwrap_or(options.prompt);
    options.reasoning = fields.take_bool("reasoning").unwrap_or(options.reasoning);
    options.live = fields.take_bool("live");
    if let Some(visibility) = fields.take("visibility") {
        let expected = "\"raw\", \"summary\" or \"none\"";
        let known = visibility.as_str().and_then(visibility_named);
        options.visibility = known.or_else(|| fields.wrong("visibility", expected, &visibility));
    }
    options.language = fields.take_text("language").filter(|language| language != "auto");
    if options.language.as_ref().is_some_and(|language| language.chars().count() > 40) {
        fields.error(
            "language",
            "expected a language's name or tag, at most 40 characters".to_owned(),
        );
    }
    if let Some(style) = fields.take("style") {
        let expected = "\"bullets\", \"sentence\" or \"status\"";
        let known = style.as_str().and_then(style_named);
        options.style =
            known.or_else(|| fields.wrong("style", expected, &style)).unwrap_or(options.style);
    }
    fields.no_others("prompt, reasoning, live, visibility, language and style");
    options
}

fn visibility_named(name: &str) -> Option<Visibility> {
    match name {
        "raw" => Some(Visibility::Raw),
        "summary" => Some(Visibility::Summary),
        "none" => Some(Visibility::None),
        _ => None,
    }
}

fn style_named(name: &str) -> Option<Style> {
    match name {
        "bullets" => Some(Style::Bullets),
        "sentence" => Some(Style::Sentence),
        "status" => Some(Style::Status),
        _ => None,
    }
}
