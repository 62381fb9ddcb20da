//! Ways to cut a text into deltas.

/// The deltas that a text is worth testing with: whole, character by character, in pieces of two
/// to five characters, and cut once at every character. All of them leave the same text behind.
pub fn every_split(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let pieces = |size: usize| -> Vec<usize> { starts.iter().copied().step_by(size).collect() };
    let mut cuts: Vec<Vec<usize>> = vec![Vec::new()];
    cuts.extend((1..=5).map(pieces));
    cuts.extend(starts.iter().map(|at| vec![*at]));
    cuts.into_iter().map(move |at| split_at(text, &at))
}

/// Cuts a text at these byte positions, in any order; one inside a character or past the end moves
/// down to the nearest start of a character. Made for positions that a property test draws.
pub fn split_at<'text>(text: &'text str, positions: &[usize]) -> Vec<&'text str> {
    let mut positions: Vec<usize> =
        positions.iter().map(|position| text.floor_char_boundary(*position)).collect();
    positions.sort_unstable();
    let mut deltas = Vec::with_capacity(positions.len() + 1);
    let mut rest = text;
    for position in positions {
        let offset = position.saturating_sub(text.len() - rest.len());
        let (delta, after) = rest.split_at(offset);
        deltas.push(delta);
        rest = after;
    }
    deltas.push(rest);
    deltas.retain(|delta| !delta.is_empty());
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_split_leaves_the_same_text_behind() {
        let text = "añ🙂 z";
        let splits: Vec<_> = every_split(text).collect();
        assert!(splits.iter().all(|deltas| deltas.concat() == text));
        assert!(splits.contains(&vec![text]));
        assert!(splits.contains(&vec!["a", "ñ", "🙂", " ", "z"]));
        assert!(splits.contains(&vec!["añ", "🙂 z"]));
    }

    #[test]
    fn an_empty_text_has_no_deltas() {
        assert!(every_split("").all(|deltas| deltas.is_empty()));
    }

    #[test]
    fn drawn_positions_move_to_the_start_of_a_character() {
        assert_eq!(split_at("añ🙂z", &[usize::MAX, 2, 5, 1, 1]), ["a", "ñ", "🙂z"]);
    }
}
