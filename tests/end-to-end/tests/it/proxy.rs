//! Bedrock behind a proxy of the operator's network.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;

use crate::harness::Setup;

#[test]
fn a_proxy_of_the_environment_leads_to_an_encrypted_endpoint() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: &'static str = format!("http://{}", proxy.local_addr().unwrap()).leak();
    let asked = std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(proxy.accept().unwrap().0).read_line(&mut line).unwrap();
        line
    });
    let stack = Setup::new()
        .settings("[bedrock]\nmax_attempts = 1")
        .environment("HTTPS_PROXY", address)
        .environment("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .environment("AWS_SECRET_ACCESS_KEY", "secret-of-the-example")
        .upstream("https://bedrock.invalid")
        .start();
    let answer = stack.key().ask("hello");
    assert_eq!((answer.status, &answer.error()["code"]), (502, &"upstream_unreachable".into()));
    assert_eq!(asked.join().unwrap(), "CONNECT bedrock.invalid:443 HTTP/1.1\r\n");
}
