//! `mps schema`: the JSON Schemas of the objects that this command prints.

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{context::Context, failure::Failure, foreign_text, schemas::SCHEMAS, suggest};

/// The arguments of `mps schema`.
#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// Name of the object, such as mps.error/1 [default: list all names]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// `mps.schema/1`: the name of an object, and its JSON Schema.
#[derive(Serialize)]
struct SchemaResult<'a> {
    schema: &'static str,
    name: &'static str,
    json_schema: &'a RawValue,
}

pub(crate) fn run(args: &SchemaArgs, context: &Context) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        for (name, text) in SCHEMAS {
            print(name, name, text, context)?;
        }
        return Ok(());
    };
    let mut schemas = SCHEMAS.iter();
    let found = schemas.find(|(known, _)| known == name || known.strip_suffix("/1") == Some(name));
    let Some((name, text)) = found else {
        let message = format!("there is no schema {}", foreign_text::name(name));
        let failure = Failure::usage(message).hint("list all names: mps schema");
        let known = SCHEMAS.iter().map(|(name, _)| *name);
        return Err(suggest::with_closest(failure, name, known));
    };
    print(text.trim_end(), name, text, context)
}

fn print(human: &str, name: &'static str, text: &str, context: &Context) -> Result<(), Failure> {
    // On one line, as every object.
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Failure::internal(error.to_string()))?;
    let json_schema = serde_json::value::to_raw_value(&value)
        .map_err(|error| Failure::internal(error.to_string()))?;
    let result = SchemaResult {
        schema: "mps.schema/1",
        name,
        json_schema: &json_schema,
    };
    context.output.listing(human, &result)
}
