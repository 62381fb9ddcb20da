//! What a key has used, and what is left of its limits: a format of Adit's own.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::App;
use super::answer::{self, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use crate::error::Failure;
use crate::metering::{Budget, Meter, Metered, Money, Row, Scope, Span, Tally, Unit};
use crate::store::StoredKey;

/// Days in one answer.
const MOST_DAYS: i32 = 400;

/// `GET /v1/usage?since=YYYY-MM-DD&until=YYYY-MM-DD`: what the key of the request has used. Without days
/// it is this month.
pub(super) async fn read(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: Caller,
) -> Result<Response<Body>, Refusal> {
    match body(&app, query.as_deref().unwrap_or_default(), &caller, Timestamp::now()).await {
        Ok(body) => Ok(answer::response(&caller.id, "application/json", body.into(), &[])),
        Err(failure) => Err(caller.refused(failure)),
    }
}

async fn body(app: &App, query: &str, caller: &Caller, now: Timestamp) -> Result<Vec<u8>, Failure> {
    let key = authenticate(app, caller).await?;
    let view = view(app, &key, days(query, now.to_zoned(TimeZone::UTC).date())?, now).await?;
    // Texts and numbers: nothing that could fail to be written.
    Ok(serde_json::to_vec(&view).unwrap_or_default())
}

/// What a key has used between two days; without them it is this month.
pub(super) async fn report(
    app: &App,
    key: &StoredKey,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<serde_json::Value, Failure> {
    let now = Timestamp::now();
    let given =
        [("since", since), ("until", until)].map(|(name, day)| day.map(|day| format!("{name}={day}")));
    let query = given.into_iter().flatten().collect::<Vec<_>>().join("&");
    let view = view(app, key, days(&query, now.to_zoned(TimeZone::UTC).date())?, now).await?;
    Ok(serde_json::to_value(&view).unwrap_or_default())
}

async fn view(
    app: &App,
    key: &StoredKey,
    (since, until): (Date, Date),
    now: Timestamp,
) -> Result<View, Failure> {
    let span = Span { since, until, key: Some(key.key.id.clone()) };
    let rows = app.meters.usage(&span).await?;
    let mut limits = Vec::with_capacity(key.terms.metered.len());
    for metered in &key.terms.metered {
        let meter = app.meters.meter(&metered.scope, now).await?;
        limits.push(LimitsView::of(metered, &meter, now));
    }
    Ok(View::of(key, &span, rows, limits))
}

/// The first and the last day that are asked for.
fn days(query: &str, today: Date) -> Result<(Date, Date), Failure> {
    let (mut since, mut until) = (today.first_of_month(), today);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let day = match &*name {
            "since" => &mut since,
            "until" => &mut until,
            _ => {
                let name: String = name.chars().take(100).collect();
                let message = format!("there is no `{name}` here: `since` and `until` can be set");
                return Err(Failure::invalid(name, message).with_code("unsupported_parameter"));
            }
        };
        *day = value.parse().map_err(|_| wrong(&name, "has to be a day such as `2026-11-23`"))?;
    }
    let length = since.until(until).map_or(i32::MAX, |span| span.get_days());
    if length < 0 {
        return Err(wrong("since", "has to be a day before `until`"));
    }
    if length >= MOST_DAYS {
        return Err(wrong("since", &format!("has to be no more than {MOST_DAYS} days before `until`")));
    }
    Ok((since, until))
}

fn wrong(name: &str, how: &str) -> Failure {
    Failure::invalid(name, format!("`{name}` {how}")).with_code("invalid_value")
}

#[derive(Serialize)]
struct View {
    object: &'static str,
    key: String,
    team: Option<String>,
    since: String,
    until: String,
    total: TallyView,
    days: Vec<DayView>,
    limits: Vec<LimitsView>,
}

impl View {
    fn of(key: &StoredKey, span: &Span, rows: Vec<Row>, limits: Vec<LimitsView>) -> Self {
        let mut total = Tally::default();
        let mut days: BTreeMap<(Date, String), Tally> = BTreeMap::new();
        for Row { place, tally } in rows {
            total.add(&tally);
            days.entry((place.day, place.model)).or_default().add(&tally);
        }
        let day = |((day, model), tally): ((Date, String), _)| DayView {
            day: day.to_string(),
            model,
            tally: TallyView::of(&tally),
        };
        Self {
            object: "adit.usage",
            key: key.key.id.to_string(),
            team: key.key.team.as_ref().map(ToString::to_string),
            since: span.since.to_string(),
            until: span.until.to_string(),
            total: TallyView::of(&total),
            days: days.into_iter().map(day).collect(),
            limits,
        }
    }
}

#[derive(Serialize)]
struct DayView {
    day: String,
    model: String,
    #[serde(flatten)]
    tally: TallyView,
}

#[derive(Serialize)]
struct TallyView {
    requests: u64,
    errors: u64,
    cache_hits: u64,
    estimated: u64,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_usd: f64,
}

impl TallyView {
    fn of(tally: &Tally) -> Self {
        let Tally { requests, errors, cache_hits, estimated, .. } = *tally;
        let Tally { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, .. } = *tally;
        Self {
            requests,
            errors,
            cache_hits,
            estimated,
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
            cost_usd: Money::from_nanodollars(tally.cost_nanodollars).dollars(),
        }
    }
}

/// The limits of the key or its team.
#[derive(Serialize)]
struct LimitsView {
    of: &'static str,
    name: String,
    requests_per_minute: Option<u32>,
    tokens_per_minute: Option<u32>,
    concurrent_requests: Option<u32>,
    /// What requests that run now have taken counts as used.
    budgets: Vec<BudgetView>,
}

#[derive(Serialize)]
struct BudgetView {
    budget: &'static str,
    limit: Quantity,
    used: Quantity,
    left: Quantity,
    resets_at: String,
}

/// US dollars, or tokens.
#[derive(Serialize)]
#[serde(untagged)]
enum Quantity {
    Dollars(f64),
    Tokens(u64),
}

impl LimitsView {
    fn of(metered: &Metered, meter: &Meter, now: Timestamp) -> Self {
        let Metered { scope, limits } = metered;
        let (of, name) = match scope {
            Scope::Key(id) => ("key", id.to_string()),
            Scope::Team(name) => ("team", name.to_string()),
        };
        let budget = |(budget, limit): (&Budget, &u64)| BudgetView::of(*budget, *limit, meter, now);
        Self {
            of,
            name,
            requests_per_minute: limits.requests_per_minute.map(Into::into),
            tokens_per_minute: limits.tokens_per_minute.map(Into::into),
            concurrent_requests: limits.concurrent_requests.map(Into::into),
            budgets: limits.budgets.iter().map(budget).collect(),
        }
    }
}

impl BudgetView {
    fn of(budget: Budget, limit: u64, meter: &Meter, now: Timestamp) -> Self {
        let quantity = |amount| match budget.unit {
            Unit::Money => Quantity::Dollars(Money::from_nanodollars(amount).dollars()),
            Unit::Tokens => Quantity::Tokens(amount),
        };
        let used = meter.used(budget, now);
        let resets_at = now.saturating_add(budget.period.left(now)).unwrap_or(Timestamp::MAX);
        Self {
            budget: budget.name(),
            limit: quantity(limit),
            used: quantity(used),
            left: quantity(limit.saturating_sub(used)),
            resets_at: resets_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn asked(query: &str) -> Result<String, Failure> {
        let (since, until) = days(query, "2026-11-23".parse().unwrap())?;
        Ok(format!("{since} {until}"))
    }

    #[test]
    fn without_days_it_is_this_month() {
        for (query, expected) in [
            ("", "2026-11-01 2026-11-23"),
            ("since=2026-11-20", "2026-11-20 2026-11-23"),
            ("since=2025-12-31&until=2025-12-31", "2025-12-31 2025-12-31"),
            ("since=2026%2D11%2d20&&%75ntil=2026-11-21", "2026-11-20 2026-11-21"),
        ] {
            assert_eq!(asked(query).unwrap(), expected);
        }
    }

    #[test]
    fn days_that_make_no_span_are_refused_by_name() {
        for (query, param) in [
            ("since=yesterday", "since"),
            ("until=", "until"),
            ("since=2026-11-24", "since"),
            ("since=2024-01-01", "since"),
            ("group=model", "group"),
            ("since=-009999-01-01&until=9999-12-31", "since"),
        ] {
            assert_eq!(asked(query).unwrap_err().param.as_deref(), Some(param), "{query}");
        }
    }
}
