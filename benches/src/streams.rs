//! What a request costs, and how long its first token takes.

use std::time::Duration;

use crate::Programs;
use crate::proxy::{Adit, Answer, Data, completion};
use crate::report::{Report, micros};
use crate::server::Server;
use crate::turns::{Cost, Load, in_turn, percentile};

/// Text deltas of an answer, as in the design's table.
const DELTAS: usize = 200;

/// What an answer says: a delta for each word.
pub(crate) fn words() -> String {
    (0..DELTAS).map(|n| format!("word{n:03}")).collect::<Vec<_>>().join(" ")
}

/// Measures the floor and Adit, without plugins and with them, and adds rows to the report.
pub(crate) async fn measure(programs: &Programs, report: &mut Report) -> anyhow::Result<()> {
    let words = words();
    let sim = Server::start(&programs.sim, &[]).await?;
    let paced = Server::start(&programs.sim, &["--pace-ms", "1"]).await?;
    let me = std::env::current_exe()?;
    let floor = Server::start(&me, &["floor", "--upstream", &sim.address.to_string()]).await?;
    let paced_floor = Server::start(&me, &["floor", "--upstream", &paced.address.to_string()]).await?;
    let adit = Keyed::start(programs, &sim).await?;
    let paced_adit = Keyed::start(programs, &paced).await?;

    let requests = programs.requests;
    let converse = bedrock_load("converse-stream", &words);
    let streamed = adit.load(Keys::Plain, Answer::Streamed, &words);
    let streamed_with = adit.load(Keys::WithPlugins, Answer::Streamed, &words);
    let in_one_piece = adit.load(Keys::Plain, Answer::Whole, &words);
    let burst = [
        (&floor, &converse),
        (&adit.adit.server, &streamed),
        (&adit.adit.server, &streamed_with),
        (&adit.adit.server, &in_one_piece),
        (&sim, &converse),
    ];
    let [of_floor, plain, both, whole, direct] = in_turn(burst, requests).await?;
    let streamed = paced_adit.load(Keys::Plain, Answer::Streamed, &words);
    let streamed_with = paced_adit.load(Keys::WithPlugins, Answer::Streamed, &words);
    let one_by_one = [
        (&paced_floor, &converse),
        (&paced_adit.adit.server, &streamed),
        (&paced_adit.adit.server, &streamed_with),
    ];
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
    report.add(
        "peak memory: Adit",
        format!("{:.1} MB", adit.adit.server.peak_megabytes()?),
        String::new(),
        "",
    );
    Ok(())
}

/// Which key asks.
#[derive(Debug, Clone, Copy)]
enum Keys {
    Plain,
    WithPlugins,
}

/// An `adit serve` with two keys.
struct Keyed {
    adit: Adit,
    plain: String,
    with_plugins: String,
}

impl Keyed {
    async fn start(programs: &Programs, upstream: &Server) -> anyhow::Result<Self> {
        let data = Data::new(programs)?;
        for name in ["redact", "route"] {
            data.install(&programs.components.plugins.join(name).with_extension("wasm"), name)?;
        }
        let route = r#"{"aliases":{"gpt-4o-mini":"us.amazon.nova-lite-v1:0"}}"#;
        let plain = data.key("plain", &[]).await?;
        let with_plugins = data.key("with", &[("redact", "{}"), ("route", route)]).await?;
        Ok(Self { adit: data.serve(upstream.address).await?, plain, with_plugins })
    }

    fn load(&self, key: Keys, answer: Answer, words: &str) -> Load {
        match key {
            Keys::Plain => completion(&self.plain, "us.amazon.nova-lite-v1:0", answer, words),
            Keys::WithPlugins => completion(&self.with_plugins, "gpt-4o-mini", answer, words),
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

fn times(this: Duration, that: Duration, name: &str) -> String {
    format!("{:.2} × {name}", this.as_secs_f64() / that.as_secs_f64())
}

fn added(cost: &Cost, direct: &Cost, percent: usize) -> String {
    let difference = percentile(&cost.first_byte, percent).as_secs_f64()
        - percentile(&direct.first_byte, percent).as_secs_f64();
    format!("{:+.0} µs", difference * 1e6)
}
