//! The new file, or stdout, that an export is written to.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use crate::{failure::Failure, foreign_text, streams};

/// The place that rows are written to.
pub(crate) enum ExportTarget {
    File(PathBuf, BufWriter<File>),
    Stdout,
}

impl ExportTarget {
    /// Creates a new file that only its owner can read, since it may contain prompts. Without a file, or
    /// with `-`, lines go to stdout.
    pub(crate) fn of(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout);
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| cannot_write(path, &error))?;
        Ok(Self::File(path.to_owned(), BufWriter::new(file)))
    }

    /// Writes a line. Returns `false` when the reader has closed the pipe and needs no more.
    pub(crate) fn write(&mut self, line: &str) -> Result<bool, Failure> {
        match self {
            Self::File(path, file) => {
                let written = writeln!(file, "{line}");
                written.map_err(|error| cannot_write(path, &error))?;
            }
            Self::Stdout => match streams::write_stdout(line) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(false),
                written => written.map_err(|error| {
                    Failure::internal(format!("cannot write to stdout: {error}"))
                })?,
            },
        }
        Ok(true)
    }

    /// Writes what is buffered.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::File(path, mut file) => file.flush().map_err(|error| cannot_write(&path, &error)),
            Self::Stdout => Ok(()),
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let shown = foreign_text::path(path);
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::usage(format!("{shown} exists already"))
            .hint("choose another name, or move the file away");
    }
    let failure = Failure::usage(format!("cannot write {shown}: {error}"));
    failure.hint("name a new file in a folder that can be written")
}
