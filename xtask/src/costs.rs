//! `cargo xtask costs`: the tables of `docs/costs.md`, worked out from prices and from what a request takes.
//!
//! A test holds the page to them.

use crate::command::say;
use crate::workspace::Workspace;

/// A list price of us-east-1 in US dollars, without any free allowance.
struct Price {
    what: &'static str,
    /// For one of [`Price::unit`].
    dollars: f64,
    unit: &'static str,
    /// As it is written in the table.
    text: &'static str,
    source: &'static str,
}

const fn price(
    what: &'static str,
    (dollars, per): (f64, f64),
    text: &'static str,
    unit: &'static str,
    source: &'static str,
) -> Price {
    Price { what, dollars: dollars / per, unit, text, source }
}

const MILLION: f64 = 1e6;

/// Prices are by the GB of 10^9 bytes here, where AWS counts some of them in 2^30: a difference of less than 8 %.
const GB: f64 = 1e9;

const LAMBDA_TIME: Price = price(
    "Lambda, arm64: memory for a time",
    (0.000_013_333_4, 1.0),
    "$0.0000133334",
    "GB-second",
    "cloudchipr.com/blog/aws-lambda-pricing (2024), aws.amazon.com/lambda/pricing; first 7.5 billion a month",
);
const LAMBDA_REQUEST: Price = price(
    "Lambda: requests",
    (0.20, MILLION),
    "$0.20",
    "million",
    "cloudchipr.com/blog/aws-lambda-pricing (2024), aws.amazon.com/lambda/pricing",
);
const TRANSFER: Price = price(
    "data to the internet",
    (0.09, GB),
    "$0.09",
    "GB",
    "leanopstech.com/blog/aws-data-transfer-pricing-2026 (April 2026); first 10 TB a month",
);
const WRITE: Price = price(
    "DynamoDB, on demand: writes",
    (0.625, MILLION),
    "$0.625",
    "million units of 1 KB",
    "airbyte.com/data-engineering-resources/dynamodb-pricing (July 2025), aws.amazon.com/dynamodb/pricing; since November 2024",
);
const READ: Price = price(
    "DynamoDB, on demand: reads",
    (0.125, MILLION),
    "$0.125",
    "million units of 4 KB",
    "airbyte.com/data-engineering-resources/dynamodb-pricing (July 2025), aws.amazon.com/dynamodb/pricing; since November 2024",
);
const OBJECT: Price = price(
    "S3: reading an object",
    (0.0004, 1e3),
    "$0.0004",
    "thousand",
    "cloudburn.io/blog/amazon-s3-pricing (March 2026), aws.amazon.com/s3/pricing",
);
const LOG: Price = price(
    "CloudWatch: logs taken in",
    (0.50, GB),
    "$0.50",
    "GB",
    "cloudburn.io/blog/amazon-cloudwatch-pricing (February 2026), aws.amazon.com/cloudwatch/pricing",
);
const REST: Price = price(
    "API Gateway, REST: requests, each begun 10 MB of a streamed answer",
    (3.50, MILLION),
    "$3.50",
    "million",
    "docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration; first 333 million a month",
);
const EDGE_REQUEST: Price = price(
    "CloudFront: requests over HTTPS, North America and Europe",
    (0.01, 1e4),
    "$0.0100",
    "ten thousand",
    "aws.amazon.com/cloudfront/pricing",
);
const EDGE_TRANSFER: Price = price(
    "CloudFront: data to the internet, North America and Europe",
    (0.085, GB),
    "$0.085",
    "GB",
    "aws.amazon.com/cloudfront/pricing; first 10 TB a month",
);
const TRACE: Price =
    price("X-Ray: traces", (5.0, MILLION), "$5.00", "million recorded", "aws.amazon.com/xray/pricing");
const TABLE_BYTES: Price =
    price("DynamoDB: what is kept", (0.25, GB), "$0.25", "GB and month", "aws.amazon.com/dynamodb/pricing");
const BUCKET_BYTES: Price = price(
    "S3: what is kept",
    (0.023, GB),
    "$0.023",
    "GB and month",
    "cloudburn.io/blog/amazon-s3-pricing (March 2026), aws.amazon.com/s3/pricing",
);
const LOG_BYTES: Price = price(
    "CloudWatch: logs kept",
    (0.03, GB),
    "$0.03",
    "GB and month",
    "cloudburn.io/blog/amazon-cloudwatch-pricing (February 2026), aws.amazon.com/cloudwatch/pricing",
);

const PRICES: [&Price; 14] = [
    &LAMBDA_TIME,
    &LAMBDA_REQUEST,
    &TRANSFER,
    &WRITE,
    &READ,
    &OBJECT,
    &LOG,
    &REST,
    &EDGE_REQUEST,
    &EDGE_TRANSFER,
    &TRACE,
    &TABLE_BYTES,
    &BUCKET_BYTES,
    &LOG_BYTES,
];

/// What stands between clients and the function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Front {
    Url,
    Rest,
    Edge,
}

/// A typical request.
struct Shape {
    name: &'static str,
    /// How long the model takes to answer. Lambda counts it: the function waits.
    model_seconds: f64,
    /// Memory of the function, in GB of 1024 MB.
    memory_gigabytes: f64,
    /// Writes to DynamoDB: the table in `docs/stores.md`.
    writes: f64,
    /// Of the answer, as it is streamed to the client.
    answer_bytes: f64,
    front: Front,
    /// Share of requests with a trace.
    traced: f64,
}

const SHAPES: [Shape; 4] = [
    Shape {
        name: "short",
        model_seconds: 1.0,
        memory_gigabytes: 0.5,
        writes: 1.0,
        answer_bytes: 1_000.0,
        front: Front::Url,
        traced: 0.0,
    },
    Shape {
        name: "chat",
        model_seconds: 5.0,
        memory_gigabytes: 0.5,
        writes: 5.0,
        answer_bytes: 60_000.0,
        front: Front::Url,
        traced: 0.0,
    },
    Shape {
        name: "chat, 128 MB",
        model_seconds: 5.0,
        memory_gigabytes: 0.125,
        writes: 5.0,
        answer_bytes: 60_000.0,
        front: Front::Edge,
        traced: 0.0,
    },
    Shape {
        name: "agent",
        model_seconds: 20.0,
        memory_gigabytes: 0.5,
        writes: 5.0,
        answer_bytes: 250_000.0,
        front: Front::Rest,
        traced: 0.05,
    },
];

/// What Adit itself takes, from `cargo xtask bench --lambda`.
mod measured {
    /// Processor time of a warm request with three plugins, in seconds of a whole processor.
    pub(super) const WARM_CPU: f64 = 0.0009;
    /// Processor time of a cold start, to its first answered byte.
    pub(super) const START_CPU: f64 = 0.0139;
    /// The record of a request with three plugins, 1673 bytes; and the three lines that Lambda itself writes for it,
    /// counted from their form in the developer guide, with the 26 bytes that `CloudWatch` adds to each line.
    pub(super) const LOG_BYTES: f64 = 2_050.0;
    /// Releases of three plugins, precompiled for one architecture, in bytes.
    pub(super) const PLUGIN_BYTES: f64 = 6e6;
    /// Objects that a cold start reads: three for each plugin.
    pub(super) const START_OBJECTS: f64 = 9.0;
}

/// A whole processor comes with so much memory, in GB of 1024 MB (Lambda developer guide, "Configure Lambda function
/// memory": 1,769 MB).
const GIGABYTES_OF_A_PROCESSOR: f64 = 1769.0 / 1024.0;

/// The share of requests that start an environment.
const COLD: f64 = 0.01;

/// Units of reads a request: its key, read again every 30 s, is another's as often as not; then rollouts and team too.
const READS: f64 = 0.5;

/// Where it is written.
const PAGE: &str = "docs/costs.md";

/// Prints the tables, or says that the page has them.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let page = std::fs::read_to_string(workspace.root.join(PAGE))?;
    for table in tables() {
        println!("{table}");
        if !page.contains(&table) {
            say(format_args!("{PAGE} has another table in its place"));
        }
    }
    Ok(())
}

/// The tables of the page.
fn tables() -> [String; 3] {
    [requests(), idle(), prices()]
}

fn prices() -> String {
    let mut text = "| what | price | for each | source |\n|---|---|---|---|\n".to_owned();
    for price in PRICES {
        text.extend(["| ", price.what, " | ", price.text, " | ", price.unit, " | ", price.source, " |\n"]);
    }
    text
}

/// What a million requests cost.
fn requests() -> String {
    type Row = (&'static str, fn(&Shape) -> f64);
    let rows: [Row; 9] = [
        ("Lambda: waiting for the model", |shape| {
            shape.model_seconds * shape.memory_gigabytes * LAMBDA_TIME.dollars
        }),
        ("Lambda: Adit's own work", |shape| {
            let cpu = measured::WARM_CPU + COLD * measured::START_CPU;
            // Half the memory is half the processor for twice the time.
            cpu * GIGABYTES_OF_A_PROCESSOR.max(shape.memory_gigabytes) * LAMBDA_TIME.dollars
        }),
        ("Lambda: requests", |_| LAMBDA_REQUEST.dollars),
        ("DynamoDB", |shape| shape.writes * WRITE.dollars + READS * READ.dollars),
        ("S3", |_| COLD * measured::START_OBJECTS * OBJECT.dollars),
        ("logs", |_| measured::LOG_BYTES * LOG.dollars),
        ("in front", |shape| match shape.front {
            Front::Url => 0.0,
            Front::Rest => REST.dollars,
            Front::Edge => EDGE_REQUEST.dollars,
        }),
        ("data to clients", |shape| {
            let price = if shape.front == Front::Edge { &EDGE_TRANSFER } else { &TRANSFER };
            shape.answer_bytes * price.dollars
        }),
        ("traces", |shape| shape.traced * TRACE.dollars),
    ];
    let mut text = line("", SHAPES.iter().map(|shape| shape.name.to_owned()));
    text.push_str(&line("---", SHAPES.iter().map(|_| "--:".to_owned())));
    for (name, cost) in rows {
        text.push_str(&line(name, SHAPES.iter().map(|shape| dollars(MILLION * cost(shape)))));
    }
    let sum = |shape| rows.iter().map(|(_, cost)| MILLION * cost(shape)).sum();
    text.push_str(&line("**together**", SHAPES.iter().map(|shape| format!("**{}**", dollars(sum(shape))))));
    text
}

/// What a month costs in which nobody asks anything.
fn idle() -> String {
    const KEYS: f64 = 1_000.0;
    const REQUESTS: f64 = 1e6;
    let rows = [
        ("the tables, a thousand keys and teams with a month of usage", KEYS * 30.0 * 500.0, &TABLE_BYTES),
        ("the bucket, ten releases of three plugins", 10.0 * measured::PLUGIN_BYTES, &BUCKET_BYTES),
        ("the logs of a million requests, kept", REQUESTS * measured::LOG_BYTES, &LOG_BYTES),
    ];
    let mut text = "| what is kept | bytes | a month |\n|---|--:|--:|\n".to_owned();
    let mut together = 0.0;
    for (what, bytes, price) in rows {
        let cost = bytes * price.dollars;
        together += cost;
        text.push_str(&line(what, [format!("{:.0} MB", bytes / 1e6), cents(cost)].into_iter()));
    }
    text.push_str(&line("**together**", [String::new(), format!("**{}**", cents(together))].into_iter()));
    text
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn dollars(amount: f64) -> String {
    if amount == 0.0 { "–".to_owned() } else { format!("${amount:.2}") }
}

/// To a hundredth of a cent: that little is at stake.
fn cents(amount: f64) -> String {
    format!("${amount:.4}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn the_page_has_these_tables() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = std::fs::read_to_string(root.join(PAGE)).unwrap();
        for table in tables() {
            assert!(page.contains(&table), "{PAGE} needs this table:\n{table}");
        }
    }

    #[test]
    fn a_price_is_the_one_that_is_written() {
        for price in PRICES {
            let written: f64 = price.text.trim_start_matches('$').parse().unwrap();
            let per = written / price.dollars;
            assert!(
                [1.0, 1e3, 1e4, 1e6, 1e9].iter().any(|unit| (per / unit - 1.0).abs() < 1e-9),
                "{}",
                price.what
            );
        }
    }
}
