//! What a gateway says of the models that it serves.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One model that may be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The name to ask for.
    pub id: String,
    /// How its reasoning is told from its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// What else the gateway says of it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The list as the wire has it.
#[derive(Debug, Deserialize)]
pub(crate) struct List {
    pub(crate) data: Vec<Model>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::List;

    #[test]
    fn keeps_what_it_does_not_know() {
        for model in [
            json!({"id": "a", "capability": "auto", "object": "model", "created": 0}),
            json!({"id": "b"}),
        ] {
            let list = json!({"object": "list", "data": [model]});
            let read: List = serde_json::from_value(list).unwrap();
            assert_eq!(serde_json::to_value(&read.data[0]).unwrap(), model);
        }
    }
}
