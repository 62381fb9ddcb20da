//! Servers on loopback, under names that a made-up resolver knows. The guard of most tests takes
//! 127.0.0.1 for public, and nothing else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use rustls::RootCertStore;
use rustls::crypto::ring;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::resolver::{GuardedResolver, ResolveError};
use super::*;
use crate::config::Hosts;

/// What each name resolves to, one answer after the other; the last one stays.
#[derive(Default)]
struct Names(Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>);

#[async_trait::async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let mut names = self.0.lock().unwrap();
        let answers = names.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

fn only_127_0_0_1(address: IpAddr) -> bool {
    address == Ipv4Addr::LOCALHOST
}

fn settings() -> config::Fetch {
    config::Fetch { max_bytes: 1000, ..config::Fetch::default() }
}

fn fetcher(settings: &config::Fetch, names: &[(&str, &[&[SocketAddr]])]) -> Fetcher {
    let names = names.iter().map(|(name, answers)| {
        ((*name).to_owned(), answers.iter().map(|addresses| addresses.to_vec()).collect())
    });
    let tls = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let names = Names(Mutex::new(names.collect()));
    Fetcher::with(settings, Arc::new(names), only_127_0_0_1, tls)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The head of a request.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A server that gives one answer to everybody, and then closes.
async fn serve(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            head(&mut stream).await;
            // Who reads no further has closed.
            stream.write_all(&answer).await.ok();
        }
    });
    address
}

fn moved_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

const CAT: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: Image/PNG; q=1\r\ncontent-length: 3\r\nconnection: close\r\n\r\ncat";

#[tokio::test]
async fn fetches_a_file_over_a_connection_that_it_keeps() {
    let (listener, address) = listen().await;
    let fetcher = fetcher(&settings(), &[("a.test", &[&[address]])]);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heads = Vec::new();
        for _ in 0..2 {
            heads.push(head(&mut stream).await);
            stream.write_all(CAT.replace("connection: close\r\n", "").as_bytes()).await.unwrap();
        }
        heads
    });
    for _ in 0..2 {
        let file = fetcher.fetch("http://a.test/x?sig=1#top").await.unwrap();
        assert_eq!(file, Fetched { bytes: "cat".into(), media_type: Some("image/png".to_owned()) });
    }
    let heads = server.await.unwrap();
    assert_eq!(heads[0], heads[1]);
    assert!(heads[0].starts_with("GET /x?sig=1 HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("host: a.test\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("accept-encoding: identity\r\n"), "{}", heads[0]);
}

#[tokio::test]
async fn speaks_tls_where_the_url_says_so() {
    let (listener, address) = listen().await;
    let fetcher = fetcher(&settings(), &[("a.test", &[&[address]])]);
    let server = tokio::spawn(async move { listener.accept().await.unwrap().0.read_u8().await.unwrap() });
    let fault = fetcher.fetch("https://a.test/").await.unwrap_err();
    assert!(matches!(fault, FetchError::NoConnection { .. }), "{fault}");
    // The first byte of a TLS handshake (RFC 8446, 5.1).
    assert_eq!(server.await.unwrap(), 22);
}

#[tokio::test]
async fn connects_to_the_checked_address_and_resolves_no_second_time() {
    let server = serve(CAT).await;
    let inside = SocketAddr::from(([10, 0, 0, 1], 0));
    let fetcher = fetcher(&settings(), &[("a.test", &[&[server], &[inside]])]);
    assert_eq!(fetcher.fetch("http://a.test/").await.unwrap().bytes, "cat");
    // The server closed, so this is a new connection, with a new look at the addresses.
    let fault = fetcher.fetch("http://a.test/").await.unwrap_err();
    assert!(matches!(fault, FetchError::NotPublic { .. }), "{fault}");
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_enough_to_refuse() {
    let server = serve(CAT).await;
    let inside = SocketAddr::from(([127, 0, 0, 2], server.port()));
    let fetcher = fetcher(&settings(), &[("a.test", &[&[server, inside]])]);
    let fault = fetcher.fetch("http://a.test/").await.unwrap_err();
    assert!(matches!(fault, FetchError::NotPublic { .. }), "{fault}");
}

#[tokio::test]
async fn follows_redirects_to_the_end() {
    let end = serve(CAT).await;
    let middle = serve(moved_to("http://end.test/cat")).await;
    let start = serve(moved_to("//middle.test/")).await;
    let names: [(&str, &[&[SocketAddr]]); 3] =
        [("start.test", &[&[start]]), ("middle.test", &[&[middle]]), ("end.test", &[&[end]])];
    let enough = config::Fetch { max_redirects: 2, ..settings() };
    assert_eq!(fetcher(&enough, &names).fetch("http://start.test/").await.unwrap().bytes, "cat");
    let fewer = config::Fetch { max_redirects: 1, ..settings() };
    let fault = fetcher(&fewer, &names).fetch("http://start.test/").await.unwrap_err();
    assert!(matches!(fault, FetchError::TooManyRedirects { max: 1 }), "{fault}");
}

#[tokio::test]
async fn checks_each_redirect_like_the_first_url() {
    let inside = SocketAddr::from(([127, 0, 0, 2], 1));
    for (location, expected) in [
        ("http://inside.test/", "`inside.test` is no public address"),
        ("http://169.254.169.254/latest/meta-data", "`169.254.169.254` is no public address"),
        ("http://[::ffff:169.254.169.254]/", "is no public address"),
        ("http://0xa9fea9fe/", "`169.254.169.254` is no public address"),
        ("http://127.0.0.1:22/", "port 22"),
        ("http://me@start.test/", "user name"),
        ("file:///etc/passwd", "`file:`"),
        ("http://[", "cannot be read"),
        ("http://nowhere.test/", "no address is known for `nowhere.test`"),
    ] {
        let start = serve(moved_to(location)).await;
        let fetcher = fetcher(&settings(), &[("start.test", &[&[start]]), ("inside.test", &[&[inside]])]);
        let fault = fetcher.fetch("http://start.test/").await.unwrap_err().to_string();
        assert!(fault.contains(expected), "{location}: {fault}");
    }
}

#[tokio::test]
async fn leaves_a_loop_of_redirects() {
    let server = serve(moved_to("/again")).await;
    let fault = fetcher(&settings(), &[("a.test", &[&[server]])]).fetch("http://a.test/").await.unwrap_err();
    assert!(matches!(fault, FetchError::TooManyRedirects { max: 3 }), "{fault}");
}

#[tokio::test]
async fn asks_no_host_that_the_operator_has_not_listed() {
    let end = serve(CAT).await;
    let start = serve(moved_to("http://end.test/")).await;
    let names: [(&str, &[&[SocketAddr]]); 2] = [("start.test", &[&[start]]), ("end.test", &[&[end]])];
    let listed = Hosts::Listed(vec!["start.test".to_owned().try_into().unwrap()]);
    let fetcher = fetcher(&config::Fetch { hosts: listed, ..settings() }, &names);
    for url in ["http://start.test/", "http://end.test/"] {
        let fault = fetcher.fetch(url).await.unwrap_err();
        assert!(matches!(&fault, FetchError::NotAllowed { host } if host == "end.test"), "{fault}");
    }
}

#[tokio::test]
async fn a_file_of_just_the_limit_is_taken_and_one_byte_more_is_not() {
    let chunk = |bytes: usize| format!("{bytes:x}\r\n{}\r\n", "x".repeat(bytes));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let until_closed = "HTTP/1.1 200 OK\r\n\r\n";
    for (answer, taken) in [
        (format!("{chunked}{}{}0\r\n\r\n", chunk(600), chunk(400)), true),
        // The end never comes: the size alone decides.
        (format!("{chunked}{}{}", chunk(600), chunk(401)), false),
        (format!("{until_closed}{}", "x".repeat(1000)), true),
        (format!("{until_closed}{}", "x".repeat(1001)), false),
        // Refused by its announcement: no byte of it comes.
        ("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_owned(), false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n".to_owned(), false),
    ] {
        let server = serve(answer.clone()).await;
        let fetched = fetcher(&settings(), &[("a.test", &[&[server]])]).fetch("http://a.test/").await;
        if taken {
            assert_eq!(fetched.unwrap().bytes.len(), 1000, "{answer}");
        } else {
            assert!(
                matches!(fetched, Err(FetchError::TooLarge { max_bytes: 1000 })),
                "{answer}: {fetched:?}"
            );
        }
    }
}

#[tokio::test]
async fn takes_nothing_but_a_plain_and_complete_file() {
    for (answer, expected) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "status 404"),
        ("HTTP/1.1 206 Partial Content\r\ncontent-length: 0\r\n\r\n", "status 206"),
        ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", "status 302"),
        ("HTTP/1.1 304 Not Modified\r\nlocation: /x\r\n\r\n", "status 304"),
        ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\ncat", "content encoding"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ncat", "connection to `a.test` failed"),
        ("SSH-2.0\r\n", "connection to `a.test` failed"),
    ] {
        let server = serve(answer).await;
        let fetched = fetcher(&settings(), &[("a.test", &[&[server]])]).fetch("http://a.test/").await;
        let fault = fetched.unwrap_err().to_string();
        assert!(fault.contains(expected), "{answer}: {fault}");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_ends_at_the_deadline() {
    let (listener, address) = listen().await;
    let (sent, stalled) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nca").await.unwrap();
        sent.send(stream).unwrap();
    });
    let fetcher = fetcher(&settings(), &[("a.test", &[&[address]])]);
    let fetch = tokio::spawn(async move { fetcher.fetch("http://a.test/").await });
    // Held open, with nothing left to do but to wait for the clock: it leaps.
    let _stream = stalled.await.unwrap();
    tokio::time::pause();
    let fault = fetch.await.unwrap().unwrap_err();
    assert_eq!(fault.to_string(), "the file did not arrive within 10000 ms; send it as a data URL");
}

#[tokio::test]
async fn no_message_repeats_the_query_or_an_address_behind_a_name() {
    let inside = SocketAddr::from(([10, 1, 2, 3], 80));
    let (listener, closed) = listen().await;
    drop(listener);
    let fetcher = fetcher(&settings(), &[("inside.test", &[&[inside]]), ("closed.test", &[&[closed]])]);
    for url in [
        "http://inside.test/SECRET?SECRET",
        "http://closed.test/SECRET?SECRET#SECRET",
        "http://nowhere.test/?SECRET",
        "http://me:SECRET@inside.test/",
        "http://inside.test:22/?SECRET",
        "http://inside.test:SECRET/",
        "/SECRET",
        "mailto:SECRET",
    ] {
        let fault = fetcher.fetch(url).await.unwrap_err();
        let (message, details) = (fault.to_string(), format!("{fault:?}"));
        assert!(!message.contains('\n') && !message.contains("10.1.2.3"), "{message}");
        assert!(!message.contains("SECRET") && !details.contains("SECRET"), "{url}: {details}");
    }
}

#[test]
fn the_system_s_resolver_and_the_real_guard_refuse_what_is_not_public() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guarded = |host| {
        let guarded = GuardedResolver { resolver: Arc::new(System), guard: address::is_public };
        runtime.block_on(guarded.addresses(host))
    };
    for host in ["localhost", "127.1"] {
        let refused = guarded(host.parse().unwrap());
        assert!(matches!(refused, Err(ResolveError::NotPublic)), "{host}: {refused:?}");
    }
}
