//! The document itself: paths, keys, errors, examples, and how it is handed out.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::shape::{Seen, Shapes};
use super::{document, fetch, operations};
use crate::process::Gateway;

/// Files of a page: what they hold is the page's business.
const FILES: [&str; 3] = ["/assets/{name}", "/docs/", "/docs/{name}"];

/// The text of a file of the gateway's source, up to its tests.
pub(super) fn source(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

/// The files of the edge, all but the document's own.
fn edge() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let files = std::fs::read_dir(folder).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".rs")).map(|name| source(&format!("http/{name}"))).collect()
}

/// Every route that the source registers.
fn routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for text in edge() {
        for route in text.split(".route(").skip(1) {
            let (path, rest) = route.split_once(',').expect("a path and a method");
            let path = match path.trim() {
                "anthropic::PATH" => "/v1/messages",
                text => text.trim_matches('"'),
            };
            let method = rest.trim_start().split('(').next().expect("a method");
            found.insert((method.to_uppercase(), path.to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn names_every_route_and_no_other() {
    let document = document().await;
    let named: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let mut routes = routes();
    assert!(routes.len() >= 15, "{routes:?}");
    routes.retain(|(_, path)| !FILES.contains(&path.as_str()));
    assert_eq!(named, routes);
}

#[tokio::test]
async fn leaves_out_what_is_switched_off() {
    let off = [("PLAYGROUND", "false"), ("ADMIN_ADDR", "127.0.0.1:0")];
    let gateway = Gateway::at("http://127.0.0.1:1", &off).await;
    let document = fetch(&gateway).await;
    for path in ["/", "/metrics"] {
        assert_eq!(document["paths"].get(path), None, "{path}");
        assert_eq!(gateway.get(path).await.status, 404, "{path}");
    }
    assert!(document["paths"].get("/v1/models").is_some());
}

#[tokio::test]
async fn asks_for_a_key_where_the_gateway_does() {
    let folder = crate::process::empty_folder("reference-keys");
    let keys = folder.join("keys.json");
    std::fs::write(&keys, r#"{"keys": []}"#).expect("it can be written");
    let file = keys.to_str().expect("a path is text");
    let gateway = Gateway::at("http://127.0.0.1:1", &[("KEYS_FILE", file)]).await;
    let document = fetch(&gateway).await;
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], "X-API-Key");
    let either = json!([{"bearer": []}, {"apiKey": []}]);
    for (method, path, operation) in operations(&document) {
        let mut wire = gateway.connect().await;
        wire.request(&method, &path, &[], b"").await;
        let status = wire.reply().await.status;
        let expected = if status == 401 { either.clone() } else { json!([]) };
        assert_eq!(operation["security"], expected, "{method} {path}: {status}");
        assert_eq!(operation["responses"].get("401").is_some(), status == 401, "{method} {path}");
    }
}

/// The files that make errors.
fn makers() -> Vec<String> {
    let relay = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/relay");
    let files = std::fs::read_dir(relay).expect("a folder").map(|file| file.expect("a file"));
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name.ends_with(".rs")).map(|name| format!("relay/{name}"));
    names.chain(["http/problem.rs".to_owned()]).collect()
}

/// Every code of an error that the source has: what follows a status, or has the look of one.
fn codes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Here some follow what is worked out.
    let own = ["relay/failure.rs", "relay/access.rs"];
    for file in makers() {
        let text = source(&file);
        let pieces: Vec<&str> = text.split('"').collect();
        for pair in pieces.chunks(2) {
            let [before, word] = pair else { continue };
            let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let last =
                before.trim_end().trim_end_matches(',').rsplit(|c: char| !c.is_alphanumeric());
            let status = last.take(1).find_map(|last| last.parse::<u16>().ok());
            let after_status = status.is_some_and(|status| (400..600).contains(&status));
            let has_the_look = word.contains('_') && own.contains(&file.as_str());
            if is_word && (has_the_look || after_status) {
                found.insert((*word).to_owned());
            }
        }
    }
    // Nobody is there to be told.
    assert!(found.remove("client_left"), "{found:?}");
    found
}

#[tokio::test]
async fn names_every_error_that_is_made_and_no_other() {
    let document = document().await;
    let code = &document["components"]["schemas"]["ErrorCode"];
    let named = code["enum"].as_array().expect("codes").iter();
    let named: BTreeSet<_> = named.map(|code| code.as_str().expect("a text").to_owned()).collect();
    assert_eq!(named, codes());
    for code in named {
        let text = document["components"]["schemas"]["ErrorCode"]["description"].to_string();
        assert!(text.contains(&format!("`{code}`: ")), "{code}");
    }
}

/// Everything that is shown as an example of a schema: where, the schema, and the example.
fn examples(document: &Value) -> Vec<(String, &Value, &Value)> {
    let mut found = Vec::new();
    for (method, path, operation) in operations(document) {
        let responses = operation["responses"].as_object().expect("responses").values();
        for content in responses.chain(operation.get("requestBody")) {
            for (kind, content) in content["content"].as_object().into_iter().flatten() {
                let many = content["examples"].as_object().into_iter().flatten();
                let many = many.map(|(_, example)| &example["value"]);
                for example in content.get("example").into_iter().chain(many) {
                    found.push((format!("{method} {path} {kind}"), &content["schema"], example));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn shows_examples_that_are_as_described() {
    let document = document().await;
    let shapes = Shapes::strict(&document);
    let examples = examples(&document);
    assert!(examples.len() > 200, "{}", examples.len());
    for (place, schema, example) in examples {
        let checked = shapes.check(schema, example, &mut Seen::new());
        assert_eq!(checked, Ok(()), "{place}");
    }
}

/// Whether something is described in words.
fn is_told(described: &Value) -> bool {
    described["description"].as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Every member of a schema, and of the schemas inside it, that nothing is said of.
fn untold_members(place: &str, schema: &Value, untold: &mut Vec<String>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if !is_told(member) {
            untold.push(format!("{place}.{name}"));
        }
    }
    let inner: Vec<(&String, &Value)> = match schema {
        Value::Object(members) => members.iter().collect(),
        Value::Array(items) => return inside(place, items, untold),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in inner {
        untold_members(&format!("{place}/{name}"), value, untold);
    }
}

fn inside(place: &str, items: &[Value], untold: &mut Vec<String>) {
    for (at, item) in items.iter().enumerate() {
        untold_members(&format!("{place}/{at}"), item, untold);
    }
}

#[tokio::test]
async fn says_something_of_every_member() {
    let document = document().await;
    let mut untold = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        if !is_told(schema) {
            untold.push(name.clone());
        }
        untold_members(name, schema, &mut untold);
    }
    assert!(untold.is_empty(), "{} of:\n{}", untold.len(), untold.join("\n"));
}

/// What a response's header refers to.
fn header<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let name = reference["$ref"].as_str().and_then(|place| place.rsplit('/').next());
    &document["components"]["headers"][name.expect("a name")]
}

/// What of an operation has no words, and what has no example.
fn gaps(document: &Value, operation: &Value) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut note = |is_there: bool, what: String| gaps.extend((!is_there).then_some(what));
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        note(is_told(parameter), format!("no words: parameter {}", parameter["name"]));
    }
    let responses = operation["responses"].as_object().expect("responses").iter();
    let responses = responses.map(|(status, response)| (status.as_str(), response));
    let body = operation.get("requestBody").map(|body| ("the request", body));
    for (place, told) in responses.chain(body) {
        note(is_told(told), format!("no words: {place}"));
        for (kind, content) in told["content"].as_object().into_iter().flatten() {
            let many = content["examples"].as_object().is_some_and(|many| !many.is_empty());
            note(many || content.get("example").is_some(), format!("no example: {place} {kind}"));
        }
        for (name, reference) in told["headers"].as_object().into_iter().flatten() {
            note(is_told(header(document, reference)), format!("no words: header {name}"));
        }
    }
    gaps
}

#[tokio::test]
async fn says_something_of_everything() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut ids = BTreeSet::new();
    let mut missing = Vec::new();
    for (method, path, operation) in operations(&document) {
        for member in ["summary", "description", "operationId"] {
            let text = operation[member].as_str().unwrap_or_default();
            assert!(!text.trim().is_empty(), "{method} {path} has no {member}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: told twice");
        assert!(method != "POST" || operation.get("requestBody").is_some(), "{path}");
        let gaps = gaps(&document, operation).into_iter();
        missing.extend(gaps.map(|gap| format!("{method} {path}: {gap}")));
    }
    assert!(missing.is_empty(), "{} of:\n{}", missing.len(), missing.join("\n"));
}

#[tokio::test]
async fn shows_metrics_as_they_are() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    let document = fetch(&gateway).await;
    let content = &document["paths"]["/metrics"]["get"]["responses"]["200"]["content"];
    let example = content["text/plain"]["example"].as_str().expect("an example");
    let text = gateway.get("/metrics").await.text();
    assert!(text.contains(example.trim_end()), "{example} is not in {text}");
}

#[tokio::test]
async fn is_the_same_for_whoever_has_it() {
    let gateway = Gateway::at("http://127.0.0.1:1", &[("CORS_ORIGINS", "*")]).await;
    let first = gateway.get("/openapi.json").await;
    assert_eq!(first.header("content-type"), Some("application/json"));
    let tag = first.header("etag").expect("a tag").to_owned();
    let mut wire = gateway.connect().await;
    let headers = [("If-None-Match", tag.as_str()), ("Origin", "https://app.example")];
    wire.request("GET", "/openapi.json", &headers, b"").await;
    let second = wire.reply().await;
    assert_eq!((second.status, second.header("etag")), (304, Some(tag.as_str())));
    assert_eq!(second.header("access-control-allow-origin"), Some("*"));
    println!("{} bytes", first.body.len());
}
