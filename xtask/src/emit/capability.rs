//! Templates of the capability tables. Their rows are text like the structs, the rest is tokens.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    common::{self, ident, integer_text, quoted},
    layout::{Part, list, literal},
    print,
};
use crate::lower::{CapabilityValue as Value, Family, Model, Row, UnstatedFields};

pub(super) fn families(constants: &[String]) -> TokenStream {
    let names = constants.iter().map(|name| ident(name));
    quote! {
        /// Every family, sorted by name.
        pub static FAMILIES: &[&Family] = &[#(&#names),*];
    }
}

pub(super) fn family(family: &Family) -> Result<Vec<String>, syn::Error> {
    // Model names are not always names in Rust, so tables have numbers.
    let names = (0..family.models.len()).map(|index| format!("{}_{index}", family.constant));
    let names: Vec<String> = names.collect();
    let tables = family.models.iter().zip(&names);
    let tables = tables.map(|(model, name)| rows(name, family, model));
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
        let (name, rows) = (&model.name, ident(rows));
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
    let items = [whole, function].into_iter().map(print::item);
    items.chain(tables).collect()
}

/// Returns the rows of a model as a table of their own, since a single one would be nested too deep
/// to read.
fn rows(name: &str, family: &Family, model: &Model) -> Result<String, syn::Error> {
    let rows = model.rows.iter();
    let rows = rows.map(|it| Part::Text(row("    ", &family.name, &model.name, it)));
    let before = format!("static {name}: &[Row] = &[");
    let table = list(&before, &rows.collect::<Vec<_>>(), "];");
    print::item_text(format!("{table}\n"))
}

/// Returns a row, which begins in a line with this margin.
fn row(margin: &str, family: &str, model: &str, row: &Row) -> String {
    let inner = format!("{margin}    ");
    let cells = row.fields.iter().map(|(key, it)| cell(&inner, key, it));
    let sources = row.sources.iter();
    let sources = sources.map(|(column, source)| format!("(Column::{column}, {source:?})"));
    let weak = row.warn_only.iter();
    let weak = weak.map(|column| format!("Column::{column}"));
    let by_site = row.sites.iter().map(|(site, own)| {
        let own = self::row(&format!("{inner}        "), family, model, own);
        let pair = [format!("Site::{site}"), format!("&{own}")].map(Part::Text);
        let pair = list(&format!("{inner}    ("), &pair, ")");
        pair.trim_start().to_owned()
    });
    let fields = filled(&inner, "since", days(&row.since))
        .into_iter()
        .chain(filled(&inner, "until", days(&row.until)))
        .chain(cells)
        .chain(filled(&inner, "sources", sources))
        .chain(filled(&inner, "warn_only", weak))
        .chain(filled(&inner, "by_site", by_site));
    let fields: String = fields.collect();
    let version = row.version.as_ref();
    let version = version.map_or_else(|| "None".to_owned(), |it| format!("Some({})", quoted(it)));
    let args = [quoted(family), quoted(model), version, quoted(&row.source)].map(Part::Text);
    let base = list(&format!("{inner}..Row::new("), &args, ")");
    format!("Row {{\n{fields}{base}\n{margin}}}")
}

/// Returns a field that is a slice, unless it is empty.
fn filled(margin: &str, key: &str, items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<Part> = items.map(Part::Text).collect();
    let field = list(&format!("{margin}{key}: &["), &items, "],");
    (!items.is_empty()).then(|| format!("{field}\n"))
}

fn days(days: &[(String, String)]) -> impl Iterator<Item = String> {
    days.iter().map(|(site, day)| common::day(site, day))
}

/// Returns the field of a column.
fn cell(margin: &str, key: &str, value: &Value) -> String {
    let before = format!("{margin}{key}: Some(");
    let some = |part: Part| list(&before, &[part], "),");
    let text = |text: String| some(Part::Text(text));
    let structure = |name: &str, fields: &[String]| literal(&before, name, fields, "),");
    let field = match value {
        Value::Flag(flag) => text(flag.to_string()),
        Value::Text(value) => text(quoted(value)),
        Value::Number(number) => text(integer_text(*number)),
        Value::Nothing(name) => text(format!("{name}::NONE")),
        Value::Set(numbers) => text(format!("Durations::Set(&[{}])", all(numbers).join(", "))),
        Value::Texts(texts) => some(Part::Slice(texts.iter().map(|it| quoted(it)).collect())),
        Value::Numbers(numbers) => some(Part::Slice(all(numbers))),
        Value::Variants(name, variants) => {
            let variants = variants.iter().map(|it| format!("{name}::{it}"));
            some(Part::Slice(variants.collect()))
        }
        Value::Range(min, max) => {
            let fields = [("min", min), ("max", max)].map(|(key, end)| number(key, *end));
            structure("Durations::Range", &fields)
        }
        Value::Struct(name, fields, rest) => {
            let rest = (*rest == UnstatedFields::Open).then(|| format!("..{name}::OPEN"));
            let fields = fields.iter().map(|(key, value)| number(key, *value));
            structure(name, &fields.chain(rest).collect::<Vec<_>>())
        }
    };
    format!("{field}\n")
}

fn all(numbers: &[i64]) -> Vec<String> {
    numbers.iter().map(|number| integer_text(*number)).collect()
}

fn number(key: &str, number: i64) -> String {
    format!("{key}: {}", integer_text(number))
}
