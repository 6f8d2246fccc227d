//! Reservations among themselves, and beside files of others.

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

async fn reserve(path: &Path) -> Result<Place, Error> {
    Place::reserve(path, 1, false).await
}

fn write(place: &Place, content: &str) {
    let mut file = place.file().unwrap();
    file.set_len(0).unwrap();
    io::Write::write_all(&mut file, content.as_bytes()).unwrap();
}

#[tokio::test]
async fn nothing_exists_at_the_name_before_it_is_published() {
    let folder = Folder::new();
    let place = reserve(&folder.path("a.mp4")).await.unwrap();
    assert_eq!(folder.names(), [".a.mp4.mps-part"]);
    write(&place, "film");
    assert_eq!(place.publish().await.unwrap(), folder.path("a.mp4"));
    assert_eq!(folder.names(), ["a.mp4"]);
    assert_eq!(fs::read(folder.path("a.mp4")).unwrap(), b"film");
}

#[tokio::test]
async fn a_place_that_is_given_up_leaves_nothing_behind() {
    let folder = Folder::new();
    let place = reserve(&folder.path("a.mp4")).await.unwrap();
    write(&place, "half");
    drop(place);
    assert!(folder.names().is_empty());
}

#[tokio::test]
async fn a_name_is_reserved_once() {
    let folder = Folder::new();
    let path = folder.path("a.mp4");
    let first = reserve(&path).await.unwrap();
    let error = reserve(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    first.publish().await.unwrap();
    let error = reserve(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_kept_and_the_file_saved_beside_it() {
    let folder = Folder::new();
    let place = reserve(&folder.path("a.mp4")).await.unwrap();
    write(&place, "film");
    fs::write(folder.path("a.mp4"), "mine").unwrap();
    fs::write(folder.path("a-2.mp4"), "mine too").unwrap();
    assert_eq!(place.publish().await.unwrap(), folder.path("a-3.mp4"));
    assert_eq!(fs::read(folder.path("a.mp4")).unwrap(), b"mine");
    assert_eq!(fs::read(folder.path("a-2.mp4")).unwrap(), b"mine too");
    assert_eq!(fs::read(folder.path("a-3.mp4")).unwrap(), b"film");
}

#[tokio::test]
async fn further_results_skip_names_that_are_taken() {
    let folder = Folder::new();
    let path = folder.path("a.mp4");
    fs::write(folder.path("a-2.mp4"), "mine").unwrap();
    let second = Place::reserve(&path, 2, true).await.unwrap();
    let third = Place::reserve(&path, 3, true).await.unwrap();
    assert_eq!(second.path(), folder.path("a-3.mp4"));
    assert_eq!(third.path(), folder.path("a-4.mp4"));
    fs::write(&path, "mine").unwrap();
    let error = reserve(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_refused_with_a_hint() {
    let folder = Folder::new();
    fs::write(folder.path("there.mp4"), "mine").unwrap();
    let long = "a".repeat(250);
    for (name, kind, text) in [
        ("there.mp4", ErrorKind::AlreadyExists, "exists already"),
        ("there.mp4/no/a.mp4", ErrorKind::File, "cannot write"),
        // It would fit by itself, but not with what is added while it is incomplete.
        (&long, ErrorKind::File, "cannot write"),
    ] {
        let error = reserve(&folder.path(name)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.hint().is_some());
    }
    assert!(
        Place::check_folder(&folder.path("there.mp4/no"))
            .await
            .is_err()
    );
    Place::check_folder(folder.0.path()).await.unwrap();
    assert_eq!(folder.names(), ["there.mp4"]);
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::symlink;

    use mps_core::clock::{self, SystemClock};

    use super::*;

    /// Makes something at the second path, perhaps of the file at the first.
    type Make = fn(&Path, &Path);

    const TEMPORARY: &str = ".a.mp4.mps-part";

    /// Reserves `a.mp4` where its temporary name is taken, and returns the error.
    async fn refused(folder: &Folder) -> Error {
        let path = folder.path("a.mp4");
        let reserved = reserve(&path);
        let limit = std::time::Duration::from_secs(20);
        let clock = SystemClock::new();
        let reserved = clock::timeout(&clock, limit, reserved).await;
        reserved.expect("no waiting for a FIFO").unwrap_err()
    }

    #[tokio::test]
    async fn a_stale_file_without_a_lock_is_taken_over() {
        let folder = Folder::new();
        fs::write(folder.path(TEMPORARY), "left by a killed process").unwrap();
        let place = reserve(&folder.path("a.mp4")).await.unwrap();
        write(&place, "film");
        place.publish().await.unwrap();
        assert_eq!(fs::read(folder.path("a.mp4")).unwrap(), b"film");
    }

    #[tokio::test]
    async fn a_link_a_fifo_and_a_folder_at_the_temporary_name_stay_untouched() {
        let folder = Folder::new();
        let mine = folder.path("mine");
        fs::write(&mine, "mine").unwrap();
        let make: &[(&str, Make)] = &[
            ("no regular file", |mine, at| symlink(mine, at).unwrap()),
            ("more than one name", |mine, at| {
                fs::hard_link(mine, at).unwrap();
            }),
            #[cfg(not(target_vendor = "apple"))]
            ("no regular file", |_, at| {
                let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
                let fifo = rustix::fs::FileType::Fifo;
                rustix::fs::mknodat(rustix::fs::CWD, at, fifo, mode, 0).unwrap();
            }),
            ("no regular file", |_, at| fs::create_dir(at).unwrap()),
        ];
        for (reason, make) in make {
            let at = folder.path(TEMPORARY);
            make(&mine, &at);
            let error = refused(&folder).await;
            assert!(error.to_string().contains(reason), "{error}");
            assert!(fs::symlink_metadata(&at).is_ok());
            assert_eq!(fs::read(&mine).unwrap(), b"mine");
            fs::remove_file(&at)
                .or_else(|_| fs::remove_dir(&at))
                .unwrap();
        }
    }

    #[tokio::test]
    async fn files_of_other_programs_beside_the_name_stay_untouched() {
        let folder = Folder::new();
        let mine = folder.path("mine");
        fs::write(&mine, "mine").unwrap();
        symlink(&mine, folder.path("a.mp4.part")).unwrap();
        fs::write(folder.path("a.mp4.tmp"), "theirs").unwrap();
        let place = reserve(&folder.path("a.mp4")).await.unwrap();
        write(&place, "film");
        place.publish().await.unwrap();
        assert_eq!(fs::read(&mine).unwrap(), b"mine");
        assert_eq!(fs::read(folder.path("a.mp4.tmp")).unwrap(), b"theirs");
        assert!(folder.path("a.mp4.part").is_symlink());
    }

    #[tokio::test]
    async fn a_dangling_link_at_the_final_name_counts_as_taken() {
        let folder = Folder::new();
        symlink("/nowhere/at/all", folder.path("a.mp4")).unwrap();
        let error = reserve(&folder.path("a.mp4")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn missing_space_is_seen() {
        let folder = Folder::new();
        let file = system::open(&folder.path(TEMPORARY)).unwrap();
        system::check_space(&file, folder.0.path(), 1).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 0);
        let error = system::check_space(&file, folder.0.path(), u64::MAX).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn no_way_of_publishing_replaces_a_file() {
        let folder = Folder::new();
        let (from, to) = (folder.path("from"), folder.path("to"));
        for way in [system::rename_new, system::link, system::rename_checked] {
            fs::write(&from, "film").unwrap();
            way(&from, &to).unwrap();
            assert_eq!(folder.names(), ["to"]);
            fs::write(&from, "other").unwrap();
            let error = way(&from, &to).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&to).unwrap(), b"film");
            fs::remove_file(&to).unwrap();
        }
    }
}
