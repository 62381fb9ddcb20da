//! What a request costs, and how long its first token takes.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::Programs;
use crate::client::Connection;
use crate::report::Report;
use crate::server::Server;

/// Text deltas of an answer, as in the design's table.
const DELTAS: usize = 200;

/// Requests that warm a server up, in each round.
const WARM_UP: usize = 20;

/// How often each measurement is repeated.
const ROUNDS: usize = 7;

/// What is asked for, and how.
struct Load {
    path: String,
    authorization: String,
    body: Vec<u8>,
}

/// What a server costs under a load.
struct Cost {
    cpu: Duration,
    first_byte: Vec<Duration>,
}

/// Measures the floor and Adit, without plugins and with them, and adds rows to the report.
pub(crate) async fn measure(programs: &Programs, report: &mut Report) -> anyhow::Result<()> {
    let words = (0..DELTAS).map(|n| format!("word{n:03}")).collect::<Vec<_>>().join(" ");
    let sim = Server::start(&programs.sim, &[]).await?;
    let paced = Server::start(&programs.sim, &["--pace-ms", "1"]).await?;
    let me = std::env::current_exe()?;
    let floor = Server::start(&me, &["floor", "--upstream", &sim.address.to_string()]).await?;
    let paced_floor = Server::start(&me, &["floor", "--upstream", &paced.address.to_string()]).await?;
    let adit = Adit::start(programs, sim.address).await?;
    let paced_adit = Adit::start(programs, paced.address).await?;

    let requests = programs.requests;
    let converse = bedrock_load("converse-stream", &words);
    let streamed = adit.load(Keys::Plain, true, &words);
    let streamed_with = adit.load(Keys::WithPlugins, true, &words);
    let in_one_piece = adit.load(Keys::Plain, false, &words);
    let burst = [
        (&floor, &converse),
        (&adit.server, &streamed),
        (&adit.server, &streamed_with),
        (&adit.server, &in_one_piece),
        (&sim, &converse),
    ];
    let [of_floor, plain, both, whole, direct] = in_turn(burst, requests).await?;
    let streamed = paced_adit.load(Keys::Plain, true, &words);
    let streamed_with = paced_adit.load(Keys::WithPlugins, true, &words);
    let one_by_one =
        [(&paced_floor, &converse), (&paced_adit.server, &streamed), (&paced_adit.server, &streamed_with)];
    let [paced_of_floor, paced_plain, paced_both] = in_turn(one_by_one, requests.div_ceil(6)).await?;

    report.add(
        "the floor, streamed as fast as it comes: CPU a request",
        micros(of_floor.cpu),
        String::new(),
        "",
    );
    report.add(
        "Adit, streamed as fast as it comes, no plugin",
        micros(plain.cpu),
        times(plain.cpu, of_floor.cpu, "the floor"),
        "≤ 1.3 ×",
    );
    report.add(
        "  with redact and route",
        micros(both.cpu),
        times(both.cpu, plain.cpu, "no plugin"),
        "≤ 1.5 × with three",
    );
    report.add("the floor, deltas one by one: CPU a request", micros(paced_of_floor.cpu), String::new(), "");
    report.add(
        "Adit, deltas one by one, no plugin",
        micros(paced_plain.cpu),
        times(paced_plain.cpu, paced_of_floor.cpu, "the floor"),
        "≤ 1.5 ×",
    );
    report.add(
        "  with redact and route",
        micros(paced_both.cpu),
        times(paced_both.cpu, paced_plain.cpu, "no plugin"),
        "≤ 1.5 × with three",
    );
    report.add(
        "Adit, a whole answer, no plugin: CPU a request",
        micros(whole.cpu),
        String::new(),
        "≤ 250 µs",
    );
    for (name, cost) in [
        ("the stand-in itself", &direct),
        ("the floor", &of_floor),
        ("Adit, no plugin", &plain),
        ("Adit, redact and route", &both),
    ] {
        report.add(
            format!("first byte of the body: {name}, p50"),
            micros(percentile(&cost.first_byte, 50)),
            added(cost, &direct, 50),
            "+ ≤ 500 µs",
        );
        report.add(
            "  p99",
            micros(percentile(&cost.first_byte, 99)),
            added(cost, &direct, 99),
            "+ ≤ 1000 µs",
        );
    }
    report.add("peak memory: the floor", format!("{:.1} MB", floor.peak_megabytes()?), String::new(), "");
    report.add("peak memory: Adit", format!("{:.1} MB", adit.server.peak_megabytes()?), String::new(), "");
    Ok(())
}

/// Which key asks.
#[derive(Debug, Clone, Copy)]
enum Keys {
    Plain,
    WithPlugins,
}

/// An `adit serve` with two keys.
struct Adit {
    server: Server,
    plain: String,
    with_plugins: String,
    _data: tempfile::TempDir,
}

impl Adit {
    async fn start(programs: &Programs, upstream: SocketAddr) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let folder = data.path().to_str().context("an odd temporary folder")?;
        let plugins = data.path().join("plugins");
        std::fs::create_dir(&plugins)?;
        for name in ["redact.wasm", "route.wasm"] {
            std::fs::copy(programs.plugins.join(name), plugins.join(name))?;
        }
        let plain = command(&programs.adit, &["key", "create", "plain", "--quiet", "--data", folder]).await?;
        let with_plugins =
            command(&programs.adit, &["key", "create", "with", "--quiet", "--data", folder]).await?;
        let route = r#"{"aliases":{"gpt-4o-mini":"us.amazon.nova-lite-v1:0"}}"#;
        command(&programs.adit, &["key", "plugin", "enable", &with_plugins, "redact", "--data", folder])
            .await?;
        command(
            &programs.adit,
            &["key", "plugin", "enable", &with_plugins, "route", "--config", route, "--data", folder],
        )
        .await?;
        let upstream = format!("http://{upstream}");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--upstream", &upstream];
        Ok(Self {
            server: Server::start(&programs.adit, &arguments).await?,
            plain,
            with_plugins,
            _data: data,
        })
    }

    fn load(&self, key: Keys, streamed: bool, words: &str) -> Load {
        let (key, model) = match key {
            Keys::Plain => (&self.plain, "us.amazon.nova-lite-v1:0"),
            Keys::WithPlugins => (&self.with_plugins, "gpt-4o-mini"),
        };
        let body = format!(
            r#"{{"model":"{model}","stream":{streamed},"messages":[{{"role":"user","content":"mail anna@example.com: {words}"}}]}}"#
        );
        Load {
            path: "/v1/chat/completions".to_owned(),
            authorization: format!("Bearer {key}"),
            body: body.into_bytes(),
        }
    }
}

fn bedrock_load(operation: &str, words: &str) -> Load {
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":[{{"text":"mail anna@example.com: {words}"}}]}}]}}"#
    );
    Load {
        path: format!("/model/us.amazon.nova-lite-v1%3A0/{operation}"),
        authorization: "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c".to_owned(),
        body: body.into_bytes(),
    }
}

async fn command(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Measures each in turn, several times over, so that a machine that changes its pace changes it for
/// all. The CPU time is the median of the rounds.
async fn in_turn<const N: usize>(of: [(&Server, &Load); N], requests: usize) -> anyhow::Result<[Cost; N]> {
    let mut costs = [const { Cost { cpu: Duration::ZERO, first_byte: Vec::new() } }; N];
    let mut rounds = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (((server, load), cost), round) in of.iter().zip(&mut costs).zip(&mut rounds) {
            round.push(run(server, load, requests.div_ceil(ROUNDS), &mut cost.first_byte).await?);
        }
    }
    for (cost, mut round) in costs.iter_mut().zip(rounds) {
        round.sort_unstable();
        cost.cpu = percentile(&round, 50);
        cost.first_byte.sort_unstable();
    }
    Ok(costs)
}

/// One client, one request after the other: the CPU time of each.
async fn run(
    server: &Server,
    load: &Load,
    requests: usize,
    first_byte: &mut Vec<Duration>,
) -> anyhow::Result<Duration> {
    let mut connection = Connection::open(server.address).await?;
    for _ in 0..WARM_UP.min(requests) {
        request(&mut connection, load).await?;
    }
    let before = server.cpu()?;
    for _ in 0..requests {
        first_byte.push(request(&mut connection, load).await?);
    }
    Ok(server.cpu()?.saturating_sub(before) / u32::try_from(requests)?)
}

/// How long the first byte of the body took.
async fn request(connection: &mut Connection, load: &Load) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    connection.send(&load.path, &load.authorization, &load.body).await?;
    let first = connection.chunk().await?;
    let elapsed = begun.elapsed();
    ensure!(first.is_some(), "an answer without a body");
    while connection.chunk().await?.is_some() {}
    Ok(elapsed)
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn micros(duration: Duration) -> String {
    format!("{:.0} µs", duration.as_secs_f64() * 1e6)
}

fn times(this: Duration, that: Duration, name: &str) -> String {
    format!("{:.2} × {name}", this.as_secs_f64() / that.as_secs_f64())
}

fn added(cost: &Cost, direct: &Cost, percent: usize) -> String {
    let difference = percentile(&cost.first_byte, percent).as_secs_f64()
        - percentile(&direct.first_byte, percent).as_secs_f64();
    format!("{:+.0} µs", difference * 1e6)
}
