//! Looks at members of a JSON object, and notes every one that does not hold what it should.

use serde_json::{Map, Value};

use super::problem::FieldError;

/// The longest piece of a wrong value that is shown.
pub(super) const MAX_SHOWN: usize = 40;

/// The most errors that are told of one body: more help nobody.
const MAX_ERRORS: usize = 64;

/// The members of one object; what is taken is removed, and `null` counts as left out.
pub(super) struct Fields<'a> {
    prefix: String,
    members: Map<String, Value>,
    errors: &'a mut Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Errors are named by `prefix` and the member's name.
    pub(super) fn new(
        prefix: &str,
        members: Map<String, Value>,
        errors: &'a mut Vec<FieldError>,
    ) -> Self {
        Self { prefix: prefix.to_owned(), members, errors }
    }

    /// Takes a member.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text; an empty one is an error.
    pub(super) fn take_text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        match value.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(text.to_owned()),
            None => self.wrong(name, "a text that is not empty", &value),
        }
    }

    /// Takes `true` or `false`.
    pub(super) fn take_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        value.as_bool().or_else(|| self.wrong(name, "true or false", &value))
    }

    /// Looks at a number that stays where it is.
    pub(super) fn check_number(&mut self, name: &str, range: std::ops::RangeInclusive<f64>) {
        let expected = || format!("a number from {} to {}", range.start(), range.end());
        self.check(
            name,
            |value| value.as_f64().is_some_and(|number| range.contains(&number)),
            expected,
        );
    }

    /// Looks at a whole number that stays where it is; `8.0` becomes `8`, which all servers read.
    pub(super) fn check_whole(&mut self, name: &str, least: u64) {
        if let Some(value) = self.members.get_mut(name)
            && let Some(number) = whole(value)
        {
            *value = number.into();
        }
        let expected = || format!("a whole number from {least} to {}", i64::MAX);
        self.check(name, |value| whole(value).is_some_and(|number| number >= least), expected);
    }

    /// Looks at a member that stays where it is.
    pub(super) fn check(
        &mut self,
        name: &str,
        is_valid: impl FnOnce(&Value) -> bool,
        expected: impl FnOnce() -> String,
    ) {
        let Some(value) = self.members.get(name).filter(|value| !value.is_null()) else { return };
        if !is_valid(value) {
            let value = value.clone();
            let _: Option<()> = self.wrong(name, &expected(), &value);
        }
    }

    /// Notes that a member is missing.
    pub(super) fn missing(&mut self, name: &str, expected: &str) {
        self.error(name, format!("missing; expected {expected}"));
    }

    /// Notes a wrong value, of which only numbers, booleans and short words are shown.
    pub(super) fn wrong<T>(&mut self, name: &str, expected: &str, came: &Value) -> Option<T> {
        self.error(name, format!("expected {expected}, got {}", describe(came)));
        None
    }

    /// Notes an error about a member, or about the object itself when `name` is empty.
    pub(super) fn error(&mut self, name: &str, message: String) {
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        let field = match (self.prefix.as_str(), name) {
            (prefix, "") => prefix.to_owned(),
            ("", name) => name.to_owned(),
            (prefix, name) => format!("{prefix}.{name}"),
        };
        self.errors.push(FieldError { field, message });
    }

    /// Whether an error about a member was noted.
    pub(super) fn has_error(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field == name)
    }

    /// The members of an object that stands in this one.
    pub(super) fn inner(&mut self, name: &str, members: Map<String, Value>) -> Fields<'_> {
        Fields { prefix: name.to_owned(), members, errors: self.errors }
    }

    /// Notes every member that was not taken.
    pub(super) fn no_others(mut self, known: &str) {
        for name in std::mem::take(&mut self.members).keys() {
            let name: String = name.chars().take(MAX_SHOWN).collect();
            self.error(&name, format!("unknown; the members are {known}"));
        }
    }

    /// Takes whatever was not taken.
    pub(super) fn take_rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    /// What was not taken.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.members
    }
}

/// A whole number of 64 bits, as JSON schema knows it: `8.0` is one.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let most = i64::MAX as u64;
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
    // Too large a number stays the largest, and is too large then.
    let number = value.as_u64().or_else(|| number.map(|number| number as u64));
    number.filter(|number| *number <= most)
}

/// What a wrong value is, without giving away a long text.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.chars().count() <= MAX_SHOWN => format!("{text:?}"),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::{Fields, whole};

    #[test]
    fn whole_numbers_are_those_of_json_schema() {
        for (text, expected) in [
            ("0", Some(0)),
            ("8", Some(8)),
            ("8.0", Some(8)),
            ("8e2", Some(800)),
            ("9223372036854775807", Some(9_223_372_036_854_775_807)),
            ("9223372036854775808", None),
            ("1e300", None),
            ("-1", None),
            ("-1.0", None),
            ("8.5", None),
            ("\"8\"", None),
            ("null", None),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(whole(&value), expected, "{text}");
        }
    }

    #[test]
    fn a_whole_number_goes_on_without_a_point() {
        let mut errors = Vec::new();
        let members = Map::from_iter([("limit".to_owned(), Value::from(8.0))]);
        let mut fields = Fields::new("", members, &mut errors);
        fields.check_whole("limit", 1);
        assert_eq!(Value::from(fields.rest()).to_string(), r#"{"limit":8}"#);
        assert!(errors.is_empty());
    }
}
