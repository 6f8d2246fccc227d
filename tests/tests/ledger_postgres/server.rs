//! A server that is absent, refused, stopped, behind a pooler, or used by several processes.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt as _, future::join_all};
use mps_core::{
    BoxFuture,
    clock::{Clock, SystemClock},
};
use mps_jobs::{
    Ledger, LedgerErrorKind, State,
    ledger::{Answer, Caps, Recorded},
};
use mps_tests::{
    postgres::{PgBouncer, PostgresServer, Stop},
    shared_limit::{CLOSED_PORT, LONG},
};

use crate::{
    earlier_schema,
    store::{new_location, open, schema_of},
    support::{claim, clock, get, import},
};

async fn refusal(url: &str) -> (LedgerErrorKind, String) {
    let error = Ledger::open(url, clock()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(error.hint().is_some(), "{shown}");
    (error.kind(), shown)
}

#[tokio::test]
async fn a_server_that_is_absent_or_refuses_is_named_by_the_kind_of_the_error() {
    let absent = format!("postgres://u:hunter2@127.0.0.1:{CLOSED_PORT}/db?seal=/tmp");
    assert_eq!(refusal(&absent).await.0, LedgerErrorKind::Unreachable);
    let malformed = "postgres://u:hunter2@h/db?sslmode=prefer&seal=/tmp";
    assert_eq!(refusal(malformed).await.0, LedgerErrorKind::Location);

    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    server
        .sql("CREATE ROLE locked LOGIN PASSWORD 'secret'; CREATE ROLE poor LOGIN")
        .unwrap();
    for (user, kind) in [
        ("locked:hunter2", LedgerErrorKind::PermissionDenied),
        ("poor", LedgerErrorKind::PermissionDenied),
    ] {
        let url = new_location(&server.url_of(user, ""));
        assert_eq!(refusal(&url).await.0, kind, "{user}");
    }
    let elsewhere = new_location(&format!(
        "postgres://postgres@127.0.0.1:{}/elsewhere",
        server.port()
    ));
    assert_eq!(refusal(&elsewhere).await.0, LedgerErrorKind::Damaged);
    // A schema that has a table `meta` of another program, and one of a newer version.
    let foreign = new_location(&server.url());
    let schema = schema_of(&foreign);
    server
        .sql(&format!(
            "CREATE SCHEMA {schema}; CREATE TABLE {schema}.meta (k text, v text)"
        ))
        .unwrap();
    assert_eq!(refusal(&foreign).await.0, LedgerErrorKind::Damaged);
    let newer = new_location(&server.url());
    drop(open(&newer).await);
    let schema = schema_of(&newer);
    server
        .sql(&format!(
            "UPDATE {schema}.meta SET v = '99' WHERE k = 'schema'"
        ))
        .unwrap();
    assert_eq!(refusal(&newer).await.0, LedgerErrorKind::Newer);
    // A replica, which is always in recovery.
    let replica = server.replica().unwrap();
    let url = new_location(&replica.url());
    assert_eq!(refusal(&url).await.0, LedgerErrorKind::ReadOnly);
}

#[tokio::test]
async fn a_ledger_of_the_first_version_is_migrated_with_everything_in_it() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let indexes = |location: &str| {
        let schema = schema_of(location);
        let sql = format!(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY indexname"
        );
        let indexes = server.sql(&sql).unwrap().replace(schema, "");
        // The name of the first one is taken when the second one is created.
        indexes.replace("item_pkey1", "item_pkey")
    };
    let location = new_location(&server.url());
    let schema = schema_of(&location);
    let statements = earlier_schema::statements().join("; ");
    server
        .sql(&format!(
            "BEGIN; CREATE SCHEMA {schema}; SET LOCAL search_path TO {schema}; {statements}; COMMIT"
        ))
        .unwrap();
    earlier_schema::examine(&open(&location).await).await;
    let new = new_location(&server.url());
    drop(open(&new).await);
    assert_eq!(indexes(&location), indexes(&new));
}

/// A role that may create nothing but uses tables that exist is enough.
#[tokio::test]
async fn a_role_needs_no_more_than_its_schema() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url_of("worker", ""));
    let schema = schema_of(&location).to_owned();
    server
        .sql(&format!(
            "CREATE ROLE worker LOGIN; CREATE SCHEMA {schema} AUTHORIZATION worker"
        ))
        .unwrap();
    let ledger = open(&location).await;
    let batch = import(&ledger, 1, Caps::default()).await;
    let claimed = claim(&ledger, &batch).await;
    ledger.arm(&claimed.token()).await.unwrap();
}

#[tokio::test]
async fn twelve_first_commands_at_once_create_one_ledger() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledgers = join_all((0..12).map(|_| open(&location))).await;
    let processes: HashSet<_> = ledgers.iter().map(Ledger::worker).collect();
    assert_eq!(processes.len(), 12);
    let ids = format!(
        "SELECT count(*) FROM {}.meta WHERE k = 'id'",
        schema_of(&location)
    );
    assert_eq!(server.sql(&ids).unwrap(), "1");
}

#[tokio::test]
async fn four_processes_claim_every_row_once_also_through_a_pooler() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let Some(pooler) = PgBouncer::start(&server, 3).unwrap() else {
        return;
    };
    for url in [server.url(), pooler.url("")] {
        let location = new_location(&url);
        let ledgers = join_all((0..4).map(|_| open(&location))).await;
        let batch = import(&ledgers[0], 80, Caps::default()).await;
        let claims = join_all(ledgers.iter().map(|ledger| async {
            let mut rows = Vec::new();
            while let Some(claim) = ledger.claim(&batch).await.unwrap() {
                let token = claim.token();
                ledger.arm(&token).await.unwrap();
                let task = format!("task-{}", token.row.seq);
                let recorded = ledger.created(&token, &task, Answer::default()).await;
                assert_eq!(recorded.unwrap(), Recorded::Created);
                rows.push(token.row.seq);
            }
            rows
        }));
        let mut rows = claims.await.concat();
        rows.sort_unstable();
        assert_eq!(rows, (1..=80).collect::<Vec<_>>());
        let counts = ledgers[0].count(&batch).await.unwrap();
        assert_eq!((counts[0].state, counts[0].rows), (State::Created, 80));
    }
}

#[tokio::test]
async fn operations_that_nothing_polls_keep_no_connection_from_others() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let ledger = open(&new_location(&server.url())).await;
    let batch = import(&ledger, 5, Caps::default()).await;
    // As many as a process has connections.
    let mut claims: Vec<_> = (0..4).map(|_| Box::pin(ledger.claim(&batch))).collect();
    for claim in &mut claims {
        assert!(claim.as_mut().now_or_never().is_none());
    }
    assert!(ledger.claim(&batch).await.unwrap().is_some());
    for claim in claims {
        assert!(claim.await.unwrap().is_some());
    }
}

/// Without an index of the planned rows alone, a claim reads all rows of the batch that were claimed before it.
#[tokio::test]
async fn the_server_plans_a_claim_by_the_index_of_planned_rows() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledger = open(&location).await;
    import(&ledger, 500, Caps::default()).await;
    let schema = schema_of(&location);
    let claim = "SELECT seq FROM item WHERE batch = 'clips' AND phase = 'planned' ORDER BY seq LIMIT 1 \
                 FOR UPDATE SKIP LOCKED";
    for ended in [0, 400] {
        let plan = format!(
            "SET search_path TO {schema}; SET enable_sort TO off; SET enable_seqscan TO off; \
             UPDATE item SET state = 'fetched', phase = 'fetched' WHERE seq <= {ended}; ANALYZE item; \
             EXPLAIN {claim}"
        );
        let plan = server.sql(&plan).unwrap();
        assert!(plan.contains("item_planned"), "{ended} ended: {plan}");
    }
}

/// A plan that a session keeps returns the columns of before.
#[tokio::test]
async fn a_column_of_another_type_ends_the_plans_of_a_session() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledger = open(&location).await;
    let batch = import(&ledger, 2, Caps::default()).await;
    claim(&ledger, &batch).await;
    let change = format!(
        "ALTER TABLE {}.item ALTER COLUMN request_id TYPE varchar",
        schema_of(&location)
    );
    server.sql(&change).unwrap();
    let claimed = claim(&ledger, &batch).await;
    ledger.arm(&claimed.token()).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_is_over_belongs_to_nobody() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let (slow, other) = (open(&location).await, open(&location).await);
    let batch = import(&slow, 2, Caps::default()).await;
    let [first, second] = [claim(&slow, &batch).await, claim(&slow, &batch).await];
    slow.arm(&second.token()).await.unwrap();
    assert_eq!(other.reap().await.unwrap().released, 0);
    let over = format!("UPDATE {}.item SET lease = 1", schema_of(&location));
    server.sql(&over).unwrap();
    let reaped = other.reap().await.unwrap();
    assert_eq!(
        (reaped.released, reaped.in_doubt, reaped.created),
        (1, 1, 0)
    );
    let lost = slow.arm(&first.token()).await.unwrap_err();
    assert_eq!(lost.kind(), LedgerErrorKind::ClaimLost);
    // The late answer of the same attempt still counts.
    let late = slow
        .created(&second.token(), "task-1", Answer::default())
        .await;
    assert_eq!(late.unwrap(), Recorded::Created);
    assert_eq!(get(&other, &second.token().row).await.state, State::Created);
}

/// A clock that runs at a hundredth of real time, so that the ten seconds for which operations wait outlast a restart.
#[derive(Debug, Default)]
struct SlowClock(SystemClock);

impl Clock for SlowClock {
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic() / 100
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }
}

#[tokio::test]
async fn operations_wait_for_a_server_that_restarts_and_an_arm_does_not() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let location = new_location(&server.url());
    let ledger = Ledger::open(&location, Arc::new(SlowClock::default())).await;
    let ledger = ledger.unwrap();
    let batch = import(&ledger, 3, Caps::default()).await;
    for how in [Stop::Orderly, Stop::Crash] {
        let claimed = claim(&ledger, &batch).await.token();
        ledger.arm(&claimed).await.unwrap();
        server.stop(how).unwrap();
        let task = format!("task-{how:?}");
        let answered = ledger.created(&claimed, &task, Answer::default());
        let (recorded, ()) = tokio::join!(answered, async {
            SystemClock::new().sleep(Duration::from_millis(200)).await;
            server.run().unwrap();
        });
        assert_eq!(recorded.unwrap(), Recorded::Created, "{how:?}");
        // A plain restart is no failover.
    }
    let last = claim(&ledger, &batch).await.token();
    server.stop(Stop::Crash).unwrap();
    let clock = SystemClock::new();
    let error = ledger.arm(&last).await.unwrap_err();
    assert_eq!(error.kind(), LedgerErrorKind::Unreachable);
    // A wait would be a thousand seconds.
    assert!(clock.monotonic() < LONG);
    server.run().unwrap();
    ledger.arm(&last).await.unwrap();
}
