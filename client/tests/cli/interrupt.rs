//! Ctrl-C.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::gateway::{Act, Gateway, HEAD, asked, said, send, thought};
use crate::run::{command, end_of};

#[test]
fn ctrl_c_ends_the_request_too() {
    for (case, events, last) in [
        ("while thinking", vec![asked("P")], "P"),
        ("in the answer", vec![asked("P"), thought("R"), said("4\n")], "4"),
    ] {
        let script = vec![send(format!("{HEAD}{}", events.concat())), Act::Hold];
        let gateway = Gateway::start(vec![script]);
        let mut child = command(&["--url", &gateway.url(), "hi"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == last), "{case}");
        interrupt(child.id());
        gateway.wait_until_left();
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        let ran = end_of(child);
        assert_eq!((ran.code, &*ran.err), (Some(130), ""), "{case}");
        assert_eq!(rest.last().map(String::as_str), Some(""), "{case}: a newline is last");
    }
}

#[test]
fn ctrl_c_is_heard_before_anything_came() {
    let gateway = Gateway::start(vec![vec![Act::Hold]]);
    let child = command(&["--url", &gateway.url(), "hi"]).stdout(Stdio::null()).spawn().unwrap();
    gateway.request();
    interrupt(child.id());
    gateway.wait_until_left();
    assert_eq!(end_of(child).code, Some(130));
}

fn interrupt(id: u32) {
    assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap().success());
}
