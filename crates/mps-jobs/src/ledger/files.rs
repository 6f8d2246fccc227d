//! The files of a ledger on this machine: private to their owner, and on a disk of this machine.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::error::{LedgerError, LedgerErrorKind};

/// Returns the path of a file beside a ledger, as `tasks.db-seal` beside `tasks.db`.
pub(crate) fn beside(ledger: &Path, suffix: &str) -> PathBuf {
    let mut path = ledger.to_owned().into_os_string();
    path.push(suffix);
    PathBuf::from(path)
}

/// Creates the folder of a ledger if there is none, for its owner only, and refuses one that others
/// can write: they could replace the ledger.
pub(crate) fn prepare_folder(ledger: &Path) -> Result<(), LedgerError> {
    let folder = folder_of(ledger);
    let metadata = match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_folder(folder).and_then(|()| fs::metadata(folder))
        }
        found => found,
    };
    let metadata = metadata.map_err(|error| failed("create the folder of", ledger, error))?;
    if !metadata.is_dir() {
        return Err(refused(folder, "is not a folder"));
    }
    check_owner(folder, &metadata)
}

/// Creates a folder for its owner only.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for reading and appending, and creates it for its owner only. Refuses links, files of
/// other users, files that others can write, and network file systems, whose locks do not work.
pub(crate) fn open(path: &Path) -> Result<File, LedgerError> {
    check(path)?;
    let file = match reopen(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_or_reopen(path),
        opened => opened,
    };
    let file = file.map_err(|error| failed("open", path, error))?;
    match network_of(&file, path).map_err(|error| failed("inspect", path, error))? {
        None => Ok(file),
        Some(name) => Err(on_network(path, name)),
    }
}

/// Creates a file, unless another process has just done so.
fn create_or_reopen(path: &Path) -> io::Result<File> {
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => reopen(path),
        created => created.and_then(|file| sync_folder(path).map(|()| file)),
    }
}

/// Creates a new file for its owner only.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file that exists, for reading and appending, without following a link.
pub(crate) fn reopen(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

/// Returns an error if the path names anything but a regular file of this user that others cannot
/// write. Nothing may be there.
pub(crate) fn check(path: &Path) -> Result<(), LedgerError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(refused(path, "is a symbolic link")),
        Ok(metadata) if !metadata.is_file() => Err(refused(path, "is not a regular file")),
        Ok(metadata) => check_owner(path, &metadata).and_then(|()| make_private(path, &metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed("inspect", path, error)),
    }
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &fs::Metadata) -> Result<(), LedgerError> {
    use std::os::unix::fs::MetadataExt as _;

    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        let path = path.display();
        return Err(refused_text(&format!("{path} can be written by others"))
            .with_hint(format!("take their rights away: chmod go-w '{path}'")));
    }
    Ok(())
}

/// Takes the right to read from others: the ledger contains prompts.
#[cfg(unix)]
fn make_private(path: &Path, metadata: &fs::Metadata) -> Result<(), LedgerError> {
    use std::os::unix::fs::PermissionsExt as _;

    const OTHERS: u32 = 0o077;
    if metadata.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(path, private).map_err(|error| failed("protect", path, error))
}

/// Accepts every file: the standard library shows no owner here. Folders of a user's profile are private
/// by default; `docs/platforms.md` says that others have to be made so.
#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata) -> Result<(), LedgerError> {
    Ok(())
}

/// Changes nothing: a file has the rights of its folder here.
#[cfg(not(unix))]
fn make_private(_: &Path, _: &fs::Metadata) -> Result<(), LedgerError> {
    Ok(())
}

/// Returns the name of the network file system that an open file is on, or `None`.
#[cfg(not(windows))]
fn network_of(file: &File, _: &Path) -> io::Result<Option<&'static str>> {
    mps_core::sync::network_file_system(file)
}

#[cfg(windows)]
fn network_of(_: &File, path: &Path) -> io::Result<Option<&'static str>> {
    network_path(path)
}

/// Returns the name of the network file system that a folder is on, or `None`.
#[cfg(not(windows))]
pub(crate) fn network_path(folder: &Path) -> io::Result<Option<&'static str>> {
    mps_core::sync::network_file_system(&File::open(folder)?)
}

/// Returns `smb` for a path on another machine, also through the letter of a drive, or `None`.
#[cfg(windows)]
pub(crate) fn network_path(path: &Path) -> io::Result<Option<&'static str>> {
    use std::path::{Component, Prefix};

    let resolved = fs::canonicalize(path)?;
    let is_remote = match resolved.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        }
        _ => false,
    };
    Ok(is_remote.then_some("smb"))
}

/// The identity of a file, to notice that its path names another one.
#[cfg(unix)]
pub(crate) fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.dev(), metadata.ino())
}

/// Returns a constant: the standard library shows no identity here. None is needed for the ledger, which
/// SQLite opens so that it can be neither deleted nor replaced; the seal is opened again for each line.
#[cfg(not(unix))]
pub(crate) fn identity(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

/// Returns `true` when the path still names the open file.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let ours = file.metadata().map(|metadata| identity(&metadata));
    let named = fs::symlink_metadata(path).map(|metadata| identity(&metadata));
    matches!((ours, named), (Ok(ours), Ok(named)) if ours == named)
}

/// Makes a new name durable.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Does nothing: a folder cannot be opened as a file here, and NTFS logs new names itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the form that Unix has")]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn refused(path: &Path, reason: &str) -> LedgerError {
    refused_text(&format!("{} {reason}", path.display()))
        .with_hint("use a folder of your own: --ledger PATH")
}

fn refused_text(message: &str) -> LedgerError {
    LedgerError::new(LedgerErrorKind::PermissionDenied, message)
}

fn on_network(path: &Path, name: &str) -> LedgerError {
    let message = format!(
        "{} is on a network file system ({name}), on which locks do not hold between machines",
        path.display()
    );
    LedgerError::new(LedgerErrorKind::NetworkFileSystem, message)
        .with_hint("use a disk of this machine: --ledger PATH")
}

/// Returns the error for a failed operation on a file, for example `open`.
pub(crate) fn failed(operation: &str, path: &Path, error: io::Error) -> LedgerError {
    let (kind, hint) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
            LedgerErrorKind::Full,
            "free space, or use another disk: --ledger PATH",
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            LedgerErrorKind::ReadOnly,
            "use a folder that can be written: --ledger PATH",
        ),
        io::ErrorKind::PermissionDenied => (
            LedgerErrorKind::PermissionDenied,
            "use a folder of your own: --ledger PATH",
        ),
        _ => (
            LedgerErrorKind::Io,
            "look at the disk, or use another one: --ledger PATH",
        ),
    };
    let message = format!("cannot {operation} {}: {error}", path.display());
    LedgerError::new(kind, message)
        .with_hint(hint)
        .with_source(error)
}
