//! The log of a server, which contains the texts of statements: after an error by default, and all by its settings.

use std::path::Path;

use mps_jobs::ledger::{Answer, Caps, Finished, NewBatch, NewItem, Submission};
use mps_tests::postgres::PostgresServer;

use crate::{
    store::{new_location, open},
    support::{claim, claim_single, create, import, row, saved_file, single},
};

const END: &str = "the end of the test";

/// Returns an answer whose message quotes `text` as a secret.
fn quoting(text: &str) -> Answer {
    Answer {
        message: Some(format!("secret {text}")),
        ..Answer::default()
    }
}

#[tokio::test]
async fn statements_contain_no_prompt_message_path_or_url() {
    // The values of statements that are prepared by the protocol are no part of their texts.
    let settings = [
        "fsync=off",
        "log_statement=all",
        "log_parameter_max_length=0",
    ];
    let Some(server) = PostgresServer::start_with(&settings).unwrap() else {
        return;
    };
    let ledger = open(&new_location(&server.url())).await;
    let first = claim_single(&ledger, "single", "secret single").await;
    let first = first.token();
    let not_sent = ledger.not_sent(&first, quoting("first"));
    assert!(not_sent.await.unwrap());
    // Its body is recorded again.
    claim_single(&ledger, "single", "secret single").await;
    let differs = ledger.submit(single("single", "secret other"));
    assert!(matches!(differs.await.unwrap(), Submission::Differs(..)));
    let named = NewBatch {
        id: "named".parse().unwrap(),
        source: Some("secret/rows.jsonl".to_owned()),
    };
    let named = ledger.create_batch(named).await.unwrap().id;
    let out = NewItem {
        out: Some("secret/out.mp4".to_owned()),
        ..row("a", "secret a")
    };
    ledger.import(&named, vec![out]).await.unwrap();
    let folder = Path::new("secret/folder");
    ledger.keep_folder(&named, folder).await.unwrap();
    assert_eq!(
        ledger.folder(&named).await.unwrap().as_deref(),
        Some(folder)
    );
    let batch = import(&ledger, 6, Caps::default()).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = claim(&ledger, &batch).await.token();
        ledger.arm(&token).await.unwrap();
        tokens.push(token);
    }
    let refused = ledger.refused(&tokens[0], quoting("refused"));
    assert!(refused.await.unwrap());
    let in_doubt = ledger.in_doubt(&tokens[1], quoting("in_doubt"));
    assert!(in_doubt.await.unwrap());
    let not_sent = ledger.not_sent(&tokens[2], quoting("not_sent"));
    assert!(not_sent.await.unwrap());
    let failed = create(&ledger, &batch, "task-1").await;
    assert!(ledger.failed(&failed, quoting("failed")).await.unwrap());
    let done = create(&ledger, &batch, "task-2").await;
    let finished = Finished {
        urls: vec!["https://secret/a.mp4".to_owned()],
        ..Finished::default()
    };
    assert!(ledger.done(&done, finished).await.unwrap());
    ledger.unsaved(&done, "secret reason").await.unwrap();
    let saved = [saved_file("secret/a.mp4")];
    assert!(ledger.fetched(&done, &saved).await.unwrap());
    let notes = ledger.history(&done).await.unwrap();
    let is_reason = |note: &Option<String>| note.as_deref() == Some("secret reason");
    assert!(notes.iter().any(|event| is_reason(&event.note)));

    server.sql(&format!("SELECT '{END}'")).unwrap();
    let log = server.log_until(END).unwrap();
    // Values that may be in a text.
    for text in ["UPDATE item SET state", "'task-2'"] {
        assert!(log.contains(text), "{text}");
    }
    for text in ["secret", "prompt "] {
        let line = log.lines().find(|line| line.contains(text));
        assert_eq!(line, None, "{text}");
    }
}
