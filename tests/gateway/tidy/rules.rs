//! The rules for one Rust file: each gives the lines that break it.

use super::source::Source;

/// A rule for one file.
pub(crate) type Rule = fn(&Source) -> Vec<usize>;

/// The most lines that a file may have.
const FILE_LINES: usize = 400;
/// The most lines of code that a function may have.
pub(crate) const FUNCTION_LINES: usize = 60;

/// A file opens by saying what it is for.
pub(crate) fn opens_with_its_purpose(source: &Source) -> Vec<usize> {
    if source.text.starts_with("//! ") { vec![] } else { vec![1] }
}

/// A file can be read in one sitting.
pub(crate) fn file_is_short(source: &Source) -> Vec<usize> {
    let lines = source.text.lines().count();
    if lines > FILE_LINES { vec![lines] } else { vec![] }
}

/// A function outside tests can be read at one glance.
pub(crate) fn functions_are_short(source: &Source) -> Vec<usize> {
    let long = source.functions.iter().filter(|function| function.length > FUNCTION_LINES);
    long.filter(|function| !source.is_test(function.tokens.start)).map(|it| it.line).collect()
}

/// Work begins in `start` alone, whose handle stops it.
pub(crate) fn spawns_in_start_alone(source: &Source) -> Vec<usize> {
    let sites = spawn_sites(source).into_iter();
    sites.filter(|at| source.function_at(*at) != Some("start")).map(|at| line(source, at)).collect()
}

/// Places outside tests that begin work on a task or a thread. A process begins with an empty
/// `spawn()`, which is none.
pub(crate) fn spawn_sites(source: &Source) -> Vec<usize> {
    let tokens = &source.tokens;
    (1..tokens.len().saturating_sub(2))
        .filter(|at| tokens[*at].text.starts_with("spawn") && !tokens[at - 1].is("fn"))
        .filter(|at| tokens[at + 1].is("(") && !tokens[at + 2].is(")"))
        .filter(|at| !source.is_test(*at))
        .collect()
}

/// Whatever grows has a limit. The bound of a range is none that grows.
pub(crate) fn channels_have_limits(source: &Source) -> Vec<usize> {
    let tokens = &source.tokens;
    let named = |at: &usize| tokens[*at].is_word() && endless(&tokens[*at].text);
    let is_range = |at: &usize| *at > 1 && tokens[at - 1].is("::") && tokens[at - 2].is("Bound");
    (0..tokens.len()).filter(named).filter(|at| !is_range(at)).map(|at| line(source, at)).collect()
}

fn endless(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "unbounded"
        || ["_channel", "sender", "receiver"].iter().any(|what| name == format!("unbounded{what}"))
}

/// What can fail says what then.
pub(crate) fn no_unwrap_outside_tests(source: &Source) -> Vec<usize> {
    let found =
        source.find(&[".", "unwrap", "(", ")"]).into_iter().filter(|at| !source.is_test(*at));
    found.map(|at| line(source, at)).collect()
}

/// A test that doesn't run is none.
pub(crate) fn no_ignored_test(source: &Source) -> Vec<usize> {
    source.find(&["#", "[", "ignore"]).into_iter().map(|at| line(source, at)).collect()
}

/// What is not written yet is not there.
pub(crate) fn nothing_left_to_do(source: &Source) -> Vec<usize> {
    let macros = [["todo", "!"], ["unimplemented", "!"]];
    let macros = macros.iter().flat_map(|call| source.find(call)).map(|at| line(source, at));
    let notes = source.text.lines().zip(1..).filter(|(text, _)| is_note(text));
    macros.chain(notes.map(|(_, line)| line)).collect()
}

/// Whether a line of any file is marked as unfinished.
pub(crate) fn is_note(text: &str) -> bool {
    [concat!("TO", "DO"), concat!("FIX", "ME")].iter().any(|mark| text.contains(mark))
}

/// A reader sees where a name comes from.
pub(crate) fn no_glob_imports(source: &Source) -> Vec<usize> {
    uses(source).filter(|(_, tree)| tree.contains(&"*")).map(|(line, _)| line).collect()
}

/// A name has one path: only the front page of a crate hands on what stands elsewhere.
pub(crate) fn no_reexports_outside_lib(source: &Source) -> Vec<usize> {
    if source.path.ends_with("lib.rs") {
        return vec![];
    }
    let plain = source.find(&["pub", "use"]).into_iter();
    let scoped = ["crate", "super"].map(|scope| ["pub", "(", scope, ")", "use"]);
    let scoped = scoped.iter().flat_map(|pattern| source.find(pattern));
    plain.chain(scoped).map(|at| line(source, at)).collect()
}

/// The `use` declarations: their line, and their tokens up to the `;`.
fn uses(source: &Source) -> impl Iterator<Item = (usize, Vec<&str>)> {
    source.find(&["use"]).into_iter().map(|at| {
        let tree = source.tokens[at..].iter().take_while(|token| !token.is(";"));
        (line(source, at), tree.map(|token| token.text.as_str()).collect())
    })
}

fn line(source: &Source, at: usize) -> usize {
    source.tokens[at].line
}

#[test]
fn each_rule_sees_what_breaks_it() {
    let long_function = format!("fn a() {{\n{}}}", "b();\n".repeat(59));
    let longest_function = format!("fn a() {{\n{}}}", "b();\n".repeat(58));
    for (rule, text, expected) in [
        (opens_with_its_purpose as Rule, "//! Why.", &[][..]),
        (opens_with_its_purpose, "use a;\n//! Why.", &[1]),
        (file_is_short, &"\n".repeat(400), &[]),
        (file_is_short, &"\n".repeat(401), &[401]),
        (functions_are_short, &longest_function, &[]),
        (functions_are_short, &long_function, &[1]),
        (functions_are_short, &format!("#[cfg(test)] mod t {{ {long_function} }}"), &[]),
        (spawns_in_start_alone, "fn start() { tokio::spawn(x); }", &[]),
        (spawns_in_start_alone, "fn a() {\ntokio::spawn(x); }", &[2]),
        (spawns_in_start_alone, "fn a() { set.spawn(x); }", &[1]),
        (spawns_in_start_alone, "fn a() { thread::spawn(|| b); }", &[1]),
        (spawns_in_start_alone, "fn start() {} fn a() { spawn_blocking(x); }", &[1]),
        (spawns_in_start_alone, "fn a() { command.spawn(); } // spawn(x)", &[]),
        (spawns_in_start_alone, "#[cfg(test)] fn a() { tokio::spawn(x); }", &[]),
        (channels_have_limits, "a(mpsc::unbounded_channel())", &[1]),
        (channels_have_limits, "\nlet a: UnboundedSender<u8>;", &[2]),
        (channels_have_limits, "futures::channel::mpsc::unbounded()", &[1]),
        (channels_have_limits, "(Bound::Unbounded, b) // unbounded", &[]),
        (no_unwrap_outside_tests, "a\n.unwrap();", &[2]),
        (no_unwrap_outside_tests, "a.unwrap_or(b); \".unwrap()\"", &[]),
        (no_unwrap_outside_tests, "#[cfg(test)]\nmod t { fn a() { b.unwrap(); } }", &[]),
        (no_ignored_test, "#[test]\n#[ignore = \"slow\"]", &[2]),
        (no_ignored_test, "#[serde(ignore)]", &[]),
        (nothing_left_to_do, "a();\ntodo!()", &[2]),
        (nothing_left_to_do, concat!("// TO", "DO: all"), &[1]),
        (nothing_left_to_do, "let todo = 1;", &[]),
        (no_glob_imports, "use a::b;\nuse super::*;", &[2]),
        (no_glob_imports, "use a::{\n  b,\n  c::*,\n};", &[1]),
        (no_glob_imports, "let a = b * c;", &[]),
        (no_reexports_outside_lib, "use a;\npub use b;", &[2]),
        (no_reexports_outside_lib, "pub(crate) use b;", &[1]),
    ] {
        assert_eq!(rule(&Source::new("src/a.rs", text)), expected, "{text}");
    }
    let front_page = Source::new("src/lib.rs", "pub use b;");
    assert_eq!(no_reexports_outside_lib(&front_page), Vec::<usize>::new());
}
