//! What requests use, and how much of it their keys and teams may use.
//!
//! A request takes what it may use before its model is called ([`Meters::take`]), and what it really used
//! is settled after it ([`Meters::settle`]), however it ended. In between it holds a lease: if its process
//! dies, the lease expires and what was taken is given back.
//!
//! What is decided, and how, stands here once ([`Meter`]); the stores keep meters.

mod budget;
mod limits;
mod meter;
mod money;
mod rate;
mod usage;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Failure;
use crate::ids::{KeyId, RequestId, TeamName};

pub use budget::{Account, Budget, Period, Unit};
pub use limits::Limits;
pub use meter::{Amounts, Charge, Exceeded, Lease, Meter, Standing};
pub use money::{InvalidMoney, Money};
pub use rate::{Rate, Room};
pub use usage::{Place, Row, Span, Tally};

/// What has a meter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A key.
    Key(KeyId),
    /// A team, for all its keys together.
    Team(TeamName),
}

/// A scope with what it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metered {
    /// Whose meter.
    pub scope: Scope,
    /// What it may use.
    pub limits: Limits,
}

/// What a request wants to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// From whom: all of them, or none. Only scopes that have limits.
    pub from: Vec<Metered>,
    /// What.
    pub charge: Charge,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It was taken from all. How each stands now, in the order of the taking.
    Granted(Vec<Standing>),
    /// It was taken from none.
    Refused {
        /// Whose limit is in the way.
        scope: Scope,
        /// Which.
        exceeded: Exceeded,
        /// How the rates of that scope stand.
        standing: Standing,
    },
}

/// What a request really used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// From whom it had taken.
    pub from: Vec<Metered>,
    /// What it had taken.
    pub charge: Charge,
    /// What it used.
    pub used: Amounts,
    /// What is noted of it.
    pub usage: Row,
}

/// The meters and the usage of all keys and teams.
#[async_trait]
pub trait Meters: Send + Sync {
    /// Takes what a request may use, in no more than one write for a scope. A second taking with the same
    /// lease takes nothing more.
    async fn take(&self, taking: &Taking) -> Result<Taken, Failure>;

    /// Gives back what a request did not use, ends its lease, and adds up its usage. To be called once.
    async fn settle(&self, settlement: &Settlement) -> Result<(), Failure>;

    /// How the meter of a scope stands; an empty one, if nothing was ever taken from it.
    async fn meter(&self, scope: &Scope, now: Timestamp) -> Result<Meter, Failure>;

    /// What was used: a row for each day, key, team and model, in that order.
    async fn usage(&self, span: &Span) -> Result<Vec<Row>, Failure>;
}

/// The lease of a request.
pub type LeaseId = RequestId;
