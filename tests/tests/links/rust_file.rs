//! The functions of a Rust file, and which of them are tests.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item};

/// Returns the functions of a file by name; `true` for a test.
///
/// # Errors
/// Returns the reason when the file cannot be parsed.
pub(crate) fn functions(source: &str) -> Result<HashMap<String, bool>, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let mut found = HashMap::new();
    add(&file.items, &mut found);
    Ok(found)
}

fn add(items: &[Item], found: &mut HashMap<String, bool>) {
    for item in items {
        match item {
            Item::Fn(function) => {
                let is_test = function.attrs.iter().any(is_test);
                *found.entry(function.sig.ident.to_string()).or_default() |= is_test;
            }
            Item::Mod(module) => {
                let inside = module.content.as_ref().map(|(_, items)| items.as_slice());
                add(inside.unwrap_or_default(), found);
            }
            // Of `proptest!`, whose functions are attributed within.
            Item::Macro(call) => add_of_macro(call.mac.tokens.clone(), found),
            _ => {}
        }
    }
}

/// Returns whether an attribute makes a function a test: `test`, `tokio::test`.
fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "test")
}

fn add_of_macro(tokens: TokenStream, found: &mut HashMap<String, bool>) {
    let mut is_test = false;
    let mut after_fn = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if after_fn => {
                *found.entry(name.to_string()).or_default() |= is_test;
                (is_test, after_fn) = (false, false);
            }
            TokenTree::Ident(word) => after_fn = word == "fn",
            TokenTree::Group(group) if group.stream().to_string() == "test" => is_test = true,
            _ => after_fn = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_other_functions() {
        let source = r"
            fn helper() {}
            #[test]
            fn one() {}
            mod deeper {
                #[tokio::test(start_paused = true)]
                async fn two() {}
            }
            proptest! {
                #![proptest_config(Config::with_cases(9))]
                #[test]
                fn three(it in 0..9_u8) { helper(); }
            }
        ";
        let functions = functions(source).unwrap();
        let tests = ["one", "two", "three"].map(|name| functions.get(name));
        assert_eq!(tests, [Some(&true); 3]);
        assert_eq!(functions.get("helper"), Some(&false));
    }
}
