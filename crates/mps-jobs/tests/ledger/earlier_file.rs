//! A file of the first version of the schema.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use mps_jobs::State;
use rusqlite::Connection;

use crate::{earlier_schema::*, support::*};

fn create_first_version(path: &Path) {
    let connection = Connection::open(path).unwrap();
    for statement in statements() {
        let own_numbers = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
        let statement = statement.replace(own_numbers, "INTEGER PRIMARY KEY AUTOINCREMENT");
        connection.execute(&statement, []).unwrap();
    }
    drop(connection);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Returns the tables and indexes of a ledger that is closed, without quotation marks. SQLite keeps the table of
/// sequences, which the first version had.
fn schema(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'
        ORDER BY type, name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    rows.map(|sql| sql.unwrap().replace('"', "")).collect()
}

#[tokio::test]
async fn a_file_of_the_first_version_is_migrated_with_everything_in_it() {
    let folder = folder();
    let path = path_in(&folder);
    create_first_version(&path);
    let ledger = open(&path).await;
    examine(&ledger).await;
    drop(ledger);

    let seal = fs::read_to_string(folder.path().join("tasks.db-seal")).unwrap();
    let epoch = seal.split("\"epoch\":").nth(1).unwrap();
    let epoch: String = epoch.chars().take_while(char::is_ascii_digit).collect();
    let epoch: i64 = epoch.parse().unwrap();
    assert!(epoch > 500, "the epoch went back to {epoch}");

    let ledger = open(&path).await;
    assert_eq!(get(&ledger, &clip(1)).await.state, State::Created);
    drop(ledger);
    let new = folder.path().join("new.db");
    drop(open(&new).await);
    assert_eq!(schema(&path), schema(&new));
}
