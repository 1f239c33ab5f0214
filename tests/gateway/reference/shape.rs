//! Compares JSON with schemas of the document, so strictly that nothing goes undescribed: a member
//! that no schema names is wrong, and a keyword that is not known here is, too.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keywords that say nothing about a value.
const NOTES: [&str; 7] =
    ["description", "title", "format", "examples", "summary", "default", "contentMediaType"];

/// The members that were met, each with the schema that describes it.
pub(super) type Seen = BTreeSet<String>;

/// The schemas of a document.
pub(super) struct Shapes<'a> {
    schemas: &'a Map<String, Value>,
    /// Whether members that no schema names are welcome.
    is_open: bool,
}

impl<'a> Shapes<'a> {
    /// For what the gateway writes: it writes nothing that is not described.
    pub(super) fn strict(document: &'a Value) -> Self {
        Self::new(document, false)
    }

    /// For what clients send: they may send more.
    pub(super) fn open(document: &'a Value) -> Self {
        Self::new(document, true)
    }

    fn new(document: &'a Value, is_open: bool) -> Self {
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        Self { schemas, is_open }
    }

    /// What is wrong with a value; what it has is noted.
    pub(super) fn check(
        &self,
        schema: &Value,
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        self.compare((schema, "inline"), value, seen)
    }

    fn compare(
        &self,
        (schema, owner): (&Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        if let Some(place) = schema["$ref"].as_str() {
            let name = place.rsplit('/').next().expect("a name");
            let named = self.schemas.get(name).ok_or_else(|| format!("no schema {name}"))?;
            return self.compare((named, name), value, seen);
        }
        for (keyword, rule) in schema.as_object().ok_or("a schema is an object")? {
            let at = |error| format!("{owner}: {error}");
            self.keyword((keyword, rule, schema, owner), value, seen).map_err(at)?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        (keyword, rule, schema, owner): (&str, &Value, &Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let length = value.as_str().map(|text| text.chars().count() as f64);
        let count = value.as_array().map(|items| items.len() as f64);
        let limit = rule.as_f64().unwrap_or(f64::NAN);
        let is_right = match keyword {
            "type" => has_type(rule, value),
            "enum" => rule.as_array().is_some_and(|words| words.contains(value)),
            "minimum" => value.as_f64().is_none_or(|number| number >= limit),
            "maximum" => value.as_f64().is_none_or(|number| number <= limit),
            "maxLength" => length.is_none_or(|length| length <= limit),
            "minItems" => count.is_none_or(|count| count >= limit),
            "maxItems" => count.is_none_or(|count| count <= limit),
            "pattern" => value.as_str().is_none_or(|text| matches(rule, text)),
            "required" => value.as_object().is_none_or(|members| has_all(rule, members)),
            "oneOf" => return self.one_of((rule, owner), value, seen),
            "contentSchema" => return self.content((rule, owner), value, seen),
            "items" => return self.each((rule, owner), value, seen),
            "properties" => return self.members((schema, owner), value, seen),
            "additionalProperties" if schema.get("properties").is_none() => {
                return self.members((schema, owner), value, seen);
            }
            "additionalProperties" | "propertyNames" => true,
            note => NOTES.contains(&note),
        };
        if is_right { Ok(()) } else { Err(format!("{keyword} {rule} does not hold for {value}")) }
    }

    /// A text that holds JSON.
    fn content(
        &self,
        (rule, owner): (&Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let Some(text) = value.as_str() else { return Ok(()) };
        let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.compare((rule, owner), &value, seen)
    }

    fn each(
        &self,
        (rule, owner): (&Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let items = value.as_array().into_iter().flatten();
        items.into_iter().try_for_each(|item| self.compare((rule, owner), item, seen))
    }

    fn one_of(
        &self,
        (rule, owner): (&Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        let (mut fitting, mut errors) = (Vec::new(), Vec::new());
        for (at, choice) in rule.as_array().ok_or("choices are a list")?.iter().enumerate() {
            let mut met = Seen::new();
            match self.compare((choice, &format!("{owner}/{at}")), value, &mut met) {
                Ok(()) => fitting.push(met),
                Err(error) => errors.push(error),
            }
        }
        match fitting.len() {
            1 => {
                seen.extend(fitting.into_iter().flatten());
                Ok(())
            }
            0 => Err(errors.join("\n or ")),
            many => Err(format!("{many} choices fit {value}")),
        }
    }

    fn members(
        &self,
        (schema, owner): (&Value, &str),
        value: &Value,
        seen: &mut Seen,
    ) -> Result<(), String> {
        for (name, member) in value.as_object().into_iter().flatten() {
            if let Some(rule) = schema["properties"].get(name) {
                seen.insert(format!("{owner}.{name}"));
                let owner = format!("{owner}.{name}");
                self.compare((rule, &owner), member, seen)?;
                continue;
            }
            match schema.get("additionalProperties") {
                None | Some(Value::Bool(true)) if self.is_open => {}
                Some(rule @ Value::Object(_)) => self.compare((rule, owner), member, seen)?,
                _ => return Err(format!("nothing is said of its member {name}: {value}")),
            }
        }
        Ok(())
    }

    /// Every member that a value of this schema may have, as `Seen` names them.
    pub(super) fn all_members(&self, schema: &Value) -> Seen {
        let mut found = Seen::new();
        self.collect((schema, "inline"), &mut found);
        found
    }

    fn collect(&self, (schema, owner): (&Value, &str), found: &mut Seen) {
        if let Some(place) = schema["$ref"].as_str() {
            let name = place.rsplit('/').next().expect("a name");
            return self.collect((&self.schemas[name], name), found);
        }
        for (at, choice) in schema["oneOf"].as_array().into_iter().flatten().enumerate() {
            self.collect((choice, &format!("{owner}/{at}")), found);
        }
        let inner = ["items", "additionalProperties", "contentSchema"];
        for rule in inner.iter().filter_map(|rule| schema.get(rule)) {
            self.collect((rule, owner), found);
        }
        for (name, rule) in schema["properties"].as_object().into_iter().flatten() {
            let name = format!("{owner}.{name}");
            self.collect((rule, &name), found);
            found.insert(name);
        }
    }
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("no type is called {other:?}"),
    };
    rule.as_array().map_or_else(|| is(rule), |kinds| kinds.iter().any(is))
}

/// The two patterns that the document has.
fn matches(pattern: &Value, text: &str) -> bool {
    match pattern.as_str() {
        Some(r"\S") => !text.trim().is_empty(),
        Some("^(?!text$)") => text != "text",
        other => panic!("a pattern that is not known here: {other:?}"),
    }
}

fn has_all(names: &Value, members: &Map<String, Value>) -> bool {
    names.as_array().is_some_and(|names| {
        names.iter().filter_map(Value::as_str).all(|name| members.contains_key(name))
    })
}

#[test]
fn sees_what_a_schema_does_not_say() {
    let document = serde_json::json!({"components": {"schemas": {
        "A": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": ["integer", "null"], "minimum": 0, "maximum": 3},
            "b": {"oneOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]},
            "c": {"type": "array", "items": {"enum": ["x"]}, "minItems": 1, "maxItems": 2},
            "d": {"type": "object", "additionalProperties": {"type": "string", "pattern": r"\S"}},
            "e": {"type": "string", "contentSchema": {"$ref": "#/components/schemas/B"}}}},
        "B": {"type": "object", "properties": {"b": {"type": "string", "maxLength": 2}},
            "additionalProperties": {}},
    }}});
    let reference = serde_json::json!({"$ref": "#/components/schemas/A"});
    for (value, expected) in [
        (r#"{"a": 1}"#, Some("A.a")),
        (r#"{"a": null, "b": {"b": "ab", "z": 1}}"#, Some("A.a A.b B.b")),
        (r#"{"a": 1, "c": ["x"], "d": {"any": "y"}}"#, Some("A.a A.c A.d")),
        (r#"{"a": 1, "e": "{\"b\": \"ab\"}"}"#, Some("A.a A.e B.b")),
        (r#"{"a": 1, "e": "{\"b\": 1}"}"#, None),
        (r#"{"a": 1, "e": "{"}"#, None),
        (r#"{}"#, None),
        (r#"[]"#, None),
        (r#"{"a": 1.5}"#, None),
        (r#"{"a": 4}"#, None),
        (r#"{"a": -1}"#, None),
        (r#"{"a": 1, "z": 1}"#, None),
        (r#"{"a": 1, "b": {"b": "abc"}}"#, None),
        (r#"{"a": 1, "c": []}"#, None),
        (r#"{"a": 1, "c": ["x", "x", "x"]}"#, None),
        (r#"{"a": 1, "c": ["y"]}"#, None),
        (r#"{"a": 1, "d": {"any": " "}}"#, None),
    ] {
        let given: Value = serde_json::from_str(value).unwrap();
        let mut seen = Seen::new();
        let checked = Shapes::strict(&document).check(&reference, &given, &mut seen);
        let seen = seen.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(checked.ok().map(|()| seen).as_deref(), expected, "{value}");
    }
    let more = serde_json::json!({"a": 1, "z": 1});
    assert_eq!(Shapes::open(&document).check(&reference, &more, &mut Seen::new()), Ok(()));
    let all = Shapes::strict(&document).all_members(&reference);
    assert_eq!(all.into_iter().collect::<Vec<_>>(), ["A.a", "A.b", "A.c", "A.d", "A.e", "B.b"]);
}
