use serde::Deserialize;

/// What becomes of the record of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TelemetryFormat {
    /// There is none.
    Off,
    /// A line of the log, for people.
    Text,
    /// A JSON object in a line of stdout.
    Json,
    /// The same, with metrics for CloudWatch (its embedded metric format).
    Emf,
}
