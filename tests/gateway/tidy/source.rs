//! The files of the workspace, as the rules read them.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use super::function::{Function, code_lines, functions, item_end};
use super::token::{Token, tokens};

/// The attribute of what is compiled for tests alone.
const FOR_TESTS: &[&str] = &["#", "[", "cfg", "(", "test", ")", "]"];

/// One Rust file.
pub(crate) struct Source {
    /// From the root of the workspace, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) functions: Vec<Function>,
    /// The tokens that are compiled for tests alone.
    test_parts: Vec<Range<usize>>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let functions = functions(&tokens);
        let test_parts = if is_test_file(path) {
            std::iter::once(0..tokens.len()).collect()
        } else {
            find(&tokens, FOR_TESTS)
                .into_iter()
                .map(|at| at..item_end(&tokens, at + FOR_TESTS.len()))
                .collect()
        };
        Self { path: path.to_owned(), text: text.to_owned(), tokens, functions, test_parts }
    }

    /// Where the modules may stand that this file declares for tests alone.
    fn test_modules(&self) -> Vec<String> {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = self.path.trim_end_matches(".rs");
        find(&self.tokens, FOR_TESTS)
            .into_iter()
            .map(|at| after_visibility(&self.tokens[at + FOR_TESTS.len()..]))
            .filter(|item| item.len() > 2 && item[0].is("mod") && item[2].is(";"))
            .flat_map(|item| [folder, own].map(|place| format!("{place}/{}.rs", item[1].text)))
            .collect()
    }

    /// Whether the token at this place is compiled for tests alone.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.test_parts.iter().any(|part| part.contains(&at))
    }

    /// The name of the innermost function around the token at this place.
    pub(crate) fn function_at(&self, at: usize) -> Option<&str> {
        let around = self.functions.iter().rfind(|function| function.tokens.contains(&at));
        around.map(|function| function.name.as_str())
    }

    /// The places where these tokens follow each other.
    pub(crate) fn find(&self, pattern: &[&str]) -> Vec<usize> {
        find(&self.tokens, pattern)
    }

    /// Lines with code: outside tests, and in tests.
    pub(crate) fn code_lines(&self) -> (usize, usize) {
        let all = code_lines(&self.tokens).len();
        let test = self.test_parts.iter().map(|part| code_lines(&self.tokens[part.clone()]).len());
        let test = test.sum();
        (all.saturating_sub(test), test)
    }
}

/// Every Rust file of the workspace, read once for all rules.
pub(crate) fn workspace() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let rust = files().into_iter().filter(|path| path.ends_with(".rs"));
        mark_test_modules(rust.map(|path| Source::new(&path, &read(&path))).collect())
    });
    &SOURCES
}

/// An item without its `pub` or `pub(…)`.
fn after_visibility(item: &[Token]) -> &[Token] {
    let is_public = item.first().is_some_and(|first| first.is("pub"));
    let name = item.iter().take(6).position(|token| token.is("mod"));
    &item[name.filter(|_| is_public).unwrap_or_default()..]
}

/// Marks the files that others declare as modules for tests alone.
fn mark_test_modules(mut sources: Vec<Source>) -> Vec<Source> {
    let modules: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources.iter_mut().filter(|source| modules.contains(&source.path)) {
        source.test_parts = std::iter::once(0..source.tokens.len()).collect();
    }
    sources
}

/// The text of a file, named from the root of the workspace.
pub(crate) fn read(path: &str) -> String {
    let file = root().join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the workspace that belongs to the project, named from its root, sorted.
pub(crate) fn files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root().join(&folder)).expect("a folder can be listed");
        for entry in entries {
            let entry = entry.expect("a folder's entry can be read");
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("an entry has a type").is_dir() {
                folders.extend(is_kept(&path).then(|| format!("{path}/")));
            } else if is_kept(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What git ignores is no part of the project, whatever it says.
fn is_kept(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !matches!(name, ".git" | ".env" | "target" | "node_modules" | "corpus" | "artifacts")
        && !name.ends_with(".profraw")
}

/// A file in `tests/` or `benches/`, or a test module in a file of its own.
fn is_test_file(path: &str) -> bool {
    let mut folders: Vec<&str> = path.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    folders.iter().any(|folder| matches!(*folder, "tests" | "benches"))
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
}

fn find(tokens: &[Token], pattern: &[&str]) -> Vec<usize> {
    let windows = tokens.windows(pattern.len()).enumerate();
    let matches = |window: &[Token]| window.iter().zip(pattern).all(|(token, text)| token.is(text));
    windows.filter(|(_, window)| matches(window)).map(|(at, _)| at).collect()
}

#[test]
fn tells_tests_from_the_rest() {
    for (path, text, source_lines, test_lines) in [
        ("src/a.rs", "fn a() {\n}\n", 2, 0),
        (
            "src/a.rs",
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  // x\n  fn b() {}\n}\nfn c() {}",
            2,
            4,
        ),
        ("src/a.rs", "#[cfg(test)]\nmod tests;\nfn a() {}", 1, 2),
        ("src/a/tests.rs", "fn a() {}", 0, 1),
        ("client/tests/a.rs", "fn a() {}", 0, 1),
        ("src/attests/a.rs", "fn a() {}", 1, 0),
    ] {
        let source = Source::new(path, text);
        assert_eq!(source.code_lines(), (source_lines, test_lines), "{path}: {text}");
    }
}

#[test]
fn finds_test_modules_in_files_of_their_own() {
    for visibility in ["", "pub ", "pub(crate) "] {
        check_test_modules(&format!("#[cfg(test)]\n{visibility}mod rig;\nmod real;"));
    }
}

fn check_test_modules(text: &str) {
    let files = [("src/a.rs", text), ("src/a/rig.rs", "fn b() {}"), ("src/a/real.rs", "fn c() {}")];
    let sources = mark_test_modules(files.map(|(path, text)| Source::new(path, text)).into());
    let lines: Vec<_> = sources.iter().map(Source::code_lines).collect();
    assert_eq!(lines, [(1, 2), (0, 1), (1, 0)]);
}
