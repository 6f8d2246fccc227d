//! Rows that are read on one thread, parsed on several, and added in their order.

use std::{
    num::NonZero,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use crate::manifest::{Batch, Fingerprint, RowFinding, RowParser, Rows, Source};

/// The most threads that parse: reading and adding cannot keep up with more.
const MOST_PARSERS: usize = 4;

/// A row that was checked, or the findings because of which it is none.
pub(super) type Checked<T> = Result<T, Vec<RowFinding>>;

/// Calls `check` with the number of each row in its batch, on several threads, and `add` with the outcomes
/// in the order of the rows. Returns the fingerprint of the file.
pub(super) fn for_each<T: Send>(
    rows: Rows,
    check: impl Fn(&RowParser, &Batch, usize) -> Option<Checked<T>> + Sync,
    mut add: impl FnMut(Checked<T>),
) -> Option<Fingerprint> {
    let (mut source, parser) = rows.into_parts();
    let parse = |batch: &Batch| {
        let rows = (0..batch.len()).filter_map(|nth| check(&parser, batch, nth));
        rows.collect::<Vec<_>>()
    };
    let parsers = thread::available_parallelism().map_or(1, NonZero::get);
    if parsers == 1 {
        let mut batch = Batch::default();
        while source.fill(&mut batch) {
            parse(&batch).into_iter().for_each(&mut add);
        }
        return source.fingerprint().cloned();
    }
    thread::scope(|scope| {
        let (mut batches, mut results) = (Vec::new(), Vec::new());
        for _ in 0..parsers.min(MOST_PARSERS) {
            let (give, take) = sync_channel::<Batch>(1);
            let (done, result) = sync_channel(1);
            let parse = &parse;
            scope.spawn(move || {
                for batch in take {
                    if done.send(parse(&batch)).is_err() {
                        break;
                    }
                }
            });
            batches.push(give);
            results.push(result);
        }
        let reader = scope.spawn(move || read(source, &batches));
        collect(&results, add);
        // A panic of that thread ends this one too, when the scope ends.
        reader.join().ok()?.fingerprint().cloned()
    })
}

/// Reads all batches, and gives them to the parsers in turn.
fn read(mut source: Source, parsers: &[SyncSender<Batch>]) -> Source {
    let mut batch = Batch::default();
    for parser in parsers.iter().cycle() {
        if !source.fill(&mut batch) {
            break;
        }
        let next = batch.next();
        if parser.send(std::mem::replace(&mut batch, next)).is_err() {
            break;
        }
    }
    source
}

/// Takes the results of the parsers in turn, which is the order of the rows.
#[expect(
    clippy::disallowed_methods,
    reason = "a parser that ends closes its channel"
)]
fn collect<T>(parsers: &[Receiver<Vec<Checked<T>>>], mut add: impl FnMut(Checked<T>)) {
    for parser in parsers.iter().cycle() {
        let Ok(rows) = parser.recv() else {
            return;
        };
        rows.into_iter().for_each(&mut add);
    }
}
