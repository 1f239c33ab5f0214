//! The API reference says what is so: its paths are the routes, its members those that are read and
//! written, its errors those that are made.

mod answers;
mod document;
mod failures;
mod requests;
mod shape;

use serde_json::Value;

use crate::process::Gateway;

/// The document, as a gateway that needs nobody hands it out.
async fn document() -> Value {
    let gateway = Gateway::at("http://127.0.0.1:1", &[]).await;
    fetch(&gateway).await
}

async fn fetch(gateway: &Gateway) -> Value {
    let reply = gateway.get("/openapi.json").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// Every operation: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of = |(path, methods): (&String, &'_ Value)| {
        let methods = methods.as_object().expect("methods").keys().cloned().collect::<Vec<_>>();
        methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    let named = paths.iter().flat_map(of);
    named
        .map(|(method, path)| (method.to_uppercase(), path.clone(), &paths[&path][&method]))
        .collect()
}
