//! `adit plugin status`: what the plugins did, and which releases are rolled out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{output, table};
use crate::enabled::{Release, Rollout};
use crate::health::{Calls, Counts, Metric, Metrics};
use crate::store::{PluginStatus, Store};

pub(super) async fn run(store: &dyn Store, json: bool) -> anyhow::Result<()> {
    let (status, rollouts) = (store.plugin_status().await?, store.rollouts().await?);
    if json {
        return output::json(&View {
            plugins: status.iter().map(PluginView::of).collect(),
            rollouts: rollouts.iter().map(RolloutView::of).collect(),
        });
    }
    output::result(&text(&status, &rollouts))?;
    Ok(())
}

fn text(status: &[PluginStatus], rollouts: &[Rollout]) -> String {
    let mut parts = Vec::new();
    let calls: Vec<_> = status.iter().flat_map(call_rows).collect();
    parts.push(table::table(["PLUGIN", "RELEASE", "HOOK", "CALLS", "P50 µs", "P99 µs"], &calls));
    let counts: Vec<_> = status.iter().map(count_row).collect();
    parts.push(table::table(
        ["PLUGIN", "RELEASE", "TRAPS", "TIMEOUTS", "FAULTS", "UNAVAILABLE", "SKIPPED", "BREAKER", "HOLDS"],
        &counts,
    ));
    let metrics: Vec<_> = status.iter().flat_map(metric_rows).collect();
    if !metrics.is_empty() {
        parts.push(table::table(["PLUGIN", "RELEASE", "METRIC", "COUNT", "MEAN", "MIN", "MAX"], &metrics));
    }
    if !rollouts.is_empty() {
        let rows: Vec<_> = rollouts.iter().map(rollout_row).collect();
        parts.push(table::table(["ROLLOUT", "RELEASE", "KEYS", "FAILURES", "STATE"], &rows));
    }
    let last = status.iter().map(|status| status.written).max();
    parts.push(match last {
        Some(last) => format!("Last written {last}."),
        None => "No server has written anything yet.".to_owned(),
    });
    parts.join("\n\n")
}

/// What the release of a plugin is called.
fn name(release: Option<&Release>) -> String {
    release.map_or_else(|| "(file)".to_owned(), |release| release.version.to_string())
}

fn call_rows(status: &PluginStatus) -> Vec<[String; 6]> {
    let row = |(hook, calls): (&String, &Calls)| {
        [
            status.plugin.to_string(),
            name(status.release.as_ref()),
            hook.clone(),
            calls.count().to_string(),
            format!("{:.1}", calls.percentile_micros(50)),
            format!("{:.1}", calls.percentile_micros(99)),
        ]
    };
    status.counts.hooks.iter().map(row).collect()
}

fn count_row(status: &PluginStatus) -> [String; 9] {
    let Counts { traps, timeouts, faults, unavailable, skipped, breaker_openings, holds, .. } =
        &status.counts;
    let numbers = [traps, timeouts, faults, unavailable, skipped, breaker_openings];
    let [traps, timeouts, faults, unavailable, skipped, openings] = numbers.map(ToString::to_string);
    let holds = match status.counts.most_held_bytes {
        0 => holds.to_string(),
        most => format!("{holds} (most {most} B)"),
    };
    let release = name(status.release.as_ref());
    [status.plugin.to_string(), release, traps, timeouts, faults, unavailable, skipped, openings, holds]
}

/// What the plugin counts itself.
fn metric_rows(status: &PluginStatus) -> Vec<[String; 7]> {
    let row = |(metric, value): (&str, &Metric)| {
        let [count, mean, min, max] = match value {
            Metric::Counter(sum) => [sum.to_string(), String::new(), String::new(), String::new()],
            Metric::Distribution(of) => {
                [of.count.to_string(), number(of.mean()), number(of.min), number(of.max)]
            }
        };
        let release = name(status.release.as_ref());
        [status.plugin.to_string(), release, metric.to_owned(), count, mean, min, max]
    };
    status.counts.metrics.iter().map(row).collect()
}

/// With as many digits as anybody reads.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        0.01..1e9 => format!("{value:.2}"),
        _ => format!("{value:.2e}"),
    }
}

fn rollout_row(rollout: &Rollout) -> [String; 5] {
    let state = match rollout.stepped_back {
        Some(when) => format!("stepped back {}", when.strftime("%Y-%m-%d %H:%M")),
        None => "running".to_owned(),
    };
    [
        rollout.plugin.to_string(),
        name(Some(&rollout.release)),
        format!("{} %", rollout.percent.number()),
        format!("{} of {}", rollout.failures, rollout.step_back_after),
        state,
    ]
}

#[derive(Serialize)]
struct View<'a> {
    plugins: Vec<PluginView<'a>>,
    rollouts: Vec<RolloutView<'a>>,
}

/// What a release of a plugin did, in JSON.
#[derive(Serialize)]
struct PluginView<'a> {
    plugin: &'a str,
    version: Option<String>,
    digest: Option<&'a str>,
    hooks: BTreeMap<&'a str, CallsView>,
    traps: u64,
    timeouts: u64,
    faults: u64,
    unavailable: u64,
    holds: u64,
    most_held_bytes: u64,
    skipped: u64,
    breaker_openings: u64,
    metrics: &'a Metrics,
    processes: u32,
    written: String,
}

#[derive(Serialize)]
struct CallsView {
    calls: u64,
    p50_us: f64,
    p99_us: f64,
}

#[derive(Serialize)]
struct RolloutView<'a> {
    plugin: &'a str,
    version: String,
    digest: &'a str,
    percent: u8,
    failures: u64,
    step_back_after: u32,
    stepped_back: Option<String>,
}

impl<'a> PluginView<'a> {
    fn of(status: &'a PluginStatus) -> Self {
        let PluginStatus { plugin, release, counts, processes, written } = status;
        let calls = |calls: &Calls| CallsView {
            calls: calls.count(),
            p50_us: calls.percentile_micros(50),
            p99_us: calls.percentile_micros(99),
        };
        Self {
            plugin: plugin.as_str(),
            version: release.as_ref().map(|release| release.version.to_string()),
            digest: release.as_ref().map(|release| release.digest.as_str()),
            hooks: counts.hooks.iter().map(|(hook, of)| (hook.as_str(), calls(of))).collect(),
            traps: counts.traps,
            timeouts: counts.timeouts,
            faults: counts.faults,
            unavailable: counts.unavailable,
            holds: counts.holds,
            most_held_bytes: counts.most_held_bytes,
            skipped: counts.skipped,
            breaker_openings: counts.breaker_openings,
            metrics: &counts.metrics,
            processes: *processes,
            written: written.to_string(),
        }
    }
}

impl<'a> RolloutView<'a> {
    fn of(rollout: &'a Rollout) -> Self {
        Self {
            plugin: rollout.plugin.as_str(),
            version: rollout.release.version.to_string(),
            digest: rollout.release.digest.as_str(),
            percent: rollout.percent.number(),
            failures: rollout.failures,
            step_back_after: rollout.step_back_after,
            stepped_back: rollout.stepped_back.as_ref().map(Timestamp::to_string),
        }
    }
}
