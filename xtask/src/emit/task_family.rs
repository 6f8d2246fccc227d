//! Families of tasks: the enum of the models, and the families of the facade.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    common::{docs, ident, option},
    task_results,
};
use crate::lower::{Label, Read, TaskCreate, TaskFamily};

/// The enum and the facts of each family, for the models.
pub(super) fn models(families: &[TaskFamily]) -> Vec<TokenStream> {
    let mut all = vec![enumeration(families), conversions(families)];
    all.extend(families.iter().map(facts));
    all
}

fn enumeration(families: &[TaskFamily]) -> TokenStream {
    let variants = families.iter().map(|family| {
        let name = ident(&family.variant);
        let wire = &family.name;
        let doc = docs(&family.doc);
        quote!(#doc #[serde(rename = #wire)] #name,)
    });
    quote! {
        /// A family of tasks: one action describes a task, one or more create it.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize
        )]
        #[non_exhaustive]
        pub enum TaskFamily { #(#variants)* }
    }
}

fn conversions(families: &[TaskFamily]) -> TokenStream {
    let variants: Vec<_> = families.iter().map(|it| ident(&it.variant)).collect();
    let constants = families.iter().map(|it| ident(&it.constant));
    quote! {
        impl TaskFamily {
            /// Every family, in the order of the specification.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// Returns the facts about the family.
            #[must_use]
            pub const fn info(self) -> &'static TaskFamilyInfo {
                match self { #(Self::#variants => &#constants,)* }
            }
        }
    }
}

fn facts(family: &TaskFamily) -> TokenStream {
    let constant = ident(&family.constant);
    let name = &family.name;
    let describe = ident(&family.describe);
    let creates = family.creates.iter().map(|create| ident(&create.request));
    let (status, message) = (&family.status_path, &family.message_path);
    let results = task_results::facts(&family.results);
    let id_tag = option(family.id_tag.as_deref());
    let hours = family.result_hours.map_or_else(
        || quote!(None),
        |hours| {
            let hours = proc_macro2::Literal::u32_unsuffixed(hours);
            quote!(Some(#hours))
        },
    );
    quote! {
        static #constant: TaskFamilyInfo = TaskFamilyInfo {
            name: #name,
            describe: #describe::INFO,
            creates: &[#(#creates::INFO),*],
            status: #status,
            message: #message,
            result_hours: #hours,
            #results
            id_tag: #id_tag,
        };
    }
}

/// The marker types and their actions, for the facade.
pub(super) fn facade(families: &[TaskFamily]) -> Vec<TokenStream> {
    let mut all = vec![methods(families), poller(families)];
    for family in families {
        all.extend([marker(family), family_impl(family)]);
        all.extend(
            family
                .creates
                .iter()
                .map(|create| create_impl(family, create)),
        );
    }
    all
}

fn methods(families: &[TaskFamily]) -> TokenStream {
    let methods = families.iter().map(|family| {
        let method = ident(&family.method);
        let marker = ident(&family.variant);
        let doc = format!(" Returns the {} tasks of this account.", family.name);
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #method(&self) -> Tasks<#marker> {
                self.tasks()
            }
        }
    });
    quote!(impl Aigc { #(#methods)* })
}

fn marker(family: &TaskFamily) -> TokenStream {
    let name = ident(&family.variant);
    let mut lines = family.doc.clone();
    let link = |action: &String| format!("[`{action}`](mps_models::{action}).");
    let mut creates: Vec<String> = family
        .creates
        .iter()
        .map(|create| format!("- {}", link(&create.request)))
        .collect();
    lines.extend([String::new(), "Creating actions:".to_owned()]);
    lines.append(&mut creates);
    let describe = link(&family.describe);
    lines.extend([String::new(), format!("Describing action: {describe}")]);
    let doc = docs(&lines);
    quote! {
        #doc
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct #name;
    }
}

fn family_impl(family: &TaskFamily) -> TokenStream {
    let name = ident(&family.variant);
    let describe = ident(&family.describe);
    let described = ident(&family.described);
    let answer = &family.answer;
    let status = one(&answer.status);
    let status_type = ident(&answer.status_type);
    let optional = |read: &Option<Read>| read.as_ref().map_or_else(|| quote!(None), one);
    let stage = optional(&answer.stage);
    let code = optional(&answer.code);
    let message = one(&answer.message);
    let finished = optional(&answer.finished);
    let request = optional(&answer.request);
    let details = optional(&answer.details);
    let results = answer.results.iter().map(task_results::add);
    quote! {
        impl Family for #name {
            const FAMILY: TaskFamily = TaskFamily::#name;
            type Describe = #describe;

            fn describe(task_id: &str) -> #describe {
                #describe::new(task_id)
            }

            fn snapshot(described: #described) -> Snapshot {
                let status = #status;
                let mut read = Described {
                    phase: status.as_ref().map_or(TaskPhase::Pending, #status_type::phase),
                    is_known_status: !matches!(status, None | Some(#status_type::Unknown(_))),
                    status: status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
                    stage: #stage,
                    code: #code,
                    message: #message,
                    finished: #finished,
                    request: #request,
                    details: #details,
                    results: Vec::new(),
                };
                #(#results)*
                read.snapshot(Self::FAMILY)
            }
        }
    }
}

/// A single value.
fn one(read: &Read) -> TokenStream {
    let field = ident(&read.field);
    match &read.inside {
        None => quote!(described.#field),
        Some(inside) => {
            let inside = ident(inside);
            quote!(described.#field.as_ref().and_then(|inside| inside.#inside.clone()))
        }
    }
}

fn create_impl(family: &TaskFamily, create: &TaskCreate) -> TokenStream {
    let action = ident(&create.request);
    let response = ident(&create.response);
    let family = ident(&family.variant);
    let label = label(&create.label);
    quote! {
        impl Create for #action {
            type Family = #family;

            fn task_id(created: #response) -> Option<String> {
                created.task_id
            }

            #label
        }
    }
}

/// The method that adds what a request says about its task, unless it says nothing.
fn label(label: &Label) -> Option<TokenStream> {
    let text = |name: &String| {
        let field = ident(name);
        quote!(self.#field.as_deref())
    };
    let model = text(label.model.as_ref()?);
    let none = || quote!(None);
    let version = label.version.as_ref().map_or_else(none, text);
    let seconds = label.seconds.as_ref().map_or_else(none, |name| {
        let field = ident(name);
        quote!(self.#field)
    });
    Some(quote! {
        fn label(&self, handle: TaskHandle) -> TaskHandle {
            handle.labelled(#model, #version, #seconds)
        }
    })
}

/// The function that polls a task of a family that is known at run time only.
fn poller(families: &[TaskFamily]) -> TokenStream {
    let names = families.iter().map(|family| ident(&family.variant));
    quote! {
        /// Returns the function that polls tasks of a family, or `None` if this crate has no type for it.
        pub(crate) fn poller(family: TaskFamily) -> Option<Poller> {
            match family {
                #(TaskFamily::#names => Some(poll::<#names>),)*
                _ => None,
            }
        }
    }
}
