//! One call and its caller: the gate before a request leaves, and calls that are dropped in every
//! phase.

#[cfg(test)]
mod drain;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod separate_limiters;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
