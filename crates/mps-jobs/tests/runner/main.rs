//! The runner against the emulator in this process, in virtual time.

mod caps;
mod events;
mod faults;
mod keys;
mod restarts;
mod sketch;
mod step;
mod world;
