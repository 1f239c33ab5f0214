//! What to ask: the arguments, files, stdin, or several of them, in this order.

mod text;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;

use clap::CommandFactory;

use self::text::read;
use super::args::Args;
use super::clean;
use super::failure::Failure;

/// A longer prompt is refused, in bytes.
pub(crate) const LIMIT: usize = 16 * 1024 * 1024;

const EXAMPLES: &str = r#"
  gateway-client --model demo "Why is the sky blue?"
  gateway-client --model demo --file notes.txt "Sum this up"
  git diff | gateway-client --model demo "Review this"
  gateway-client chat

All options: gateway-client --help"#;

/// A text, and where it is from; the words of a question have no name.
#[derive(Debug)]
struct Part {
    name: Option<String>,
    text: String,
}

/// The prompt; none where none is needed, because an endpoint is only looked at or woken.
pub(crate) fn gather(args: &Args) -> Result<Option<String>, Failure> {
    let asks = !args.prompt.is_empty() || args.message.is_some() || !args.files.is_empty();
    if args.friendli.status || (args.friendli.wake && !asks) {
        return Ok(None);
    }
    let mut parts = vec![Part { name: None, text: words(args) }];
    let mut room = LIMIT;
    for path in args.files.iter().filter(|path| !is_stdin(path)) {
        let part = file(path, room)?;
        room -= part.text.len();
        parts.push(part);
    }
    let stdin = io::stdin();
    if asks_for_stdin(args) || !stdin.is_terminal() {
        let text = read(stdin, "stdin", room).map_err(Failure::Usage)?;
        parts.push(Part { name: Some("stdin".to_owned()), text });
    }
    match join(parts) {
        Some(prompt) => Ok(Some(prompt)),
        None if io::stdin().is_terminal() => Err(Failure::Help(short_help())),
        None => Err(Failure::Usage("there is nothing to ask: the prompt is empty".to_owned())),
    }
}

fn short_help() -> String {
    format!("{}\n{EXAMPLES}", Args::command().render_usage())
}

fn asks_for_stdin(args: &Args) -> bool {
    let said = args.prompt.iter().chain(&args.message).any(|word| word == "-");
    said || args.files.iter().any(|path| is_stdin(path))
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn words(args: &Args) -> String {
    let words = args.message.iter().chain(&args.prompt).map(String::as_str);
    words.filter(|it| *it != "-").collect::<Vec<_>>().join(" ")
}

fn file(path: &Path, room: usize) -> Result<Part, Failure> {
    let name = clean::line(&path.display().to_string());
    let file = File::open(path)
        .map_err(|error| Failure::Usage(format!("--file {name} can't be opened: {error}")))?;
    let text = read(file, &format!("--file {name}"), room).map_err(Failure::Usage)?;
    if text.trim().is_empty() {
        return Err(Failure::Usage(format!("--file {name} is empty")));
    }
    Ok(Part { name: Some(name), text })
}

/// Joins parts by blank lines; what is blank is nothing. Where there are files, each text but the
/// question has its name above it, unless there is only that one.
fn join(parts: Vec<Part>) -> Option<String> {
    let has_files = parts.iter().any(|it| it.name.as_ref().is_some_and(|name| name != "stdin"));
    let said: Vec<Part> = parts.into_iter().filter(|it| !it.text.trim().is_empty()).collect();
    let is_alone = said.len() == 1;
    let texts = said.iter().map(|part| match &part.name {
        Some(name) if has_files && !is_alone => {
            format!("--- {name} ---\n{}", part.text.trim_end())
        }
        Some(_) => part.text.trim_end().to_owned(),
        None => part.text.clone(),
    });
    (!said.is_empty()).then(|| texts.collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::{Part, join};

    #[test]
    fn joins_words_files_and_stdin() {
        for (parts, prompt) in [
            (&[("", "sum up")] as &[_], Some("sum up")),
            (&[("", "sum up"), ("stdin", "a\nb\n")], Some("sum up\n\na\nb")),
            (&[("", ""), ("stdin", "  a\n")], Some("  a")),
            (&[("", "sum up"), ("stdin", " \n")], Some("sum up")),
            (&[("", " "), ("stdin", "\n")], None),
            (&[("", "")], None),
            (&[("", ""), ("a.txt", "why?\n")], Some("why?")),
            (&[("", "sum up"), ("a.txt", "A\n")], Some("sum up\n\n--- a.txt ---\nA")),
            (&[("", ""), ("a", "A\n"), ("b", "B")], Some("--- a ---\nA\n\n--- b ---\nB")),
            (
                &[("", "compare"), ("a", "A\n"), ("stdin", "S\n")],
                Some("compare\n\n--- a ---\nA\n\n--- stdin ---\nS"),
            ),
        ] {
            let named = parts.iter().map(|(name, text)| Part {
                name: (!name.is_empty()).then(|| (*name).to_owned()),
                text: (*text).to_owned(),
            });
            assert_eq!(join(named.collect()).as_deref(), prompt, "{parts:?}");
        }
    }
}
