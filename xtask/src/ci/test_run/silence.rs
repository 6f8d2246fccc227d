//! Ends a test program that hangs.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Ends the test program among the descendants of a process, and its own descendants, which would keep the pipe open.
/// Returns the program, or `None` if there is none, as where processes cannot be listed.
///
/// # Errors
/// Fails if `kill` cannot be run.
pub(super) fn end_test_program(root: u32) -> io::Result<Option<PathBuf>> {
    let is_test_program =
        |path: &Path| path.parent().and_then(Path::file_name) == Some(OsStr::new("deps"));
    let found = descendants(root).into_iter().find_map(|id| {
        let program = fs::read_link(format!("/proc/{id}/exe")).ok()?;
        is_test_program(&program).then_some((id, program))
    });
    let Some((id, program)) = found else {
        return Ok(None);
    };
    // The program first: else its test would go on when what it waits for has ended.
    let ids = [id].into_iter().chain(descendants(id));
    Command::new("kill")
        .arg("-KILL")
        .args(ids.map(|id| id.to_string()))
        // One may have ended with its parent.
        .stderr(Stdio::null())
        .status()?;
    Ok(Some(program))
}

/// Returns the processes that a process and its descendants have started, parents first.
fn descendants(root: u32) -> Vec<u32> {
    let mut found = children(root);
    let mut next = 0;
    while let Some(&id) = found.get(next) {
        found.extend(children(id));
        next += 1;
    }
    found
}

/// Returns the processes that the threads of a process have started.
fn children(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task"))
        .into_iter()
        .flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    let ids = |list: String| {
        list.split_whitespace()
            .filter_map(|id| id.parse().ok())
            .collect::<Vec<u32>>()
    };
    lists.flat_map(ids).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{env, os::unix::process::ExitStatusExt as _, process, thread};

    use super::*;

    #[test]
    fn the_program_and_what_it_started_are_ended() {
        let folder = env::temp_dir().join(format!("xtask-silence-{}", process::id()));
        let program = folder.join("deps").join("hanging");
        fs::create_dir_all(folder.join("deps")).unwrap();
        fs::copy("/bin/bash", &program).unwrap();
        let mut cargo = Command::new("bash");
        // The first shell is the test program's parent, as cargo is.
        let script = r#""$0" -c 'sleep 1000; :'; exit 7"#;
        cargo.args(["-c", script]).arg(&program);
        let mut cargo = cargo.stderr(Stdio::null()).spawn().unwrap();
        while descendants(cargo.id()).len() < 2 {
            assert_eq!(cargo.try_wait().unwrap(), None);
            thread::yield_now();
        }
        let started = descendants(cargo.id());

        let ended = end_test_program(cargo.id()).unwrap();
        assert_eq!(ended.as_deref(), Some(&*program));
        let status = cargo.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(7), None));
        let is_running = |id: &u32| {
            let status = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            !status.is_empty() && !status.contains(") Z ")
        };
        while started.iter().any(is_running) {
            thread::yield_now();
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
