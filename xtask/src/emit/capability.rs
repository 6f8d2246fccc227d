//! Templates of the capability tables.

use proc_macro2::TokenStream;
use quote::quote;

use super::common::{ident, integer, option};
use crate::lower::{CapabilityValue as Value, Family, Model, Row, UnstatedFields};

pub(super) fn families(constants: &[String]) -> TokenStream {
    let names = constants.iter().map(|name| ident(name));
    quote! {
        /// Every family, sorted by name.
        pub static FAMILIES: &[&Family] = &[#(&#names),*];
    }
}

pub(super) fn family(family: &Family) -> Vec<TokenStream> {
    let models = family.models.iter().enumerate();
    let (names, tables): (Vec<_>, Vec<_>) = models
        .map(|(index, model)| rows(family, index, model))
        .unzip();
    let constant = ident(&family.constant);
    let Family {
        name,
        source,
        base_video_excludes_frames,
        ..
    } = family;
    let listed_on = family.listed_on.iter().map(|site| ident(site));
    let doc = format!(" The capability table of the family `{name}`.");
    let models = family.models.iter().zip(&names).map(|(model, rows)| {
        let name = &model.name;
        quote!(Model { name: #name, rows: #rows })
    });
    let whole = quote! {
        #[doc = #doc]
        pub static #constant: Family = Family {
            name: #name,
            source: #source,
            base_video_excludes_frames: #base_video_excludes_frames,
            listed_on: &[#(Site::#listed_on),*],
            models: &[#(#models),*],
        };
    };
    let function = ident(&family.function);
    let doc = format!(" Returns the capability table of the family `{name}`.");
    let function = quote! {
        #[doc = #doc]
        #[must_use]
        pub fn #function() -> &'static Family {
            &#constant
        }
    };
    [whole, function].into_iter().chain(tables).collect()
}

/// Returns the rows of a model as a table of their own, since a single one would be nested too deep
/// to read. Model names are not always names in Rust, so tables have numbers.
fn rows(family: &Family, index: usize, model: &Model) -> (proc_macro2::Ident, TokenStream) {
    let name = ident(&format!("{}_{index}", family.constant));
    let rows = model
        .rows
        .iter()
        .map(|it| row(&family.name, &model.name, it));
    let tokens = quote!(static #name: &[Row] = &[#(#rows),*];);
    (name, tokens)
}

fn row(family: &str, model: &str, row: &Row) -> TokenStream {
    let version = option(row.version.as_deref());
    let source = &row.source;
    let since = days("since", &row.since);
    let until = days("until", &row.until);
    let fields = row.fields.iter().map(|(key, it)| {
        let key = ident(key);
        let value = value(it);
        quote!(#key: Some(#value),)
    });
    let sources = (!row.sources.is_empty()).then(|| {
        let each = row.sources.iter().map(|(column, source)| {
            let column = ident(column);
            quote!((Column::#column, #source))
        });
        quote!(sources: &[#(#each),*],)
    });
    let weak = (!row.warn_only.is_empty()).then(|| {
        let columns = row.warn_only.iter().map(|column| ident(column));
        quote!(warn_only: &[#(Column::#columns),*],)
    });
    let by_site = (!row.sites.is_empty()).then(|| {
        let each = row.sites.iter().map(|(site, own)| {
            let site = ident(site);
            let own = self::row(family, model, own);
            quote!((Site::#site, &#own))
        });
        quote!(by_site: &[#(#each),*],)
    });
    quote!(Row {
        #since
        #until
        #(#fields)*
        #sources
        #weak
        #by_site
        ..Row::new(#family, #model, #version, #source)
    })
}

fn days(key: &str, days: &[(String, String)]) -> Option<TokenStream> {
    let key = ident(key);
    let each = days.iter().map(|(site, day)| quote!(Day::new(#site, #day)));
    (!days.is_empty()).then(|| quote!(#key: &[#(#each),*],))
}

fn value(value: &Value) -> TokenStream {
    match value {
        Value::Flag(flag) => quote!(#flag),
        Value::Text(text) => quote!(#text),
        Value::Number(number) => integer(*number),
        Value::Texts(texts) => quote!(&[#(#texts),*]),
        Value::Numbers(numbers) => {
            let numbers = numbers.iter().map(|number| integer(*number));
            quote!(&[#(#numbers),*])
        }
        Value::Variants(name, variants) => {
            let name = ident(name);
            let variants = variants.iter().map(|variant| ident(variant));
            quote!(&[#(#name::#variants),*])
        }
        Value::Set(numbers) => {
            let numbers = numbers.iter().map(|number| integer(*number));
            quote!(Durations::Set(&[#(#numbers),*]))
        }
        Value::Range(min, max) => {
            let (min, max) = (integer(*min), integer(*max));
            quote!(Durations::Range { min: #min, max: #max })
        }
        Value::Struct(name, fields, rest) => structure(name, fields, *rest),
        Value::Nothing(name) => {
            let name = ident(name);
            quote!(#name::NONE)
        }
    }
}

fn structure(name: &str, fields: &[(&str, i64)], rest: UnstatedFields) -> TokenStream {
    let name = ident(name);
    let fields = fields.iter().map(|(key, number)| {
        let key = ident(key);
        let number = integer(*number);
        quote!(#key: #number,)
    });
    let rest = (rest == UnstatedFields::Open).then(|| quote!(..#name::OPEN));
    quote!(#name { #(#fields)* #rest })
}
