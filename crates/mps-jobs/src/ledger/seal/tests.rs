//! Answers in a seal, and lines that are removed.

use super::*;
use crate::ledger::Timestamp;

fn sent(claim: &Token, key: &str, at: i64) -> Entry {
    Entry::Sent(Sent {
        claim: claim.clone(),
        epoch: 1,
        at: Timestamp(at),
        account: String::new(),
        endpoint: String::new(),
        key: key.to_owned(),
        hash: String::new(),
        action: String::new(),
        ms: 0,
        price: None,
    })
}

fn token(seq: i64, fence: i64) -> Token {
    Token {
        row: RowId {
            batch: "clips".parse().unwrap(),
            seq,
        },
        fence: Fence(fence),
    }
}

#[test]
fn an_answer_belongs_to_the_send_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::open(&folder.path().join("seal"), "id").unwrap();
    let claim = token(1, 1);
    let tasks = || seal.tasks(std::slice::from_ref(&claim)).unwrap();
    seal.append(&sent(&claim, "first", 1), false).unwrap();
    seal.append(&Entry::created(&claim, "task-1"), false)
        .unwrap();
    assert_eq!(tasks(), [(claim.clone(), "task-1".to_owned())]);
    // The store went back, and another row has the number and the token.
    seal.append(&sent(&claim, "second", 1), false).unwrap();
    assert_eq!(tasks(), []);
}

#[test]
fn a_row_that_is_sent_again_while_it_is_removed_keeps_its_new_lines() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::open(&folder.path().join("seal"), "id").unwrap();
    let (old, again, new) = (token(1, 1), token(2, 1), token(2, 2));
    for (claim, at) in [(&old, 1), (&again, 2), (&new, 20)] {
        seal.append(&sent(claim, "key", at), false).unwrap();
        let created = Entry::created(claim, &format!("task-{at}"));
        seal.append(&created, false).unwrap();
    }
    let removed = HashSet::from([old.row.clone(), new.row.clone()]);
    seal.compact(removed, Timestamp(10)).unwrap();
    let tasks = seal.tasks(&[old, again, new.clone()]).unwrap();
    assert_eq!(tasks, [(new, "task-20".to_owned())]);
}
