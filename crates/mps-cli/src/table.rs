//! Tables of text: aligned columns, cut to the width of a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::foreign_text;

/// The space between two columns.
const GAP: &str = "  ";

/// A column that is cut keeps at least this width.
const LEAST: usize = 6;

/// A column that is shortened in the middle keeps at least this width before others are cut.
const SHORT: usize = 20;

/// A table of `N` columns with a line of names above.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
    /// The column that is cut last.
    kept: Option<usize>,
    /// The column that is never cut.
    whole: Option<usize>,
    /// The column that is shortened in the middle, before any other is cut.
    shortened: Option<usize>,
}

impl<const N: usize> Table<N> {
    /// Returns a table with these names above its columns.
    pub(crate) fn new(names: [&str; N]) -> Self {
        let names = names.map(str::to_uppercase);
        Self {
            rows: vec![names],
            kept: None,
            whole: None,
            shortened: None,
        }
    }

    /// Cuts this column after all others, since people copy its cells: for example, the ids of tasks.
    pub(crate) fn keep(mut self, column: usize) -> Self {
        self.kept = Some(column);
        self
    }

    /// Never cuts this column, whose cells mean something else without their end: for example, states.
    pub(crate) fn whole(mut self, column: usize) -> Self {
        self.whole = Some(column);
        self
    }

    /// Shortens the cells of this column in the middle, before any other column is cut.
    pub(crate) fn shorten(mut self, column: usize) -> Self {
        self.shortened = Some(column);
        self
    }

    /// Adds a row. Characters that a terminal would obey are escaped.
    pub(crate) fn row(&mut self, cells: [&str; N]) {
        self.rows
            .push(cells.map(|cell| foreign_text::message(cell).into_owned()));
    }

    /// Returns the lines, each of at most `width` columns: the widest columns are cut.
    pub(crate) fn text(&self, width: usize) -> String {
        let widths = self.widths(width);
        let lines = self.rows.iter().map(|row| {
            let cells = row.iter().zip(widths).enumerate();
            let cells = cells.map(|(column, (cell, width))| {
                let cell = if self.shortened == Some(column) {
                    shorten(cell, width)
                } else {
                    cut(cell, width)
                };
                let missing = width.saturating_sub(cell.width());
                format!("{cell}{}", " ".repeat(missing))
            });
            let line = cells.collect::<Vec<_>>().join(GAP);
            cut(line.trim_end(), width)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn widths(&self, width: usize) -> [usize; N] {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let gaps = GAP.len() * N.saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        if let Some(width) = self.shortened.and_then(|column| widths.get_mut(column)) {
            let less = excess.min(width.saturating_sub(SHORT));
            *width -= less;
            excess -= less;
        }
        for kept in [self.kept, None] {
            while excess > 0 {
                let columns = widths.iter_mut().enumerate();
                let others =
                    columns.filter(|(column, _)| ![kept, self.whole].contains(&Some(*column)));
                let widest = others.map(|(_, width)| width).max();
                let Some(widest) = widest.filter(|widest| **widest > LEAST) else {
                    break;
                };
                *widest -= 1;
                excess -= 1;
            }
        }
        widths
    }
}

/// Cuts the middle out of a text that is longer than a number of columns.
fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut end, mut used) = (String::new(), 0);
    for character in text.chars().rev() {
        used += character.width().unwrap_or_default();
        if used > width / 3 {
            break;
        }
        end.insert(0, character);
    }
    let begin = cut(text, width.saturating_sub(end.width()));
    format!("{begin}{end}")
}

/// Cuts a text to a number of columns; a cut text ends with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or_default();
        if used + 1 > width {
            break;
        }
        cut.push(character);
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_the_widest_is_cut() {
        let mut table = Table::new(["name", "value"]);
        table.row(["a", "a long value of many words"]);
        table.row(["漢字", "b"]);
        assert_eq!(
            table.text(usize::MAX),
            "NAME  VALUE\na     a long value of many words\n漢字  b"
        );
        let narrow = table.text(20);
        assert_eq!(narrow, "NAME  VALUE\na     a long value …\n漢字  b");
        assert!(table.text(5).lines().all(|line| line.width() <= 5));
        let kept = table.keep(0).text(20);
        assert_eq!(kept, narrow);
        let mut ids = Table::new(["id", "text"]).keep(0);
        ids.row(["0123456789", "something long"]);
        assert!(ids.text(20).contains("0123456789  somethi…"));
    }

    #[test]
    fn an_id_is_shortened_in_the_middle_first_and_a_state_is_never_cut() {
        let mut table = Table::new(["state", "key", "task"])
            .whole(0)
            .keep(1)
            .shorten(2);
        table.row([
            "in doubt",
            "spring/row-1",
            "2600048225-AigcVideo-f579dec70e6fe55e",
        ]);
        let wide = table.text(usize::MAX);
        assert!(
            wide.ends_with("2600048225-AigcVideo-f579dec70e6fe55e"),
            "{wide}"
        );
        let short = table.text(50);
        assert!(
            short.ends_with("in doubt  spring/row-1  2600048225-AigcVi…0e6fe55e"),
            "{short}"
        );
        for width in 16..50 {
            let text = table.text(width);
            assert!(text.contains("in doubt  "), "{width}: {text}");
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
        }
    }
}
