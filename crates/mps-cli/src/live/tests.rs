//! Tests of the lines, without a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Sets the state of a row.
type Change<'a> = &'a dyn Fn(&mut Row);

fn board(rows: &[(&str, Change<'_>)]) -> Board {
    let mut board = Board::default();
    for (number, (id, change)) in rows.iter().enumerate() {
        let started = SECOND * u32::try_from(number).unwrap();
        let mut row = Row::new(id, started);
        change(&mut row);
        board.rows.insert((*id).to_owned(), row);
    }
    board
}

fn one_of_each() -> Board {
    let running = |row: &mut Row| {
        row.set_status("RUN");
        row.set_estimate(Estimate {
            p50: 140 * SECOND,
            p90: 240 * SECOND,
        });
    };
    let late = |row: &mut Row| {
        row.set_status("RUN");
        row.set_estimate(Estimate {
            p50: 60 * SECOND,
            p90: 80 * SECOND,
        });
    };
    let silent = |row: &mut Row| {
        row.set_status("RUN");
        row.set_trouble(30 * SECOND);
    };
    let loading = |row: &mut Row| {
        row.set_status("DONE");
        row.set_transfer(
            0,
            Transfer {
                bytes: 12_345_678,
                total: Some(48_000_000),
                bytes_per_second: 4_100_000,
            },
        );
    };
    board(&[
        ("2600016453-AigcVideo-4b5a6978", &running),
        ("2600016453-AigcVideo-0badcafe", &late),
        ("2600016453-AigcVideo-deadbeef", &silent),
        ("2600016453-AigcVideo-00c0ffee", &loading),
        ("2600016453-AigcVideo-01234567", &|_| {}),
    ])
}

fn at(columns: usize, lines: usize) -> Size {
    Size { columns, lines }
}

#[test]
fn each_task_has_a_line_with_what_a_person_asks_for() {
    assert_eq!(
        one_of_each().text(90 * SECOND, at(80, 24), false),
        "\
00c0ffee  download  1m27s   12.3 MB of 48.0 MB, 25 %, 4.10 MB/s
deadbeef  RUN       1m28s   no poll answered for 1m00s; waiting on
4b5a6978  RUN       1m30s   about 50s left, 90 % end within 2m30s
0badcafe  RUN       1m29s   later than 90 % of such tasks
01234567  waiting   1m26s"
    );
}

#[test]
fn a_narrow_terminal_has_shorter_details() {
    assert_eq!(
        one_of_each().text(90 * SECOND, at(40, 24), false),
        "\
00c0ffee  download  1m27s   25 %
deadbeef  RUN       1m28s
4b5a6978  RUN       1m30s   ~50s left
0badcafe  RUN       1m29s   late
01234567  waiting   1m26s"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_screen_is_higher() {
    let wide = |row: &mut Row| row.set_status(&"漢字".repeat(20));
    let mut board = one_of_each();
    board
        .rows
        .extend(self::board(&[("漢字漢字漢字漢字漢字", &wide)]).rows);
    for columns in 1..100 {
        for lines in 1..8 {
            let text = board.text(90 * SECOND, at(columns, lines), false);
            assert!(text.lines().all(|line| line.width() < columns), "{columns}");
            assert!(text.is_empty() || text.lines().count() < lines);
        }
    }
}

#[test]
fn too_many_tasks_are_counted_and_the_urgent_ones_shown() {
    let mut board = one_of_each();
    board.ended = 7;
    assert_eq!(
        board.text(90 * SECOND, at(80, 4), false),
        "\
00c0ffee  download  1m27s   12.3 MB of 48.0 MB, 25 %, 4.10 MB/s
deadbeef  RUN       1m28s   no poll answered for 1m00s; waiting on
and 3 more: 2 RUN, 1 waiting; 7 ended"
    );
}

#[test]
fn ids_are_shown_by_as_much_of_their_end_as_differs() {
    let ids = ["2600-AigcVideo-a-12345678", "2600-AigcVideo-b-12345678"];
    let chars = row::id_chars(&ids.into_iter());
    assert_eq!(chars, "a-12345678".len());
    assert_eq!(row::id_chars(&["1"].into_iter()), 1);
}

#[test]
fn colour_is_only_added_on_request() {
    let board = one_of_each();
    let plain = board.text(90 * SECOND, at(80, 24), false);
    let colored = board.text(90 * SECOND, at(80, 24), true);
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[33mno poll answered"));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn a_summary_counts_the_tasks_by_status() {
    let live = Live::new(false, mps_core::clock::SystemClock::shared());
    assert_eq!(live.summary(), None);
    let [a, b, c] = ["a", "b", "c"].map(|id| live.follow(id));
    for followed in [&a, &b, &c] {
        followed.update(|row| row.set_status("RUN"));
    }
    b.update(|row| row.set_status("WAIT"));
    assert_eq!(live.summary().as_deref(), Some("3 tasks: 2 RUN, 1 WAIT"));
    drop(a);
    let summary = live.summary();
    assert_eq!(summary.as_deref(), Some("2 tasks: 1 RUN, 1 WAIT; 1 ended"));
    c.set_trouble(Duration::ZERO);
    let states = live.states();
    let shown = states
        .iter()
        .map(|state| (state.task_id.as_str(), state.status.as_str()));
    assert_eq!(shown.collect::<Vec<_>>(), [("b", "WAIT"), ("c", "RUN")]);
    assert!(states[0].silent_for.is_none() && states[1].silent_for.is_some());
}
