//! The seal: every send, beside the store.
