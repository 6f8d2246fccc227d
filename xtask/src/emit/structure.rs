//! Templates of a struct and its implementations.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    checks,
    common::{docs, ident, integer},
    example, serde,
};
use crate::lower::{Bounds, Cardinality, Field, Helper, Push, SetterArgument, Struct, ValueType};

pub(super) fn emit(structure: &Struct) -> Result<Vec<TokenStream>, syn::Error> {
    let mut items = vec![
        definition(structure)?,
        implementation(structure),
        debug(structure),
    ];
    items.extend(serde::emit(structure));
    if structure.in_request {
        items.push(checks::preflight(structure));
    }
    Ok(items)
}

fn definition(structure: &Struct) -> Result<TokenStream, syn::Error> {
    let mut lines = structure.doc.clone();
    if let Some(example) = &structure.example {
        lines.extend(example::docs(example)?);
    }
    let doc = docs(&lines);
    let name = ident(&structure.name);
    let fields = structure.fields.iter().map(field);
    let extra = if structure.in_request {
        quote! {
            /// Members that the specification does not have, sent unchanged.
        }
    } else {
        quote! {
            /// Members that the specification does not have, kept as they were answered.
        }
    };
    Ok(quote! {
        #doc
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
            #extra
            pub extra: Map<String, Value>,
        }
    })
}

fn field(field: &Field) -> TokenStream {
    let doc = docs(&field.doc);
    let name = ident(&field.name);
    let item = item(field);
    let ty = match field.cardinality {
        Cardinality::Plain => item,
        Cardinality::Optional if field.boxed => quote!(Option<Box<#item>>),
        Cardinality::Optional => quote!(Option<#item>),
        Cardinality::List => quote!(Vec<#item>),
    };
    quote! {
        #doc
        pub #name: #ty,
    }
}

fn item(field: &Field) -> TokenStream {
    match &field.value_type {
        ValueType::Text => quote!(String),
        ValueType::Integer => quote!(i64),
        ValueType::Float => quote!(f64),
        ValueType::Boolean => quote!(bool),
        ValueType::Struct(name) | ValueType::Enum(name) => {
            let name = ident(name);
            quote!(#name)
        }
    }
}

fn implementation(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    let members = structure.fields.iter().map(|field| &field.wire);
    let schema = schema(structure);
    let new = new(structure);
    let setters = structure.fields.iter().map(setter);
    let extra = extra_setter();
    quote! {
        impl #name {
            /// Names of the members as they are sent.
            pub const MEMBERS: &'static [&'static str] = &[#(#members),*];
            /// The shape of this object as data.
            pub const SCHEMA: &'static StructInfo = #schema;
            #new
            #(#setters)*
            #extra
        }
    }
}

fn schema(structure: &Struct) -> TokenStream {
    let name = &structure.name;
    let doc = &structure.summary;
    let described = structure.described;
    let members = structure.fields.iter().map(|field| {
        let wire = &field.wire;
        let doc = &field.summary;
        let kind = kind(field);
        let bounds = bounds(&field.bounds);
        let required = field.required.then(|| quote!(.required()));
        let sensitive = field.sensitive.then(|| quote!(.sensitive()));
        quote!(MemberInfo::new(#wire, #doc, #kind) #required #sensitive #bounds)
    });
    quote!(&StructInfo {
        name: #name,
        doc: #doc,
        described: #described,
        members: &[#(#members),*],
    })
}

/// Returns the bounds of a member, if it has any.
fn bounds(bounds: &Bounds) -> Option<TokenStream> {
    let text = |key: &str, value: &Option<String>| {
        let (key, value) = (ident(key), value.as_ref()?);
        Some(quote!(#key: Some(#value),))
    };
    let count = |key: &str, value: Option<u32>| {
        let (key, value) = (ident(key), integer(value?.into()));
        Some(quote!(#key: Some(#value),))
    };
    let one_of = &bounds.one_of;
    let fields = [
        text("min", &bounds.min),
        text("max", &bounds.max),
        count("max_chars", bounds.max_chars),
        count("max_items", bounds.max_items),
        bounds.unique_items.then(|| quote!(unique_items: true,)),
        (!one_of.is_empty()).then(|| quote!(one_of: &[#(#one_of),*],)),
        text("format", &bounds.format),
        text("default", &bounds.default),
    ];
    let fields: Vec<TokenStream> = fields.into_iter().flatten().collect();
    (!fields.is_empty()).then(|| quote!(.bounds(Bounds { #(#fields)* ..Bounds::NONE })))
}

fn kind(field: &Field) -> TokenStream {
    let item = match &field.value_type {
        ValueType::Text => quote!(Kind::Text),
        ValueType::Integer => quote!(Kind::Integer),
        ValueType::Float => quote!(Kind::Float),
        ValueType::Boolean => quote!(Kind::Boolean),
        ValueType::Struct(name) => quote!(Kind::Struct(#name)),
        ValueType::Enum(name) => {
            let name = ident(name);
            quote!(Kind::Enum(#name::VALUES))
        }
    };
    match field.cardinality {
        Cardinality::List => quote!(Kind::List(&#item)),
        Cardinality::Plain | Cardinality::Optional => item,
    }
}

fn new(structure: &Struct) -> TokenStream {
    let params: Vec<TokenStream> = structure.required().map(param).collect();
    if params.is_empty() {
        return quote! {
            /// Creates a value in which no member is set.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }
        };
    }
    let values = structure.required().map(|field| {
        let name = ident(&field.name);
        if is_taken_as_is(field) {
            return quote!(#name,);
        }
        let value = value(field);
        quote!(#name: #value,)
    });
    quote! {
        /// Creates a value with the required members.
        #[must_use]
        pub fn new(#(#params),*) -> Self {
            Self { #(#values)* ..Self::default() }
        }
    }
}

fn setter(field: &Field) -> TokenStream {
    let doc = docs(&field.setter_doc);
    let name = ident(&field.name);
    let param = param(field);
    let value = value(field);
    let push = field.push.as_ref().map(|push| push_setter(field, push));
    let second = field
        .helper
        .as_ref()
        .map(|helper| helper_setter(&name, helper));
    quote! {
        #doc
        #[must_use]
        pub fn #name(mut self, #param) -> Self {
            self.#name = #value;
            self
        }
        #push
        #second
    }
}

fn push_setter(field: &Field, push: &Push) -> TokenStream {
    let doc = docs(&push.doc);
    let setter = ident(&push.name);
    let name = ident(&field.name);
    let item = item(field);
    let (param, value) = match &field.value_type {
        ValueType::Text | ValueType::Enum(_) => (quote!(impl Into<#item>), quote!(item.into())),
        _ => (item, quote!(item)),
    };
    quote! {
        #doc
        #[must_use]
        pub fn #setter(mut self, item: #param) -> Self {
            self.#name.push(#value);
            self
        }
    }
}

fn helper_setter(setter: &Ident, helper: &Helper) -> TokenStream {
    let doc = docs(&helper.doc);
    let name = ident(&helper.name);
    let (param, value) = match helper.takes {
        SetterArgument::Json => (quote!(&Value), quote!(value.to_string())),
        SetterArgument::YesOrNo => (quote!(bool), quote!(if value { "yes" } else { "no" })),
        SetterArgument::OneOrZero => (quote!(bool), quote!(value.into())),
    };
    quote! {
        #doc
        #[must_use]
        pub fn #name(self, value: #param) -> Self {
            self.#setter(#value)
        }
    }
}

fn extra_setter() -> TokenStream {
    quote! {
        /// Adds a member that the specification does not have.
        #[must_use]
        pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
            self.extra.insert(name.into(), value.into());
            self
        }
    }
}

fn param(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    let item = item(field);
    let each = match &field.value_type {
        ValueType::Text | ValueType::Enum(_) => quote!(impl Into<#item>),
        _ => item,
    };
    match field.cardinality {
        Cardinality::List => quote!(#name: impl IntoIterator<Item = #each>),
        Cardinality::Plain | Cardinality::Optional => quote!(#name: #each),
    }
}

fn value(field: &Field) -> TokenStream {
    let name = ident(&field.name);
    let converts = matches!(field.value_type, ValueType::Text | ValueType::Enum(_));
    let one = if converts {
        quote!(#name.into())
    } else {
        quote!(#name)
    };
    match field.cardinality {
        Cardinality::Plain => one,
        Cardinality::Optional if field.boxed => quote!(Some(Box::new(#one))),
        Cardinality::Optional => quote!(Some(#one)),
        Cardinality::List if converts => quote!(#name.into_iter().map(Into::into).collect()),
        Cardinality::List => quote!(#name.into_iter().collect()),
    }
}

/// Returns whether a setter stores its argument without conversion.
fn is_taken_as_is(field: &Field) -> bool {
    field.cardinality == Cardinality::Plain && matches!(field.value_type, ValueType::Struct(_))
}

fn debug(structure: &Struct) -> TokenStream {
    let name = ident(&structure.name);
    let text = &structure.name;
    let fields = structure.fields.iter().map(|field| {
        let label = field.name.trim_start_matches("r#");
        let name = ident(&field.name);
        let value = if field.sensitive {
            quote!(Hidden)
        } else {
            quote!(self.#name)
        };
        quote!(.field(#label, &#value))
    });
    let extra = quote!(.field("extra", &Keys(&self.extra)));
    quote! {
        impl fmt::Debug for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(#text) #(#fields)* #extra .finish()
            }
        }
    }
}
