//! Tasks, open files and memory of this process (Linux only).

use std::{error::Error, fs};

use tokio::runtime::{Handle, Runtime};

#[derive(Debug)]
pub(crate) struct Usage {
    /// Tasks of the runtime that have not ended.
    pub(crate) tasks: usize,
    /// Open files, sockets among them.
    pub(crate) files: usize,
    /// Resident memory.
    pub(crate) memory_kib: u64,
}

impl Usage {
    pub(crate) fn of(runtime: &Runtime) -> Result<Self, Box<dyn Error>> {
        Self::with(runtime.metrics().num_alive_tasks())
    }

    /// Returns the usage of the current runtime.
    pub(crate) fn here() -> Result<Self, Box<dyn Error>> {
        Self::with(Handle::current().metrics().num_alive_tasks())
    }

    fn with(tasks: usize) -> Result<Self, Box<dyn Error>> {
        let status = fs::read_to_string("/proc/self/status")?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.ok_or("no VmRSS in /proc/self/status")?;
        Ok(Self {
            tasks,
            files: fs::read_dir("/proc/self/fd")?.count(),
            memory_kib: memory.trim().trim_end_matches(" kB").parse()?,
        })
    }
}
