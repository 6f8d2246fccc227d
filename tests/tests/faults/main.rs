//! Every fault kind of the emulator: the outcome for the client, and the bill afterwards.

#[cfg(test)]
mod facade;
#[cfg(test)]
mod money;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod table;
