//! Reads YAML or TOML into one tree of values, each of which knows where it stands.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// A place in a file, both numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    /// In characters.
    pub(super) column: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    content: Content<Node, Name>,
}

/// A member's name and where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Name {
    text: String,
    place: Place,
}

/// What a value is made of: values inside it, and names of these.
#[derive(Debug, Clone, PartialEq)]
enum Content<V, N> {
    Scalar(Value),
    List(Vec<V>),
    Map(Vec<(N, V)>),
}

/// Why a file is no tree: where, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

impl Node {
    /// Reads YAML.
    pub(super) fn yaml(text: &str) -> Result<Self, Unreadable> {
        // As YAML 1.2 has it: `no` and `y` are names.
        let options = serde_saphyr::options! { strict_booleans: true };
        let root = serde_saphyr::from_str_with_options::<Option<Yaml>>(text, options);
        let root = root.map_err(|error| {
            let place = error.location().map(place_of);
            let message = error.without_snippet().to_string();
            // The words may end with the place, which is told apart, or with advice to programmers.
            let end = [" at line ", ", set "].iter().filter_map(|end| message.find(end)).min();
            let message = message[..end.unwrap_or(message.len())].to_owned();
            Unreadable { place, message }
        })?;
        Ok(root.map_or_else(Self::empty, |Yaml(node)| node))
    }

    /// Reads TOML.
    pub(super) fn toml(text: &str) -> Result<Self, Unreadable> {
        let root = toml::from_str::<Toml>(text).map_err(|error| Unreadable {
            place: error.span().map(|span| place_at(text, span.start)),
            message: error.message().to_owned(),
        })?;
        Ok(root.settled(text))
    }

    /// An empty file.
    fn empty() -> Self {
        Self { place: Place { line: 1, column: 1 }, content: Content::Map(vec![]) }
    }

    /// The values alone.
    pub(super) fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => items.iter().map(Self::value).collect(),
            Content::Map(members) => {
                let members = members.iter().map(|(name, node)| (name.text.clone(), node.value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// Where a path leads, as far as it can be followed.
    pub(super) fn place(&self, path: &[Step]) -> Place {
        self.follow(path).0.place
    }

    /// Where the name stands of the member that a path leads to; where there is none, as
    /// [`place`](Self::place).
    pub(super) fn name_place(&self, path: &[Step]) -> Place {
        let Some((Step::Member(name), parents)) = path.split_last() else {
            return self.place(path);
        };
        let (parent, rest) = self.follow(parents);
        let named = parent.member(name).filter(|_| rest.is_empty());
        named.map_or_else(|| self.place(path), |(name, _)| name.place)
    }

    /// Where a path leads, and the rest of it that can't be followed.
    fn follow<'a>(&self, path: &'a [Step]) -> (&Self, &'a [Step]) {
        let Some((step, rest)) = path.split_first() else { return (self, path) };
        let next = match (&self.content, step) {
            (Content::Map(_), Step::Member(name)) => self.member(name).map(|(_, node)| node),
            (Content::List(items), Step::Item(at)) => items.get(*at),
            _ => None,
        };
        next.map_or((self, path), |node| node.follow(rest))
    }

    fn member(&self, name: &str) -> Option<(&Name, &Self)> {
        let Content::Map(members) = &self.content else { return None };
        members.iter().find(|(known, _)| known.text == name).map(|(name, node)| (name, node))
    }
}

/// One step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A member, by its name.
    Member(String),
    /// An item, from 0.
    Item(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => f.write_str(name),
            Self::Item(at) => write!(f, "[{at}]"),
        }
    }
}

struct Yaml(Node);

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        type Spanned<T> = serde_saphyr::Spanned<T>;
        let spanned = Spanned::<Content<Self, Spanned<String>>>::deserialize(from)?;
        let place = place_of(spanned.referenced);
        let name = |it: Spanned<String>| Name { text: it.value, place: place_of(it.referenced) };
        let content = spanned.value.map(|Self(node)| node, name);
        let node = Node { place, content };
        if node.depth() > MAX_DEPTH {
            return Err(D::Error::custom("nested too deeply"));
        }
        Ok(Self(node))
    }
}

impl Node {
    fn depth(&self) -> usize {
        let below = match &self.content {
            Content::Scalar(_) => None,
            Content::List(items) => items.iter().map(Self::depth).max(),
            Content::Map(members) => members.iter().map(|(_, node)| node.depth()).max(),
        };
        below.map_or(0, |depth| depth + 1)
    }
}

fn place_of(location: serde_saphyr::Location) -> Place {
    let number = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
    Place { line: number(location.line()), column: number(location.column()) }
}

struct Toml(toml::Spanned<Content<Self, toml::Spanned<String>>>);

impl<'de> Deserialize<'de> for Toml {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        toml::Spanned::deserialize(from).map(Self)
    }
}

impl Toml {
    fn settled(self, text: &str) -> Node {
        let place = place_at(text, self.0.span().start);
        let name = |it: toml::Spanned<String>| {
            let place = place_at(text, it.span().start);
            Name { text: it.into_inner(), place }
        };
        Node { place, content: self.0.into_inner().map(|inner| inner.settled(text), name) }
    }
}

/// The place of a byte.
fn place_at(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Place { line: 1 + before.matches('\n').count(), column: 1 + line.chars().count() }
}

impl<V, N> Content<V, N> {
    fn map<W, M>(self, mut to: impl FnMut(V) -> W, mut named: impl FnMut(N) -> M) -> Content<W, M> {
        match self {
            Self::Scalar(value) => Content::Scalar(value),
            Self::List(items) => Content::List(items.into_iter().map(to).collect()),
            Self::Map(members) => {
                let members = members.into_iter().map(|(name, node)| (named(name), to(node)));
                Content::Map(members.collect())
            }
        }
    }
}

impl<'de, V: Deserialize<'de>, N: Deserialize<'de>> Deserialize<'de> for Content<V, N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ContentVisitor(PhantomData))
    }
}

struct ContentVisitor<V, N>(PhantomData<(V, N)>);

impl<'de, V: Deserialize<'de>, N: Deserialize<'de>> Visitor<'de> for ContentVisitor<V, N> {
    type Value = Content<V, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Content::Scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Content::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        // Neither language has a name twice.
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Content::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Node, Place, Step};

    fn path(words: &str) -> Vec<Step> {
        let step = |word: &str| word.parse().map_or_else(|_| Step::Member(word.into()), Step::Item);
        words.split_whitespace().map(step).collect()
    }

    #[test]
    fn both_languages_say_the_same_and_where() {
        let yaml = Node::yaml("a:\n  b: [1, 2.5, yes]\n  c: \"é\"\nd: {e: null}\n").unwrap();
        assert_eq!(yaml.value(), json!({"a": {"b": [1, 2.5, "yes"], "c": "é"}, "d": {"e": null}}));
        let toml = Node::toml("[a]\nb = [1, 2.5, \"yes\"]\nc = \"é\"\n[[d]]\ne = true\n").unwrap();
        assert_eq!(
            toml.value(),
            json!({"a": {"b": [1, 2.5, "yes"], "c": "é"}, "d": [{"e": true}]})
        );
        for (node, words, line, column) in [
            (&yaml, "a b 1", 2, 10),
            (&yaml, "a c", 3, 6),
            (&yaml, "d e", 4, 8),
            (&yaml, "a b 9", 2, 6),
            (&toml, "a b 1", 2, 9),
            (&toml, "a c", 3, 5),
            (&toml, "d 0 e", 5, 5),
        ] {
            assert_eq!(node.place(&path(words)), Place { line, column }, "{words}");
        }
        for (node, words, line, column) in [
            (&yaml, "a", 1, 1),
            (&yaml, "a b", 2, 3),
            (&yaml, "a b 1", 2, 10),
            (&yaml, "d e", 4, 5),
            (&yaml, "d x", 4, 4),
            (&toml, "a", 1, 2),
            (&toml, "a c", 3, 1),
            (&toml, "d 0 e", 5, 1),
        ] {
            assert_eq!(node.name_place(&path(words)), Place { line, column }, "{words}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let tower = format!("{}{}", "[".repeat(40), "]".repeat(40));
        for (text, line) in
            [("a: 1\na: 2\n", 2), ("a: [1\n", 1), ("a: 1\n\tb: 2\n", 1), (&tower, 1)]
        {
            let error = Node::yaml(text).unwrap_err();
            assert_eq!(error.place.map(|place| place.line), Some(line), "{text}: {error:?}");
        }
        let error = Node::toml("a = 1\na = 2\n").unwrap_err();
        assert_eq!(error.place.map(|place| place.line), Some(2), "{error:?}");
        assert_eq!(Node::yaml("").unwrap().value(), json!({}));
    }
}
