//! The operations: what each path takes and gives.

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder};

use super::errors::Place;
use super::operation::{Given, JSON, answers, asks, begin, fails, guarded, open, told};
use super::streams::schema;
use super::{headers, words};
use crate::http::{anthropic, dialect};

/// One path and method, and what is done there.
pub(super) type Row = (&'static str, HttpMethod, OperationBuilder);

const CHAT: &str = "/v1/chat/completions";
const OPENAI: &str = "/openai/v1/chat/completions";

/// All of them, in the order in which they are shown.
pub(super) fn all() -> Vec<Row> {
    let posted = [
        (CHAT, summarised()),
        (OPENAI, openai()),
        ("/v1/responses", response("/v1/responses", "createResponse")),
        ("/openai/v1/responses", response("/openai/v1/responses", "createOpenAiResponse")),
        (anthropic::PATH, message()),
    ];
    let got = [
        ("/v1/models", models("/v1/models", "listModels")),
        ("/openai/v1/models", models("/openai/v1/models", "listOpenAiModels")),
        ("/healthz", live("/healthz", "getHealth")),
        ("/health/live", live("/health/live", "getLiveness")),
        ("/ready", ready("/ready", "getReady")),
        ("/health/ready", ready("/health/ready", "getReadiness")),
        ("/upstream-health", upstream_health()),
        ("/metrics", metrics()),
        ("/", playground()),
        ("/docs", docs()),
        ("/openapi.json", document()),
    ];
    let posted = posted.into_iter().map(|(path, it)| (path, HttpMethod::Post, guarded(it)));
    posted.chain(got.into_iter().map(|(path, it)| (path, HttpMethod::Get, it))).collect()
}

fn summarised() -> OperationBuilder {
    let given = Given {
        whole: either("SummarisedCompletion", "ChatCompletion"),
        whole_example: include_str!("examples/chat.json"),
        stream: either("SummaryStream", "ChunkStream"),
        stream_example: include_str!("examples/chat.sse"),
    };
    let request = ("ChatRequest", include_str!("examples/chat_request.json"));
    let summary = "Ask, and hear the summaries before the answer";
    let operation =
        begin("Answers", "createChatCompletion", summary, include_str!("texts/chat.md"));
    let text = "`openai` asks for OpenAI's wire format, as at `/openai/v1/chat/completions`; `summary`, or nothing, for the gateway's own events.";
    let format = headers::sent(dialect::EVENT_FORMAT, text, &["summary", "openai"]);
    answers(asks(operation.parameter(format), request), CHAT, given)
}

fn openai() -> OperationBuilder {
    let given = Given {
        whole: schema("ChatCompletion").into(),
        whole_example: include_str!("examples/openai.json"),
        stream: schema("ChunkStream").into(),
        stream_example: include_str!("examples/openai.sse"),
    };
    let request = ("ChatRequest", include_str!("examples/chat_request.json"));
    let text = include_str!("texts/openai.md");
    let operation = begin(
        "Answers",
        "createOpenAiChatCompletion",
        "Ask, in the format of OpenAI's chat completions",
        text,
    );
    answers(asks(operation, request), OPENAI, given)
}

fn response(path: &str, id: &str) -> OperationBuilder {
    let given = Given {
        whole: schema("Response").into(),
        whole_example: include_str!("examples/response.json"),
        stream: schema("ResponseStream").into(),
        stream_example: include_str!("examples/response.sse"),
    };
    let request = ("ResponseRequest", include_str!("examples/response_request.json"));
    let text = include_str!("texts/responses.md");
    let operation = begin("Answers", id, "Ask, in the format of OpenAI's Responses", text);
    answers(asks(operation, request), path, given)
}

fn message() -> OperationBuilder {
    let given = Given {
        whole: schema("Message").into(),
        whole_example: include_str!("examples/message.json"),
        stream: schema("MessageStream").into(),
        stream_example: include_str!("examples/message.sse"),
    };
    let request = ("MessageRequest", include_str!("examples/message_request.json"));
    let text = include_str!("texts/messages.md");
    let summary = "Ask, in the format of Anthropic's Messages";
    let operation = begin("Answers", "createMessage", summary, text);
    answers(asks(operation, request), anthropic::PATH, given)
}

fn either(one: &str, other: &str) -> RefOr<Schema> {
    let either = OneOfBuilder::new().item(schema(one)).item(schema(other)).build();
    RefOr::T(either.into())
}

fn models(path: &str, id: &str) -> OperationBuilder {
    let text = "The models of the gateway's settings, other names of them and names that stand for several; where they list none, what the model servers list. A request may name others where the servers know them.";
    let operation = begin("Gateway", id, "The models that may be asked for", text);
    let model = json!({"id": "mock-reasoner", "object": "model", "created": 0, "owned_by": "upstream", "capability": "auto"});
    let example = json!({"object": "list", "data": [model]});
    let operation = told(operation, (200, "The models."), "ModelList", Some(example));
    guarded(fails(operation, path, &[Place::Door, Place::Upstream, Place::Anywhere]))
}

fn live(path: &str, id: &str) -> OperationBuilder {
    let text = "No model server is asked.";
    let operation = begin("Gateway", id, "Whether the process lives", text);
    let example = json!({"status": "ok", "scope": "gateway"});
    let operation = told(operation, (200, "It lives."), "Liveness", Some(example));
    open(fails(operation, path, &[Place::Anywhere]))
}

fn ready(path: &str, id: &str) -> OperationBuilder {
    let text = "Balancers ask this. No model server is asked.";
    let operation = begin("Gateway", id, "Whether it may take traffic", text);
    let example = |status: &str| Some(json!({"status": status, "scope": "gateway"}));
    let operation = told(operation, (200, "It may."), "Readiness", example("ready"));
    let text = "It stops, and only ends what is open.";
    let operation = told(operation, (503, text), "Readiness", example("draining"));
    open(fails(operation, path, &[Place::Anywhere]))
}

fn upstream_health() -> OperationBuilder {
    let text = "Looks at every model server. Always 200: the gateway could tell.";
    let operation =
        begin("Gateway", "getUpstreamHealth", "Whether the model servers can be reached", text);
    let found = json!({"reachable": true, "status": 200, "took_ms": 3});
    let example = json!({"status": "ok", "upstream": true, "detail": found});
    let operation = told(operation, (200, "What was found."), "UpstreamHealth", Some(example));
    guarded(fails(operation, "/upstream-health", &[Place::Door, Place::Anywhere]))
}

fn metrics() -> OperationBuilder {
    let text = "In Prometheus' format; docs/metrics.md lists them. With `ADMIN_ADDR` they are at that address alone, and there without a key.";
    let operation = begin("Gateway", "getMetrics", "Counters and times", text);
    let example = include_str!("examples/metrics.txt");
    let content = ContentBuilder::new().schema(Some(Schema::from(words::text_schema())));
    let content = content.example(Some(example.into())).build();
    let response =
        ResponseBuilder::new().description("The metrics.").content("text/plain", content);
    let operation = operation.response("200", headers::of(200, true, response).build());
    guarded(fails(operation, "/metrics", &[Place::Door, Place::Anywhere]))
}

fn playground() -> OperationBuilder {
    let text = "A page to ask and to see what comes, and when. It comes with `WWW-Authenticate` where nobody is served without a key.";
    let challenge = "WWW-Authenticate";
    let response = html().header_ref(challenge, headers::place(challenge)).build();
    page("/", "getPlayground", "The playground", text).response("200", response)
}

fn docs() -> OperationBuilder {
    page("/docs", "getDocs", "This reference as a page", "Swagger UI, from the program itself.")
}

fn page(path: &str, id: &str, summary: &str, text: &str) -> OperationBuilder {
    let operation = begin("Pages", id, summary, text).response("200", html().build());
    open(fails(unchanged(operation), path, &[Place::Anywhere]))
}

fn html() -> ResponseBuilder {
    let example = "<!doctype html>".into();
    file(("text/html", "The page."), words::text_schema(), example)
}

fn document() -> OperationBuilder {
    let text = "OpenAPI 3.1.";
    let example = json!({"openapi": "3.1.0"});
    let response = file((JSON, "The document."), words::open_object(), example).build();
    let operation = begin("Pages", "getOpenApi", "This reference as a document", text);
    let operation = operation.response("200", response);
    open(fails(unchanged(operation), "/openapi.json", &[Place::Anywhere]))
}

fn file(
    (media_type, text): (&str, &str),
    schema: impl Into<Schema>,
    example: Value,
) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(schema.into())).example(Some(example)).build();
    let response = ResponseBuilder::new().description(text).content(media_type, content);
    headers::of(200, false, response)
}

fn unchanged(operation: OperationBuilder) -> OperationBuilder {
    let text = "The client's own copy, named in `If-None-Match`, is the same.";
    let response = ResponseBuilder::new().description(text);
    operation.response("304", headers::of(304, false, response).build())
}
