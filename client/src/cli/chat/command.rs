//! The commands of a chat: their names, what they take, and their help.

use std::path::PathBuf;

/// What a chat can be told to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Say what there is.
    Help,
    /// Leave.
    Quit,
    /// Forget what was said.
    Clear,
    /// Ask this model from here on; without a name, list all.
    Model(Option<String>),
    /// Show or change the system message.
    System(Change),
    /// Write down what was said.
    Save {
        /// Where to.
        path: PathBuf,
        /// Whether a file that is there may go.
        replace: bool,
    },
}

/// What happens to the system message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is shown.
    Show,
    /// It is removed.
    Remove,
    /// It is this.
    To(String),
}

/// How each is called, and what it does.
const COMMANDS: [(&str, &str, &str); 6] = [
    ("model", "[NAME]", "ask this model; without a name, list the models"),
    ("system", "[TEXT|-]", "set the system message, or show it; - removes it"),
    ("save", "[--force] FILE", "write the chat to FILE: .json or .md"),
    ("clear", "", "forget what was said, and begin anew"),
    ("help", "", "this list"),
    ("quit", "", "leave; so does Ctrl-D"),
];

const HABITS: &str = r#"
A line that ends in \ goes on; so does what """ begins, up to the next """.
A blank before a line makes it a question, and keeps it out of the history.
Ctrl-C stops an answer."#;

/// Reads a command; the error says what there is.
pub(super) fn read(name: &str, rest: &str) -> Result<Command, String> {
    let text = (!rest.is_empty()).then(|| rest.to_owned());
    match (name, text) {
        ("model", text) => Ok(Command::Model(text)),
        ("system", text) => Ok(Command::System(change(text))),
        ("save", Some(text)) => save(&text),
        ("save", None) => Err("/save needs a file, as in /save chat.md".to_owned()),
        ("clear", None) => Ok(Command::Clear),
        ("help" | "?", None) => Ok(Command::Help),
        ("quit" | "exit" | "bye", None) => Ok(Command::Quit),
        ("clear" | "help" | "quit" | "exit" | "bye", Some(_)) => {
            Err(format!("/{name} takes nothing"))
        }
        _ => Err(unknown()),
    }
}

fn change(text: Option<String>) -> Change {
    match text {
        None => Change::Show,
        Some(text) if text == "-" => Change::Remove,
        Some(text) => Change::To(text),
    }
}

fn save(text: &str) -> Result<Command, String> {
    let forced = text.strip_prefix("--force").filter(|rest| rest.starts_with(' '));
    match forced.unwrap_or(text).trim() {
        "" | "--force" => Err("/save needs a file, as in /save --force chat.md".to_owned()),
        path => Ok(Command::Save { path: path.into(), replace: forced.is_some() }),
    }
}

fn unknown() -> String {
    let names: Vec<String> = COMMANDS.iter().map(|(name, ..)| format!("/{name}")).collect();
    format!(
        "no such command; there are {}.\nA question that begins with / needs a blank before it.",
        names.join(", ")
    )
}

/// The list of commands.
pub(super) fn help() -> String {
    let line = |(name, takes, does): &(&str, &str, &str)| {
        format!("  {:<21} {does}\n", format!("/{name} {takes}"))
    };
    COMMANDS.iter().map(line).collect::<String>() + HABITS
}

/// The names that a line may be about to become.
pub(super) fn completions(begun: &str) -> Vec<String> {
    let Some(begun) = begun.strip_prefix('/') else { return vec![] };
    let fitting = COMMANDS.iter().filter(|(name, ..)| name.starts_with(begun));
    fitting
        .map(|(name, takes, _)| format!("/{name}{}", if takes.is_empty() { "" } else { " " }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Change, Command, completions, help, read};

    #[test]
    fn reads_what_it_knows() {
        let saved = |path: &str, replace| Command::Save { path: path.into(), replace };
        for (name, rest, command) in [
            ("model", "", Command::Model(None)),
            ("model", "a b", Command::Model(Some("a b".to_owned()))),
            ("system", "", Command::System(Change::Show)),
            ("system", "-", Command::System(Change::Remove)),
            ("system", "be brief", Command::System(Change::To("be brief".to_owned()))),
            ("save", "a b.md", saved("a b.md", false)),
            ("save", "--force a.md", saved("a.md", true)),
            ("save", "--forced.md", saved("--forced.md", false)),
            ("clear", "", Command::Clear),
            ("help", "", Command::Help),
            ("?", "", Command::Help),
            ("quit", "", Command::Quit),
            ("bye", "", Command::Quit),
        ] {
            assert_eq!(read(name, rest), Ok(command), "/{name} {rest}");
        }
    }

    #[test]
    fn says_what_there_is() {
        for (name, rest, said) in [
            ("save", "", "/save needs a file"),
            ("save", "--force", "/save needs a file"),
            ("quit", "now", "/quit takes nothing"),
            ("etc/hosts", "", "there are /model, /system, /save, /clear, /help, /quit"),
            ("", "", "no such command"),
            ("Quit", "", "no such command"),
        ] {
            let why = read(name, rest).unwrap_err();
            assert!(why.contains(said), "/{name} {rest}: {why}");
        }
        let help = help();
        assert!(COMMANDS.iter().all(|(name, ..)| help.contains(&format!("/{name}"))), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 78), "{help}");
    }

    #[test]
    fn completes_names() {
        for (begun, names) in
            [("/", 6), ("/s", 2), ("/mo", 1), ("/x", 0), ("m", 0), ("/model a", 0)]
        {
            assert_eq!(completions(begun).len(), names, "{begun}");
        }
        assert_eq!(completions("/q"), ["/quit"]);
        assert_eq!(completions("/mo"), ["/model "]);
    }
}
