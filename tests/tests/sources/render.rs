//! Public items as text: signatures without bodies, documentation and private parts.

use syn::{
    Attribute, Block, Expr, Field, Fields, FnArg, Ident, ImplItem, Item, ItemEnum, ItemStruct,
    ItemTrait, Pat, ReceiverKind, Signature, TraitItem, Visibility, parse_quote,
};

use crate::{attributes, text};

/// Stands for the private fields of a struct until its text is final.
const PRIVATE_FIELDS: &str = "private_fields: (),";

/// Returns the definition of a public item under the name that it is exported by.
pub(crate) fn item(item: &Item, name: &str) -> String {
    let mut item = item.clone();
    rename(&mut item, name);
    match &mut item {
        Item::Const(item) => {
            clean(&mut item.attrs);
            *item.expr = Expr::Infer(parse_quote!(_));
        }
        Item::Static(item) => {
            clean(&mut item.attrs);
            *item.expr = Expr::Infer(parse_quote!(_));
        }
        Item::Enum(item) => enumeration(item),
        Item::Fn(item) => {
            clean(&mut item.attrs);
            signature(&mut item.sig);
            *item.block = empty();
        }
        Item::Struct(item) => structure(item),
        Item::Trait(item) => interface(item),
        Item::Type(item) => clean(&mut item.attrs),
        Item::Union(item) => clean(&mut item.attrs),
        _ => {}
    }
    text::formatted(item).replace(PRIVATE_FIELDS, "/* private fields */")
}

fn rename(item: &mut Item, name: &str) {
    let ident = match item {
        Item::Const(item) => &mut item.ident,
        Item::Enum(item) => &mut item.ident,
        Item::Fn(item) => &mut item.sig.ident,
        Item::Static(item) => &mut item.ident,
        Item::Struct(item) => &mut item.ident,
        Item::Trait(item) => &mut item.ident,
        Item::Type(item) => &mut item.ident,
        Item::Union(item) => &mut item.ident,
        _ => return,
    };
    *ident = Ident::new(name, ident.span());
}

/// Removes what only the body sees: `mut` of a parameter.
fn signature(signature: &mut Signature) {
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) if matches!(receiver.kind, ReceiverKind::Value) => {
                receiver.mutability = None;
            }
            FnArg::Typed(parameter) => {
                if let Pat::Ident(pattern) = &mut *parameter.pat {
                    pattern.mutability = None;
                }
            }
            FnArg::Receiver(_) => {}
        }
    }
}

/// Returns an item of an `impl` block of generated code in a few characters: its name, and the types
/// of what a function takes, unless it is the setter of a field.
pub(crate) fn brief(item: &ImplItem, fields: &[String]) -> String {
    let name = name(item);
    let ImplItem::Fn(function) = item else {
        return name;
    };
    let types: Vec<_> = function
        .sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(text::ty(&parameter.ty)),
            FnArg::Receiver(_) => None,
        })
        .collect();
    if types.is_empty() || fields.contains(&name) {
        return name;
    }
    format!("{name}({})", types.join(", "))
}

/// Returns the names of an item's fields.
pub(crate) fn fields(item: &Item) -> Vec<String> {
    let Item::Struct(item) = item else {
        return Vec::new();
    };
    let names = item.fields.iter().filter_map(|field| field.ident.as_ref());
    names.map(ToString::to_string).collect()
}

/// Returns what an `impl` block without a trait makes public; `None` if that is nothing.
pub(crate) fn inherent(block: &syn::ItemImpl) -> Option<syn::ItemImpl> {
    let mut block = block.clone();
    block.attrs = Vec::new();
    block
        .items
        .retain(|item| matches!(visibility(item), Some(Visibility::Public(_))));
    for item in &mut block.items {
        match item {
            ImplItem::Fn(function) => {
                clean(&mut function.attrs);
                signature(&mut function.sig);
                function.block = empty();
            }
            ImplItem::Const(constant) => {
                clean(&mut constant.attrs);
                constant.expr = Expr::Infer(parse_quote!(_));
            }
            _ => {}
        }
    }
    block
        .items
        .sort_by_key(|item| (matches!(item, ImplItem::Fn(_)), name(item)));
    (!block.items.is_empty()).then_some(block)
}

/// Returns an implementation of a trait on one line, with its associated types.
pub(crate) fn implementation(block: &syn::ItemImpl) -> String {
    let mut header = block.clone();
    header.attrs = Vec::new();
    header.items = Vec::new();
    if let Some((path, _)) = &mut header.trait_
        && let Some(last) = path.segments.last().cloned()
    {
        // Whatever its module is called here.
        *path = last.into();
    }
    let header = text::one_line(Item::Impl(header));
    let types = block.items.iter().filter_map(|item| match item {
        ImplItem::Type(item) => Some(format!("type {} = {};", item.ident, text::ty(&item.ty))),
        _ => None,
    });
    let types: Vec<_> = types.collect();
    if types.is_empty() {
        header
    } else {
        format!("{header} {{ {} }}", types.join(" "))
    }
}

/// Returns the name of an item of an `impl` block.
pub(crate) fn name(item: &ImplItem) -> String {
    match item {
        ImplItem::Const(item) => item.ident.to_string(),
        ImplItem::Fn(item) => item.sig.ident.to_string(),
        ImplItem::Type(item) => item.ident.to_string(),
        _ => String::new(),
    }
}

fn visibility(item: &ImplItem) -> Option<&Visibility> {
    match item {
        ImplItem::Const(item) => Some(&item.vis),
        ImplItem::Fn(item) => Some(&item.vis),
        ImplItem::Type(item) => Some(&item.vis),
        _ => None,
    }
}

fn structure(item: &mut ItemStruct) {
    clean(&mut item.attrs);
    match &mut item.fields {
        Fields::Named(fields) => {
            let all = fields.named.len();
            fields.named = fields
                .named
                .iter()
                .filter(|field| is_public(field))
                .cloned()
                .collect();
            fields
                .named
                .iter_mut()
                .for_each(|field| clean(&mut field.attrs));
            if fields.named.len() < all {
                fields.named.push(parse_quote!(private_fields: ()));
            }
        }
        Fields::Unnamed(fields) => {
            for field in &mut fields.unnamed {
                clean(&mut field.attrs);
                if !is_public(field) {
                    field.vis = Visibility::Inherited;
                    field.ty = parse_quote!(_);
                }
            }
        }
        Fields::Unit => {}
    }
}

fn is_public(field: &Field) -> bool {
    matches!(field.vis, Visibility::Public(_))
}

fn enumeration(item: &mut ItemEnum) {
    clean(&mut item.attrs);
    for variant in &mut item.variants {
        clean(&mut variant.attrs);
        variant
            .fields
            .iter_mut()
            .for_each(|field| clean(&mut field.attrs));
    }
}

/// Methods in alphabetical order; `#[provided]` marks those that implementors may leave out.
fn interface(item: &mut ItemTrait) {
    clean(&mut item.attrs);
    for item in &mut item.items {
        match item {
            TraitItem::Fn(function) => {
                clean(&mut function.attrs);
                signature(&mut function.sig);
                if function.default.take().is_some() {
                    function.attrs.push(parse_quote!(#[provided]));
                }
            }
            TraitItem::Const(constant) => clean(&mut constant.attrs),
            TraitItem::Type(ty) => clean(&mut ty.attrs),
            _ => {}
        }
    }
    item.items.sort_by_key(|item| match item {
        TraitItem::Const(item) => (0, item.ident.to_string()),
        TraitItem::Type(item) => (1, item.ident.to_string()),
        TraitItem::Fn(item) => (2, item.sig.ident.to_string()),
        _ => (3, String::new()),
    });
}

/// Keeps what belongs to the public API, conditions included.
fn clean(attributes: &mut Vec<Attribute>) {
    let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    let mut kept: Vec<_> = attributes.iter().filter(is_cfg).cloned().collect();
    kept.extend(attributes::public(attributes));
    *attributes = kept;
}

fn empty() -> Block {
    parse_quote!({})
}
