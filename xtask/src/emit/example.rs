//! Template of an example in the documentation, which is compiled and run.

use proc_macro2::TokenStream;
use quote::quote;

use super::{common::ident, print};
use crate::lower::Example;

pub(super) fn docs(example: &Example) -> Result<Vec<String>, syn::Error> {
    let mut lines = vec![
        String::new(),
        "```".to_owned(),
        uses(example),
        String::new(),
    ];
    lines.extend(statement(example)?);
    lines.push("```".to_owned());
    Ok(lines)
}

fn uses(example: &Example) -> String {
    let mut names = example.structs();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [name] => format!("use mps_models::{name};"),
        names => format!("use mps_models::{{{}}};", names.join(", ")),
    }
}

/// Returns the lines of a statement. The printer accepts only items, so it prints a function around
/// it.
fn statement(example: &Example) -> Result<Vec<String>, syn::Error> {
    let value = value(example);
    let code = print::item(quote!(fn example() { let request = #value; }))?;
    let inner = code.lines().filter_map(|line| line.strip_prefix("    "));
    Ok(inner.map(str::to_owned).collect())
}

fn value(example: &Example) -> TokenStream {
    match example {
        Example::Text(text) => quote!(#text),
        Example::Number(number) => number.parse().unwrap_or_default(),
        Example::Boolean(flag) => quote!(#flag),
        Example::List(items) => {
            let items = items.iter().map(value);
            quote!([#(#items),*])
        }
        Example::Struct {
            name,
            args,
            setters,
        } => {
            let name = ident(name);
            let args = args.iter().map(value);
            let setters = setters.iter().map(|(setter, inner)| {
                let setter = ident(setter);
                let inner = value(inner);
                quote!(.#setter(#inner))
            });
            quote!(#name::new(#(#args),*) #(#setters)*)
        }
    }
}
