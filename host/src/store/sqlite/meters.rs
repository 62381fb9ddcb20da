//! Meters and usage, in rows. Each taking and each settling is one transaction, and writers take turns, so
//! nobody comes between.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};

use super::super::StoreError;
use super::super::record::damaged;
use super::Sqlite;
use crate::error::Failure;
use crate::ids::{KeyId, TeamName};
use crate::metering::{Meter, Metered, Meters, Place, Row, Scope, Settlement, Span, Taken, Taking, Tally};

#[async_trait]
impl Meters for Sqlite {
    async fn take(&self, taking: &Taking) -> Result<Taken, Failure> {
        let taking = taking.clone();
        Ok(self.write(move |transaction| take(transaction, &taking)).await?)
    }

    async fn settle(&self, settlement: &Settlement) -> Result<(), Failure> {
        let settlement = settlement.clone();
        Ok(self.write(move |transaction| settle(transaction, &settlement)).await?)
    }

    async fn meter(&self, scope: &Scope, now: Timestamp) -> Result<Meter, Failure> {
        let scope = scope.clone();
        let mut meter = self.read(move |transaction| find(transaction, &scope)).await?;
        meter.sweep(now);
        Ok(meter)
    }

    async fn usage(&self, span: &Span) -> Result<Vec<Row>, Failure> {
        let span = span.clone();
        Ok(self.read(move |transaction| usage(transaction, &span)).await?)
    }
}

fn take(connection: &Connection, taking: &Taking) -> Result<Taken, StoreError> {
    let Taking { from, charge } = taking;
    let (mut taken, mut swept, mut standings) = (Vec::new(), Vec::new(), Vec::new());
    for Metered { scope, limits } in from {
        let mut meter = find(connection, scope)?;
        let leases = meter.leases.len();
        meter.sweep(charge.at);
        if meter.leases.len() < leases {
            swept.push((scope, meter.clone()));
        }
        match meter.take(limits, charge) {
            Ok(standing) => standings.push(standing),
            Err(exceeded) => {
                // Nothing is taken from anybody. What stale leases hold is given back even so, for good.
                write_all(connection, &swept)?;
                let standing = meter.standing(limits, charge.at);
                return Ok(Taken::Refused { scope: scope.clone(), exceeded, standing });
            }
        }
        taken.push((scope, meter));
    }
    write_all(connection, &taken)?;
    Ok(Taken::Granted(standings))
}

fn write_all(connection: &Connection, meters: &[(&Scope, Meter)]) -> Result<(), StoreError> {
    meters.iter().try_for_each(|(scope, meter)| write(connection, scope, meter))
}

fn settle(connection: &Connection, settlement: &Settlement) -> Result<(), StoreError> {
    for metered in settlement.from.iter().filter(|metered| metered.limits.need_settling()) {
        let mut meter = find(connection, &metered.scope)?;
        meter.settle(&metered.limits, &settlement.charge, settlement.used);
        write(connection, &metered.scope, &meter)?;
    }
    note(connection, &settlement.usage)
}

pub(super) fn text(scope: &Scope) -> String {
    match scope {
        Scope::Key(id) => format!("key {id}"),
        Scope::Team(name) => format!("team {name}"),
    }
}

fn find(connection: &Connection, scope: &Scope) -> Result<Meter, StoreError> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM meter WHERE scope = ?1")?
        .query_row([text(scope)], |row| row.get(0))
        .optional()?;
    state.map_or_else(|| Ok(Meter::default()), |state| serde_json::from_str(&state).map_err(damaged))
}

fn write(connection: &Connection, scope: &Scope, meter: &Meter) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meter (scope, state) VALUES (?1, ?2)")?
        // Names and numbers: nothing that could fail to be written.
        .execute([text(scope), serde_json::to_string(meter).unwrap_or_default()])?;
    Ok(())
}

fn note(connection: &Connection, row: &Row) -> Result<(), StoreError> {
    let Place { day, key, team, model } = &row.place;
    let counts = row.tally.counts();
    let names = counts.map(|(name, _)| name).join(", ");
    let sums = counts.map(|(name, _)| format!("{name} = {name} + excluded.{name}")).join(", ");
    let place = [
        day.to_string(),
        key.to_string(),
        team.as_ref().map(ToString::to_string).unwrap_or_default(),
        model.clone(),
    ];
    let values = place
        .map(rusqlite::types::Value::from)
        .into_iter()
        .chain(counts.map(|(_, count)| i64::try_from(count).unwrap_or(i64::MAX).into()));
    connection
        .prepare_cached(&format!(
            "INSERT INTO usage (day, key, team, model, {names}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT (day, key, team, model) DO UPDATE SET {sums}"
        ))?
        .execute(params_from_iter(values))?;
    Ok(())
}

fn usage(connection: &Connection, span: &Span) -> Result<Vec<Row>, StoreError> {
    let names = Tally::default().counts().map(|(name, _)| name).join(", ");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT day, key, team, model, {names} FROM usage \
         WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR key = ?3) ORDER BY day, key, team, model"
    ))?;
    let key = span.key.as_ref().map(KeyId::as_str);
    let rows = statement.query_map(params![span.since.to_string(), span.until.to_string(), key], raw)?;
    rows.map(|row| {
        let (day, key, team, model, counts) = row?;
        let team = if team.is_empty() { None } else { Some(TeamName::parse(team).map_err(damaged)?) };
        Ok(Row {
            place: Place {
                day: day.parse().map_err(damaged)?,
                key: KeyId::parse(key).map_err(damaged)?,
                team,
                model,
            },
            tally: Tally::from_counts(counts),
        })
    })
    .collect()
}

type Raw = (String, String, String, String, [u64; 9]);

fn raw(row: &SqlRow<'_>) -> rusqlite::Result<Raw> {
    let mut counts = [0; 9];
    for (place, count) in (4..).zip(&mut counts) {
        *count = u64::try_from(row.get::<_, i64>(place)?).unwrap_or_default();
    }
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, counts))
}
