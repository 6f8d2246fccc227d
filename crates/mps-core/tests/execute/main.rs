//! The client and every kind of answer, on scripted transports and a clock that never waits.

#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod support;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod untyped;
