//! The limit among real processes that are killed at random, while their shared state is deleted,
//! damaged, flushed and restarted: no second may contain more than ten of their starts, and the
//! processes that are left continue to start.
//!
//! The tests take as long as their starts, a few seconds. They depend on no speed: workers log the
//! times of their starts, and the next fault follows after a number of starts.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock, timeout};
use mps_tests::{
    postgres::{PgBouncer, PostgresServer, Stop},
    redis::RedisServer,
    window::most_in_any_second,
    worker::{self, LIMIT, RESERVED, Worker},
};
use tempfile::TempDir;

const WORKERS: usize = 6;
/// A fault follows whenever so many more have started.
const STARTS_BETWEEN: usize = 7;
const FAULTS: usize = 8;
/// Far more than it takes on any machine.
const AT_MOST: Duration = Duration::from_secs(120);

/// Not a test: the program of the workers. Without their variables it returns at once.
#[tokio::test]
async fn worker() {
    worker::work().await.unwrap();
}

struct Workers {
    /// The limiters of its workers; each worker uses one of them.
    limiters: Vec<String>,
    folder: TempDir,
    running: Vec<Worker>,
    rng: fastrand::Rng,
}

impl Workers {
    fn start(limiter: impl FnOnce(&Path) -> String, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limiters = vec![limiter(folder.path())];
        Self::start_with(limiters, folder, seed)
    }

    fn start_with(limiters: Vec<String>, folder: TempDir, seed: u64) -> Self {
        let mut workers = Self {
            limiters,
            folder,
            running: Vec::new(),
            rng: fastrand::Rng::with_seed(seed),
        };
        workers.running = (0..WORKERS).map(|_| workers.worker()).collect();
        workers
    }

    fn worker(&mut self) -> Worker {
        let limiter = self.rng.choice(&self.limiters).unwrap();
        Worker::start(["--exact", "worker"], limiter, &self.log()).unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Kills one worker at a random point and starts another one.
    fn replace_one(&mut self) {
        let which = self.rng.usize(..self.running.len());
        drop(self.running.swap_remove(which));
        let another = self.worker();
        self.running.push(another);
    }

    /// Returns the time and the process of each start.
    fn starts(&self) -> Vec<(u64, u32)> {
        worker::starts(&self.log()).unwrap()
    }

    async fn wait_for(&self, starts: usize) {
        self.wait_until(|so_far| so_far.len() >= starts).await;
    }

    /// Waits until every living worker has started twice: once with a permit that it may already have,
    /// and once more.
    async fn wait_for_all(&self) {
        let before = self.starts().len();
        let goes_on = |so_far: &[(u64, u32)], worker: &Worker| {
            let since = so_far.iter().skip(before);
            since.filter(|(_, who)| *who == worker.id()).count() >= 2
        };
        self.wait_until(|so_far| self.running.iter().all(|worker| goes_on(so_far, worker)))
            .await;
    }

    async fn wait_until(&self, arrived: impl Fn(&[(u64, u32)]) -> bool) {
        let clock = SystemClock::new();
        let arrive = async {
            while !arrived(&self.starts()) {
                clock.sleep(Duration::from_millis(20)).await;
            }
        };
        let arrived = timeout(&clock, AT_MOST, arrive).await;
        let alive: Vec<_> = self.running.iter().map(Worker::id).collect();
        assert!(
            arrived.is_some(),
            "not enough by {alive:?}: {:?}",
            self.starts()
        );
    }

    /// Injects one fault after the other, then checks the starts.
    async fn run_through(mut self, mut fault: impl FnMut(usize)) {
        for number in 0..FAULTS {
            self.wait_for((number + 1) * STARTS_BETWEEN).await;
            self.replace_one();
            fault(number);
        }
        self.wait_for_all().await;
        self.running.clear();
        let starts: Vec<_> = self.starts().into_iter().map(|(us, _)| us).collect();
        let most = most_in_any_second(&starts);
        assert!(most <= LIMIT as usize, "{most} starts in one second");
    }
}

#[tokio::test]
async fn processes_that_share_a_file_and_are_killed() {
    let workers = Workers::start(|folder| folder.join("limits").display().to_string(), 1);
    let limits = workers.folder.path().join("limits");
    workers
        .run_through(|number| match number % 4 {
            1 => drop(fs::remove_dir_all(&limits)),
            2 => damage(&limits),
            _ => {}
        })
        .await;
}

fn damage(limits: &Path) {
    for file in fs::read_dir(limits).into_iter().flatten().flatten() {
        fs::write(file.path(), "the remains of a crash").unwrap();
    }
}

/// A script that deletes the key and nothing else.
const DELETE: &str =
    "for _, key in ipairs(redis.call('KEYS', 'mps:limit:*')) do redis.call('DEL', key) end";

#[tokio::test]
async fn processes_that_share_a_redis_server_and_are_killed_while_its_key_is_lost() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    let mut connection = server.connection().unwrap();
    Workers::start(|_| server.url(), 2)
        .run_through(|number| {
            let commands = match number % 4 {
                0 => redis::cmd("EVAL").arg(DELETE).arg(0).exec(&mut connection),
                1 => redis::cmd("FLUSHALL").exec(&mut connection),
                2 => redis::cmd("SCRIPT").arg("FLUSH").exec(&mut connection),
                _ => Ok(()),
            };
            commands.unwrap();
        })
        .await;
}

#[tokio::test]
async fn processes_that_share_a_redis_server_that_is_killed_and_started_anew() {
    let Some(mut server) = RedisServer::start().unwrap() else {
        return;
    };
    Workers::start(|_| server.url(), 3)
        .run_through(|number| {
            if number % 3 == 0 {
                server.kill();
                server.run().unwrap();
            }
        })
        .await;
}

/// Some reach the server by a path that is removed, all lose it when it is killed; a process that has
/// lost it continues from its reserve.
#[tokio::test]
async fn processes_that_keep_a_reserve_while_the_server_is_away_for_some_or_for_all() {
    let Some(mut server) = RedisServer::start().unwrap() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let way = folder.path().join("way.sock");
    symlink(server.socket(), &way).unwrap();
    let by = |socket: &Path| format!("{RESERVED}redis+unix://{}", socket.display());
    let limiters = vec![by(&server.socket()), by(&way)];
    Workers::start_with(limiters, folder, 4)
        .run_through(|number| match number % 4 {
            0 => {
                fs::remove_file(&way).unwrap();
                let mut hang_up = redis::cmd("CLIENT");
                hang_up.arg(&["KILL", "TYPE", "normal"][..]);
                hang_up.exec(&mut server.connection().unwrap()).unwrap();
            }
            1 => server.kill(),
            2 => server.run().unwrap(),
            _ => symlink(server.socket(), &way).unwrap(),
        })
        .await;
}

/// Does to a PostgreSQL server what loses its row: the table is emptied, or the server ends.
fn fail_postgres(server: &mut PostgresServer, number: usize) {
    match number % 4 {
        0 => drop(server.sql("DELETE FROM mps.ring").unwrap()),
        1 => {
            server.stop(Stop::Crash).unwrap();
            server.run().unwrap();
        }
        2 => drop(server.sql("DROP SCHEMA mps CASCADE").unwrap()),
        _ => {
            server.stop(Stop::Orderly).unwrap();
            server.run().unwrap();
        }
    }
}

#[tokio::test]
async fn processes_that_share_a_postgresql_server_and_are_killed_while_it_fails() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    Workers::start(|_| server.url(), 5)
        .run_through(|number| fail_postgres(&mut server, number))
        .await;
}

#[tokio::test]
async fn processes_that_share_a_postgresql_server_behind_a_pooler_and_are_killed() {
    let Some(mut server) = PostgresServer::start().unwrap() else {
        return;
    };
    let Some(pooler) = PgBouncer::start(&server, 3).unwrap() else {
        return;
    };
    Workers::start(|_| pooler.url(""), 6)
        .run_through(|number| fail_postgres(&mut server, number))
        .await;
}
