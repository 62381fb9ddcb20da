//! Bars of text.

use super::screen::{Drawing, Screen};

/// A line of a chart.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: u64,
    /// The value as it is written.
    pub(super) words: String,
}

/// From one eighth of a column to a whole one.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// A longer name is cut.
const NAME: usize = 32;
/// The least that is left for bars on a narrow screen.
const LEAST: usize = 10;

/// Bars in proportion to their values, the longest as long as there is room.
pub(super) fn draw(bars: &[Bar], screen: Screen) -> String {
    let longest = |text: fn(&Bar) -> &str| bars.iter().map(|bar| text(bar).chars().count()).max();
    let name = longest(|bar| &bar.name).unwrap_or_default().min(NAME);
    let words = longest(|bar| &bar.words).unwrap_or_default();
    let room = screen.width.saturating_sub(name + words + 2).max(LEAST);
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or_default();
    let lines = bars.iter().map(|bar| {
        let drawn = drawn(bar.value, most, room, screen.drawing);
        format!("{} {:>words$} {drawn}", fitted(&bar.name, name, screen.drawing), bar.words)
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One bar. What is more than nothing is seen.
fn drawn(value: u64, most: u64, room: usize, drawing: Drawing) -> String {
    let parts = match drawing {
        Drawing::Blocks => 8,
        Drawing::Plain => 1,
    };
    let full = u64::try_from(room * parts).unwrap_or_default();
    let length = (u128::from(value) * u128::from(full)).div_ceil(u128::from(most.max(1)));
    // No more than a full bar.
    let length = usize::try_from(length).unwrap_or_default();
    match drawing {
        Drawing::Plain => "#".repeat(length),
        Drawing::Blocks => {
            let rest = (length % 8).checked_sub(1).and_then(|rest| EIGHTHS.get(rest));
            "█".repeat(length / 8).chars().chain(rest.copied()).collect()
        }
    }
}

/// A text in so many columns, cut if it has to be.
pub(super) fn fitted(text: &str, width: usize, drawing: Drawing) -> String {
    // A client chose the name of the model, and it does not move the cursor.
    let text = text.replace(char::is_control, " ");
    if text.chars().count() <= width {
        return format!("{text:width$}");
    }
    let mark = match drawing {
        Drawing::Blocks => "…",
        Drawing::Plain => "~",
    };
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}{mark}")
}
