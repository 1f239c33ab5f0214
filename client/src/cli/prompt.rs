//! What to ask: the arguments, stdin, or both, the arguments first.

use std::io::{self, IsTerminal, Read};

use clap::CommandFactory;

use super::args::Args;
use super::failure::Failure;

/// A longer prompt is refused.
const LIMIT: usize = 16 * 1024 * 1024;

const EXAMPLES: &str = r#"
  gateway-client --model demo "Why is the sky blue?"
  gateway-client --model demo "Sum this up" < notes.txt

All options: gateway-client --help"#;

/// The prompt; none where none is needed, because an endpoint is only looked at or woken.
pub(crate) fn gather(args: &Args) -> Result<Option<String>, Failure> {
    if args.status || (args.wake && args.prompt.is_empty() && args.message.is_none()) {
        return Ok(None);
    }
    let stdin = io::stdin();
    let words = words(args);
    let piped = if asks_for_stdin(args) || !stdin.is_terminal() { read(stdin)? } else { None };
    match join(words, piped) {
        Some(prompt) => Ok(Some(prompt)),
        None if io::stdin().is_terminal() => Err(Failure::Help(short_help())),
        None => Err(Failure::Usage("there is nothing to ask: the prompt is empty".to_owned())),
    }
}

fn short_help() -> String {
    format!("{}\n{EXAMPLES}", Args::command().render_usage())
}

fn asks_for_stdin(args: &Args) -> bool {
    args.prompt.iter().any(|word| word == "-") || args.message.as_deref() == Some("-")
}

fn words(args: &Args) -> Option<String> {
    let words: Vec<&str> = args
        .message
        .iter()
        .chain(&args.prompt)
        .map(String::as_str)
        .filter(|it| *it != "-")
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn read(stdin: impl Read) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    stdin.take(LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LIMIT {
        return Err(Failure::Usage(format!("stdin holds more than {LIMIT} bytes")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Failure::Usage("stdin is not UTF-8 text".to_owned())),
    }
}

/// Joins both by a blank line; what is blank is nothing.
fn join(words: Option<String>, piped: Option<String>) -> Option<String> {
    let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    match (said(words), said(piped)) {
        (Some(words), Some(piped)) => Some(format!("{words}\n\n{}", piped.trim_end())),
        (None, Some(piped)) => Some(piped.trim_end().to_owned()),
        (words, None) => words,
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, LIMIT, join, read};

    #[test]
    fn joins_words_and_stdin() {
        for (words, piped, prompt) in [
            (Some("sum up"), None, Some("sum up")),
            (Some("sum up"), Some("a\nb\n"), Some("sum up\n\na\nb")),
            (None, Some("  a\n"), Some("  a")),
            (Some("sum up"), Some(" \n"), Some("sum up")),
            (Some(" "), Some("\n"), None),
            (None, None, None),
        ] {
            let joined = join(words.map(str::to_owned), piped.map(str::to_owned));
            assert_eq!(joined.as_deref(), prompt, "{words:?} + {piped:?}");
        }
    }

    #[test]
    fn refuses_what_no_prompt_can_be() {
        assert!(matches!(read(&b"\xff\xfe"[..]), Err(Failure::Usage(_))));
        assert!(matches!(
            read(std::io::repeat(b'a').take(LIMIT as u64 + 1)),
            Err(Failure::Usage(_))
        ));
        assert!(matches!(read(std::io::repeat(b'a').take(LIMIT as u64)), Ok(Some(_))));
        use std::io::Read;
    }
}
