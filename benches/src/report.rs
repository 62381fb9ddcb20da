use std::time::Duration;

/// The figures of a run, as a table.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    figure: String,
    beside: String,
    target: &'static str,
}

impl Report {
    /// A figure, what it is held against, and what the design asks for.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        figure: String,
        beside: String,
        target: &'static str,
    ) {
        self.rows.push(Row { what: what.into(), figure, beside, target });
    }

    /// Writes the table to stdout.
    #[expect(clippy::print_stdout, reason = "the table is what the program is for")]
    pub(crate) fn print(&self) {
        let width =
            |cell: fn(&Row) -> &str| self.rows.iter().map(|row| cell(row).chars().count()).max().unwrap_or(0);
        let (what, figure) = (width(|row| &row.what), width(|row| &row.figure));
        let beside = width(|row| &row.beside);
        for row in &self.rows {
            println!("{:what$}  {:>figure$}  {:beside$}  {}", row.what, row.figure, row.beside, row.target);
        }
    }
}

/// What a request takes.
pub(crate) fn micros(duration: Duration) -> String {
    format!("{:.0} µs", duration.as_secs_f64() * 1e6)
}

/// What a call takes.
pub(crate) fn fine_micros(duration: Duration) -> String {
    format!("{:.2} µs", duration.as_secs_f64() * 1e6)
}

/// What is done once for a plugin.
pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}
