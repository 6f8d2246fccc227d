//! Every fault of the emulator, what our client makes of it, and the bill after it.

#[cfg(test)]
mod facade;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod table;
