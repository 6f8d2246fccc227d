//! The emulator's page.
