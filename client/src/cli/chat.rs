//! One question after the other, each with all that was said before.
//!
//! ```text
//!  Input ──▶ entry ─┬─▶ a question ──▶ ask ──▶ Screen
//!                   │        └── the answer, if it is whole ──▶ Talk ──▶ the next question, /save
//!                   └─▶ a command ──▶ Talk
//! ```
//!
//! Sections go to stdout, all else to stderr. A failure ends a turn, never the chat, and a turn that
//! failed, or was stopped, leaves nothing behind. Only a pipe's own end, or Ctrl-C, ends a chat with it.

mod answer;
mod command;
mod editor;
mod entry;
mod input;
mod lines;
mod save;
mod talk;

use gateway_client::Client;
use tokio::runtime::Runtime;

use self::answer::Answer;
use self::command::Command;
use self::entry::Entry;
use self::input::{Input, Typed};
use self::talk::Talk;
use super::args::{Args, ChatOptions};
use super::ask;
use super::block_on;
use super::clean;
use super::exit::Exit;
use super::failure::Failure;
use super::models;
use super::screen::Screen;

/// A chat and what it needs.
struct Chat<'a> {
    args: &'a Args,
    client: Client,
    talk: Talk,
}

/// Whether the chat goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

/// Chats until whoever types leaves. A script hears of the first turn that failed.
pub(crate) fn chat(args: &Args, options: &ChatOptions, runtime: Runtime) -> Result<Exit, Failure> {
    let client = ask::client(&args.server)?;
    let mut input = Input::new(options, args)?;
    let talk = Talk::new(args.model(), args.wishes.system());
    let mut chat = Chat { args, client, talk };
    chat.choose_model();
    if input.is_a_person() {
        chat.greet();
    }
    let exit = chat.run(&mut input, &runtime);
    // A line that is still being read must not hold up the end.
    runtime.shutdown_background();
    exit
}

impl Chat<'_> {
    fn run(&mut self, input: &mut Input, runtime: &Runtime) -> Result<Exit, Failure> {
        let mut exit = Exit::Ok;
        loop {
            let text = match input.next(runtime)? {
                Typed::Text(text) => text,
                Typed::Nothing => continue,
                Typed::End => return Ok(exit),
            };
            match entry::read(&text) {
                Entry::Nothing => {}
                Entry::Message(question) => {
                    let is_a_person = input.is_a_person();
                    let ended = self.ask(question, is_a_person)?;
                    match (is_a_person, ended) {
                        (true, _) => {}
                        (false, Exit::Interrupted) => return Ok(ended),
                        (false, _) if exit == Exit::Ok => exit = ended,
                        (false, _) => {}
                    }
                }
                Entry::Command(Ok(command)) => {
                    if self.obey(command) == Next::Leave {
                        return Ok(exit);
                    }
                }
                Entry::Command(Err(unclear)) => self.say(&unclear),
            }
        }
    }

    /// Asks one question; the turn is kept if it ended as it should. Fails only where nothing can be
    /// printed any more.
    fn ask(&mut self, question: String, is_a_person: bool) -> Result<Exit, Failure> {
        let mut screen = Screen::new(&self.args.looks);
        let mut answer = Answer::default();
        let exit = match self.turn(&question, &mut screen, &mut answer) {
            Ok(exit) => exit,
            Err(failure @ Failure::Pipe(_)) => return Err(failure),
            Err(failure) => screen.fail(&failure),
        };
        match answer.worth(exit) {
            Ok(text) => self.talk.keep(question, text),
            Err(why) => self.say(&format!("({why}; the chat goes on without this turn)")),
        }
        if is_a_person {
            self.say("");
        }
        Ok(exit)
    }

    fn turn(
        &self,
        question: &str,
        screen: &mut Screen,
        answer: &mut Answer,
    ) -> Result<Exit, Failure> {
        let messages = self.talk.messages(question).map_err(Failure::Usage)?;
        let request = self.args.wishes.request(self.talk.model(), messages);
        let hear = |event: &_| answer.hear(event);
        block_on(ask::converse(self.args, &self.client, &request, screen, hear))
    }

    fn obey(&mut self, command: Command) -> Next {
        match command {
            Command::Help => self.say(&command::help()),
            Command::Quit => return Next::Leave,
            Command::Clear => {
                self.talk.clear();
                self.say("(the chat begins anew)");
            }
            Command::Model(Some(name)) => {
                self.say(&format!("(the model is {})", clean::line(&name)));
                self.talk.set_model(name);
            }
            Command::Model(None) => self.list_models(),
            Command::System(change) => {
                let told = self.talk.change_system(change);
                self.say(&told);
            }
            Command::Save { path, replace } => {
                let told = save::save(&self.talk, &path, replace);
                self.say(&told.unwrap_or_else(|why| format!("not saved: {why}")));
            }
        }
        Next::GoOn
    }

    /// A gateway that serves few models need not be told which.
    fn choose_model(&mut self) {
        if self.talk.model().is_some() {
            return;
        }
        let mut screen = Screen::new(&self.args.looks);
        match block_on(models::ask(&self.client, &mut screen)) {
            Ok(models) => {
                if let Some(first) = models.into_iter().next() {
                    self.talk.set_model(first.id);
                }
            }
            Err(failure) => drop(screen.fail(&failure)),
        }
    }

    fn list_models(&self) {
        let mut screen = Screen::new(&self.args.looks);
        match block_on(models::ask(&self.client, &mut screen)) {
            Ok(models) => self.say(&models::list(&models, self.talk.model())),
            Err(failure) => drop(screen.fail(&failure)),
        }
    }

    fn greet(&self) {
        let model = self.talk.model().unwrap_or("no model (name one with /model)");
        let model = clean::line(model);
        self.say(&format!("Chat with {model}. /help lists the commands, Ctrl-D leaves."));
    }

    fn say(&self, line: &str) {
        Screen::new(&self.args.looks).aside(line);
    }
}
