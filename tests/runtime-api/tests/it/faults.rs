//! Functions that do what no function should.

use std::fs;
use std::path::Path;

use runtime_api::{Fault, Function};
use tempfile::TempDir;

use crate::client::fetch;
use crate::{PATIENCE, empty, start};

#[test]
fn a_program_that_is_not_there_is_a_502() {
    let emulator = start(Function::new("/nowhere/bootstrap"));
    assert_eq!(fetch(&emulator, "/").status, 502);
    assert!(matches!(emulator.faults().as_slice(), [Fault::Spawn(_)]));
    assert!(!emulator.provision(1, PATIENCE));
}

#[test]
fn a_program_that_ends_in_its_start_is_a_502() {
    let emulator = start(Function::new("/bin/false"));
    assert_eq!(fetch(&emulator, "/").status, 502);
    assert_eq!(emulator.faults(), [Fault::Exited("exit status: 1".to_owned())]);
}

#[test]
fn a_program_that_ends_in_a_request_is_a_502() {
    let emulator = start(empty());
    assert_eq!(fetch(&emulator, "/exit").status, 502);
    assert_eq!(emulator.faults(), [Fault::Exited("exit status: 7".to_owned())]);
    assert_eq!(fetch(&emulator, "/stream").status, 207);
}

/// A function written for a shell, which speaks the Runtime API through bash's own sockets.
fn shell(folder: &Path, text: &str) -> Function {
    const TOOLS: &str = r#"
        host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:}
        call() { # method, path, headers, body
            exec 3<>/dev/tcp/$host/$port
            printf '%s /2018-06-01/runtime/%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%bcontent-length: %d\r\n\r\n%b' \
                "$1" "$2" "$3" "$(printf '%b' "$4" | tr '\0' x | wc -c)" "$4" >&3
            answer=$(cat <&3 | tr -d '\r'); exec 3>&-
        }
        next() { call GET invocation/next; id=$(printf '%s' "$answer" | sed -n 's/lambda-runtime-aws-request-id: //p'); }
        stream='lambda-runtime-function-response-mode: streaming\r\ncontent-type: application/vnd.awslambda.http-integration-response\r\n'
    "#;
    let script = folder.join("bootstrap.sh");
    fs::write(&script, format!("{TOOLS}\n{text}\nexec sleep 60\n")).unwrap();
    // What it runs before all else. A script that was just written cannot be started while anybody who was
    // forked meanwhile still has it open.
    Function::new("/bin/bash").variable("BASH_ENV", script)
}

/// What a client gets from such a function, and what is wrong about it.
fn outcome(text: &str) -> (u16, Vec<Fault>) {
    let folder = TempDir::new().unwrap();
    let emulator = start(shell(folder.path(), &format!("{text}\ncall GET invocation/next")));
    let status = fetch(&emulator, "/").status;
    assert!(emulator.wait_until_idle(PATIENCE));
    (status, emulator.faults())
}

#[test]
fn a_buffered_response_is_taken() {
    let answer = r#"next; call POST invocation/$id/response '' '{"statusCode":201,"body":"a"}'"#;
    assert_eq!(outcome(answer), (201, vec![]));
}

#[test]
fn an_answer_of_no_http_is_a_502() {
    let (status, faults) = outcome("next; call POST invocation/$id/response '' 'hello'");
    assert!(status == 502 && matches!(faults.as_slice(), [Fault::Buffered(_)]), "{status} {faults:?}");
}

#[test]
fn a_second_answer_is_refused() {
    let (status, faults) = outcome(
        r#"next; call POST invocation/$id/response '' '{"statusCode":201}'
        call POST invocation/$id/response '' '{"statusCode":202}'"#,
    );
    assert!(status == 201 && matches!(faults.as_slice(), [Fault::UnknownInvocation { .. }]), "{faults:?}");
}

#[test]
fn an_answer_to_what_was_not_asked_is_refused() {
    let (_, faults) = outcome(
        r#"next; call POST invocation/other/error '' '{}'; call GET nothing
        call POST invocation/$id/response '' '{"statusCode":201}'"#,
    );
    let [Fault::UnknownInvocation { .. }, Fault::UnknownRoute { .. }] = faults.as_slice() else {
        panic!("{faults:?}")
    };
}

#[test]
fn a_stream_without_a_prelude_is_a_502() {
    for body in [r"data: hello\n\n", r#"{"status":200}\0\0\0\0\0\0\0\0"#, ""] {
        let (status, faults) =
            outcome(&format!(r#"next; call POST invocation/$id/response "$stream" '{body}'"#));
        assert!(status == 502 && matches!(faults.as_slice(), [Fault::Prelude(_)]), "{body}: {faults:?}");
    }
}

#[test]
fn asking_for_more_before_answering_is_a_fault() {
    let folder = TempDir::new().unwrap();
    let emulator = start(shell(folder.path(), "next; next"));
    let _waiting = crate::client::send(&emulator, "GET", "/", "", "");
    assert!(emulator.wait_for_fault(PATIENCE, |fault| *fault == Fault::PolledWhileBusy));
}

#[test]
fn an_environment_says_why_it_cannot_start() {
    let folder = TempDir::new().unwrap();
    let text = r#"call POST init/error '' '{"errorType":"A","errorMessage":"b"}'; exit 1"#;
    let emulator = start(shell(folder.path(), text));
    assert_eq!(fetch(&emulator, "/").status, 502);
    assert_eq!(
        emulator.faults(),
        [Fault::Init("A: b".to_owned()), Fault::Exited("exit status: 1".to_owned())]
    );
}

#[test]
fn an_error_in_trailers_cuts_the_stream_off() {
    let folder = TempDir::new().unwrap();
    let function = shell(
        folder.path(),
        r#"next
        exec 3<>/dev/tcp/$host/$port
        prelude='{"statusCode":200}\0\0\0\0\0\0\0\0'
        printf "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" >&3
        printf "trailer: Lambda-Runtime-Function-Error-Type\r\n$stream\r\n1a\r\n$prelude\r\n3\r\none\r\n0\r\n" >&3
        printf 'Lambda-Runtime-Function-Error-Type: Oops\r\n\r\n' >&3
        cat <&3"#,
    );
    let emulator = start(function);
    let (chunks, is_whole) = fetch(&emulator, "/").chunks();
    assert_eq!((chunks, is_whole), (vec!["one".to_owned()], false));
    assert_eq!(emulator.faults(), [Fault::Stream("Oops".to_owned())]);
}
