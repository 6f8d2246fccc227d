//! From the API to Rust: every name and every shape is decided here.
//!
//! What comes out is a list of files full of items, in which nothing is left open; a name that
//! would be taken twice is a mistake and never reaches the compiler.

mod action;
mod capability;
mod catalog;
mod collisions;
mod columns;
mod command;
mod docs;
mod enums;
mod example;
mod files;
mod helper;
mod member;
mod names;
mod rules;
mod service;
mod structure;
mod task_families;
mod task_family;

pub use self::{
    action::{Action, Billed},
    capability::{Family, Model, Rest, Row, Value as CapabilityValue},
    catalog::{Catalog, Exports, Module},
    columns::Column,
    command::{Command, CommandOption, Creates, Form, Item as CommandItem},
    enums::{Enum, Variant},
    example::Example,
    files::{File, Item, MODULE, Use, lower},
    helper::{Helper, Takes},
    member::{
        Argument, Cardinality, Check, Condition, Field, Overridable, Peer, Severity, ValueType,
    },
    rules::RuleInfo,
    service::{ErrorCode, Service},
    structure::Struct,
    task_families::{command_line, facade},
    task_family::{Answer, Read, TaskFamily},
};
