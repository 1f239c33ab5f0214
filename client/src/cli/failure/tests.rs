//! Every failure has its exit code, and says something that helps.

use std::io;
use std::time::Duration;

use gateway_client::friendli::WakeError;
use gateway_client::friendli::status::Status;
use gateway_client::{Disorder, Error, FieldError, Problem};

use super::Failure;
use crate::cli::exit::Exit;

fn refused(status: u16) -> Problem {
    Problem { status, ..Problem::default() }
}

fn no(problem: Problem) -> Error {
    Error::Refused(Box::new(problem))
}

fn url(url: &str) -> Error {
    Error::Url { url: url.to_owned(), why: "w".to_owned() }
}

fn disorder(allowed: &'static str) -> Failure {
    Failure::Gateway(Error::Disorder(Disorder { came: "output.delta", allowed }))
}

fn asleep() -> Status {
    serde_json::from_str(r#"{"status":"FAILED","errorCode":"X"}"#).unwrap()
}

#[test]
fn each_failure_has_its_exit_code_and_its_hint() {
    let second = Duration::from_secs(1);
    let model = FieldError { field: "model".to_owned(), message: "is required".to_owned() };
    let no_model = Problem { errors: vec![model], ..refused(422) };
    let busy = Problem { retry_after: Some("7".to_owned()), ..refused(429) };
    let late = WakeError::Late { status: asleep(), waited: second };
    for (failure, exit, hint) in [
        (Failure::Usage("u".to_owned()), Exit::Usage, "--help"),
        (Failure::Gateway(url("localhost:8000")), Exit::Usage, "http://localhost:8000"),
        (Failure::Gateway(url("ftp://x")), Exit::Usage, ""),
        (Failure::Gateway(Error::Key), Exit::Usage, ""),
        (Failure::Gateway(no(refused(500))), Exit::Error, ""),
        (Failure::Gateway(no(refused(401))), Exit::Error, "GATEWAY_API_KEY"),
        (Failure::Gateway(no(refused(404))), Exit::Error, "--url"),
        (Failure::Gateway(no(refused(422))), Exit::Error, ""),
        (Failure::Gateway(no(no_model)), Exit::Error, "--model"),
        (Failure::Gateway(no(busy)), Exit::Error, "Retry-After: 7"),
        (Failure::Gateway(Error::Protocol("p".to_owned())), Exit::Disorder, "--url"),
        (disorder("error or summary.reasoning"), Exit::Disorder, "--reasoning none"),
        (disorder("output.done"), Exit::Disorder, ""),
        (Failure::Gateway(Error::Incomplete), Exit::Incomplete, ""),
        (Failure::Gateway(Error::Silent(second)), Exit::Incomplete, ""),
        (Failure::Gateway(Error::Late(second)), Exit::Incomplete, "--timeout"),
        (Failure::Endpoint(WakeError::Refused(asleep())), Exit::Error, ""),
        (Failure::Endpoint(late), Exit::Error, "--wake-timeout"),
        (Failure::Endpoint(WakeError::Api(no(refused(403)))), Exit::Error, "UPSTREAM_API_KEY"),
        (
            Failure::Endpoint(WakeError::Api(no(refused(404)))),
            Exit::Error,
            "--friendli-endpoint-id",
        ),
        (Failure::Endpoint(WakeError::Api(url("x"))), Exit::Usage, ""),
        (Failure::Pipe(io::ErrorKind::BrokenPipe.into()), Exit::Ok, ""),
        (Failure::Pipe(io::ErrorKind::StorageFull.into()), Exit::Error, ""),
        (Failure::Interrupted, Exit::Interrupted, ""),
    ] {
        assert_eq!(failure.exit(), exit, "{failure:?}");
        let given = failure.hint().unwrap_or_default();
        assert!(
            given.contains(hint) && given.is_empty() == hint.is_empty(),
            "{failure:?}: {given}"
        );
    }
}

#[test]
fn a_refusal_lists_everything_and_nothing_hostile() {
    let wrong = FieldError { field: "model\x1b".to_owned(), message: "is\nrequired".to_owned() };
    let problem = Problem {
        title: Some("Invalid\x07".to_owned()),
        detail: Some("d".to_owned()),
        code: Some("invalid".to_owned()),
        errors: vec![wrong],
        request_id: Some("req-1".to_owned()),
        ..refused(422)
    };
    assert_eq!(
        Failure::Gateway(no(problem)).message().unwrap(),
        "422 Invalid␇: d\n  model␛: is required\n  (code invalid)\n  (request id req-1)"
    );
}

#[test]
fn who_caused_it_is_not_told() {
    for failure in [Failure::Interrupted, Failure::Pipe(io::ErrorKind::BrokenPipe.into())] {
        assert_eq!(failure.message(), None);
    }
    assert!(
        Failure::Endpoint(WakeError::Refused(asleep())).message().unwrap().contains("FAILED (X)")
    );
}
