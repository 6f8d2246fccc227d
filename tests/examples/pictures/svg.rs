//! Draws the screen of a terminal as an SVG picture.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Width of a cell and height of a row, in pixels.
const CELL: (f64, f64) = (8.4, 19.0);
const MARGIN: f64 = 18.0;
/// Height of the bar at the top of the window.
const BAR: f64 = 30.0;
const TEXT: &str = "#d7dae0";
/// The sixteen colours of a terminal.
const PALETTE: [&str; 16] = [
    "#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
    "#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff",
];

/// The look of a cell.
#[derive(Clone, Copy, PartialEq)]
struct Style {
    fill: &'static str,
    bold: bool,
    dim: bool,
}

/// Returns the picture of a screen, down to its last row with text.
pub(crate) fn draw(screen: &Screen) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let is_empty = |row: u16| (0..columns).all(|column| text_of(screen.cell(row, column)) == " ");
    let last = (0..rows).rev().find(|row| !is_empty(*row)).unwrap_or(0);
    let width = 2.0 * MARGIN + CELL.0 * f64::from(columns);
    let height = BAR + MARGIN + CELL.1 * f64::from(last + 1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-size=\"14\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\">\n\
         <title>A session of mps in a terminal</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e2127\"/>\n"
    );
    for (x, color) in [(18, "#e06c75"), (36, "#e5c07b"), (54, "#98c379")] {
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"16\" r=\"5\" fill=\"{color}\"/>"
        );
    }
    for row in 0..=last {
        for (column, style, text) in runs(screen, row, columns) {
            run(&mut svg, (row, column), style, &text);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns the parts of a row that have one look: their column, their look, and their text.
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<(u16, Style, String)> {
    let mut runs: Vec<(u16, Style, String)> = Vec::new();
    for column in 0..columns {
        let cell = screen.cell(row, column);
        let (style, text) = (style(cell), text_of(cell));
        match runs.last_mut() {
            Some((_, last, before)) if *last == style => before.push_str(text),
            _ => runs.push((column, style, text.to_owned())),
        }
    }
    runs
}

fn run(svg: &mut String, (row, column): (u16, u16), style: Style, text: &str) {
    let blanks = text.chars().take_while(|letter| *letter == ' ').count();
    let shown = text.trim();
    let cells = f64::from(u32::try_from(shown.chars().count()).unwrap_or(0));
    if shown.is_empty() {
        return;
    }
    let begin = f64::from(column) + f64::from(u32::try_from(blanks).unwrap_or(0));
    let (x, y) = (
        MARGIN + CELL.0 * begin,
        BAR + CELL.1 * (f64::from(row) + 0.75),
    );
    let bold = if style.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let dim = if style.dim { " opacity=\"0.6\"" } else { "" };
    let shown = shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{}\"{bold}{dim} textLength=\"{:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{shown}</text>",
        style.fill,
        CELL.0 * cells
    );
}

fn text_of(cell: Option<&Cell>) -> &str {
    match cell.map(Cell::contents) {
        Some(text) if !text.is_empty() => text,
        _ => " ",
    }
}

fn style(cell: Option<&Cell>) -> Style {
    let fill = match cell.map_or(Color::Default, Cell::fgcolor) {
        Color::Idx(index) => PALETTE.get(usize::from(index)).copied().unwrap_or(TEXT),
        _ => TEXT,
    };
    Style {
        fill,
        bold: cell.is_some_and(Cell::bold),
        dim: cell.is_some_and(Cell::dim),
    }
}
