//! The lowering from the API to Rust, which decides every name and type.
//!
//! The result is a list of files with items that leave no decision to the templates. A name that
//! would be used twice is a mistake and never reaches the compiler.

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
mod model_names;
mod names;
mod rules;
mod service;
mod structure;
mod task_families;
mod task_family;
mod task_results;

pub(crate) use self::collisions::{TAKEN_TYPES, collisions};
pub use self::{
    action::{Action, Billed},
    capability::{Family, Model, Row, UnstatedFields, Value as CapabilityValue},
    catalog::{Catalog, Exports, Module},
    columns::Column,
    command::{Command, CommandOption, Creates, Form, Item as CommandItem, Place},
    enums::{Enum, Variant},
    example::Example,
    files::{File, Item, MODULE, Use, lower},
    helper::{Helper, SetterArgument},
    member::{
        Argument, Bounds, Cardinality, Check, Condition, Field, Overridable, Peer, Push, Severity,
        ValueType,
    },
    model_names::{ModelNames, NamedModel},
    rules::RuleInfo,
    service::{ErrorCode, Service, Site},
    structure::Struct,
    task_families::{command_line, facade},
    task_family::{Answer, Label, Read, TaskCreate, TaskFamily},
    task_results::{ResultFacts, ResultRead},
};
