//! The server's programs, and the user that runs them.

use std::{
    env, fs,
    io::{self, Error},
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::PathBuf,
    process::Command,
};

/// The user that runs the server, where this test runs as root.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Returns the folder of the server's programs.
pub(super) fn programs() -> Option<PathBuf> {
    if let Some(named) = env::var_os("MPS_TEST_POSTGRES") {
        return Some(named.into());
    }
    let paths = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&paths).find(|folder| {
        ["postgres", "initdb", "pg_basebackup", "psql"]
            .iter()
            .all(|program| folder.join(program).is_file())
    });
    on_path.or_else(newest_version)
}

fn newest_version() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest = versions
        .filter_map(|entry| {
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("postgres").is_file())
        .max()?;
    Some(newest.1)
}

/// Returns the user for the server's programs if this process is root's.
pub(super) fn user() -> io::Result<Option<User>> {
    if fs::metadata("/proc/self").map_or(1, |process| process.uid()) != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let user = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(User { uid, gid })
    });
    user.map(Some)
        .ok_or_else(|| Error::other("there is no user postgres, and the server refuses root"))
}

pub(super) fn as_user(command: &mut Command, user: Option<User>) {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
}
