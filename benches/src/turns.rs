//! Servers under load, each in turn: a machine that changes its pace then changes it for all.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::client::Connection;
use crate::server::Server;

/// Requests that warm a server up, in each round.
const WARM_UP: usize = 20;

/// How often each measurement is repeated.
const ROUNDS: usize = 7;

/// What is asked for, and how.
pub(crate) struct Load {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

/// What a server costs under a load.
pub(crate) struct Cost {
    /// CPU time of a request: the median of the rounds.
    pub(crate) cpu: Duration,
    /// The same of each round, as they came.
    rounds: Vec<Duration>,
    /// How long the first byte of the body took, of each request, sorted.
    pub(crate) first_byte: Vec<Duration>,
}

impl Cost {
    /// How many times another cost this one is: the median of the rounds, each compared with the
    /// round beside it, then the least and the most.
    pub(crate) fn beside(&self, other: &Self) -> [f64; 3] {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let mut ratios: Vec<_> = pairs.map(|(this, that)| this.as_secs_f64() / that.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let at = |place: usize| ratios.get(place).copied().unwrap_or(f64::NAN);
        [at(ratios.len() / 2), at(0), at(ratios.len().saturating_sub(1))]
    }
}

/// Measures each in turn, several times over.
pub(crate) async fn in_turn<const N: usize>(
    of: [(&Server, &Load); N],
    requests: usize,
) -> anyhow::Result<[Cost; N]> {
    let mut costs = [const { Cost { cpu: Duration::ZERO, rounds: Vec::new(), first_byte: Vec::new() } }; N];
    for _ in 0..ROUNDS {
        for ((server, load), cost) in of.iter().zip(&mut costs) {
            let cpu = run(server, load, requests.div_ceil(ROUNDS), &mut cost.first_byte).await?;
            cost.rounds.push(cpu);
        }
    }
    for cost in &mut costs {
        let mut rounds = cost.rounds.clone();
        rounds.sort_unstable();
        cost.cpu = percentile(&rounds, 50);
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

pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
