//! Tables that fit on a terminal of 80 columns.

const WIDTH: usize = 80;
const GAP: usize = 2;
/// No column but the last may take more than this.
const COLUMN: usize = 20;

/// Aligns rows under their headings. What does not fit is cut, and `…` says so; JSON has it whole.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = widths(headings, rows);
    let mut left = WIDTH;
    for (column, width) in widths.iter_mut().enumerate() {
        let last = column + 1 == N;
        *width = (*width).min(if last { left } else { COLUMN });
        left = left.saturating_sub(*width + GAP);
    }
    aligned(headings, rows, widths)
}

/// Aligns rows under their headings, however long the lines get.
pub(super) fn whole<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    aligned(headings, rows, widths(headings, rows))
}

fn widths<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> [usize; N] {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

fn aligned<const N: usize>(headings: [&str; N], rows: &[[String; N]], widths: [usize; N]) -> String {
    let headings = headings.map(str::to_owned);
    let lines = std::iter::once(&headings).chain(rows).map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cut(cell, width)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn cut(text: &str, width: usize) -> String {
    // A plugin's own words do not move the cursor.
    let text = text.replace(char::is_control, " ");
    if text.chars().count() <= width {
        return text;
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_columns_and_leaves_no_space_at_the_end() {
        let rows = [["a".into(), "one".into()], ["büro".into(), String::new()]];
        assert_eq!(table(["NAME", "X"], &rows), "NAME  X\na     one\nbüro");
    }

    #[test]
    fn cuts_what_does_not_fit_in_80_columns() {
        let rows = [["n".repeat(30), "é".repeat(100)]];
        let expected = format!("{}…  {}…", "n".repeat(19), "é".repeat(57));
        assert_eq!(table(["A", "B"], &rows), format!("A{}B\n{expected}", " ".repeat(21)));
    }
}
