//! Answers in a seal.

use super::*;
use crate::ledger::Timestamp;

#[test]
fn an_answer_belongs_to_the_send_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::open(&folder.path().join("seal"), "id").unwrap();
    let claim = Token {
        row: RowId {
            batch: "clips".parse().unwrap(),
            seq: 1,
        },
        fence: Fence(1),
    };
    let sent = |key: &str| {
        Entry::Sent(Sent {
            claim: claim.clone(),
            epoch: 1,
            at: Timestamp(1),
            account: String::new(),
            endpoint: String::new(),
            key: key.to_owned(),
            hash: String::new(),
            action: String::new(),
            ms: 0,
            price: None,
        })
    };
    let tasks = || seal.tasks(std::slice::from_ref(&claim)).unwrap();
    seal.append(&sent("first"), false).unwrap();
    seal.append(&Entry::created(&claim, "task-1"), false)
        .unwrap();
    assert_eq!(tasks(), [(claim.clone(), "task-1".to_owned())]);
    // The store went back, and another row has the number and the token.
    seal.append(&sent("second"), false).unwrap();
    assert_eq!(tasks(), []);
}
