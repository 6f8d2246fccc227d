//! The subcommands and request options of the command line.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::common::ident;
use crate::lower::{
    Command, CommandItem as Item, CommandOption, Creates, Form, Place, SetterArgument,
};

/// Everything the command line has of a specification.
pub(super) fn emit(commands: &[Command]) -> Vec<TokenStream> {
    let mut all = vec![subcommands(commands), run(commands)];
    for command in commands {
        match &command.creates {
            Creates::Options {
                name,
                request,
                options,
            } => all.extend([
                fields(command, name, options),
                apply(name, request, options),
            ]),
            Creates::Words { name, words } => {
                all.extend([
                    selection(command, name, words),
                    selected(command, name, words),
                ]);
            }
        }
    }
    all
}

fn subcommands(commands: &[Command]) -> TokenStream {
    let variants = commands.iter().map(|command| {
        let name = ident(&command.variant);
        let doc = doc(&command.doc);
        let args = match &command.creates {
            Creates::Options { name, .. } => {
                let name = ident(name);
                quote!(CreateArgs<#name>)
            }
            Creates::Words { name, .. } => {
                let name = ident(name);
                quote!(SelectArgs<#name>)
            }
        };
        quote!(#doc #[command(subcommand)] #name(FamilyCommand<#args>),)
    });
    quote! {
        /// The families of tasks, each with its verbs.
        #[derive(Debug, Subcommand)]
        pub(crate) enum TaskCommand { #(#variants)* }
    }
}

fn run(commands: &[Command]) -> TokenStream {
    let names = commands.iter().map(|command| ident(&command.variant));
    quote! {
        impl TaskCommand {
            /// Runs the subcommand to its end.
            pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
                match self { #(Self::#names(command) => command.run(context).await,)* }
            }
        }
    }
}

fn fields(command: &Command, name: &str, options: &[CommandOption]) -> TokenStream {
    let text = format!(
        "The request of `mps {} create` as options.",
        command.variant.to_lowercase()
    );
    let (doc, name) = (doc(&text), ident(name));
    let switches = options
        .iter()
        .filter(|it| matches!(it.form, Form::Switch(_)));
    // Each is two fields. The lint allows three.
    let bools = (switches.count() > 1).then(|| {
        quote! {
            #[expect(clippy::struct_excessive_bools, reason = "one for each switch and its opposite")]
        }
    });
    let fields = options.iter().map(field);
    quote! {
        #doc
        #[derive(Args, Clone, Debug)]
        #[command(next_help_heading = "Request members")]
        #bools
        pub(crate) struct #name { #(#fields)* }
    }
}

fn field(option: &CommandOption) -> TokenStream {
    let field = ident(&option.field);
    let doc = doc(&option.doc);
    let value = &option.value;
    let negative = matches!(option.form, Form::Integer | Form::Float)
        .then(|| quote!(, allow_negative_numbers = true));
    let parser = matches!(option.form, Form::Integer)
        .then(|| quote!(, value_parser = crate::request::whole_number));
    // So that shells complete paths.
    let hint = option
        .media
        .as_ref()
        .map(|_| quote!(, value_hint = clap::ValueHint::FilePath));
    let ty = match &option.form {
        Form::Switch(_) => return switch(option),
        Form::Text | Form::Keys(..) => quote!(Option<String>),
        Form::Integer => quote!(Option<i64>),
        Form::Float => quote!(Option<f64>),
        Form::Texts | Form::Items(_) => quote!(Vec<String>),
    };
    let file = option.file_doc.as_ref().map(|text| from_file(option, text));
    quote! {
        #doc
        #[arg(long, value_name = #value #negative #parser #hint)]
        #field: #ty,
        #file
    }
}

fn switch(option: &CommandOption) -> TokenStream {
    let (on, off) = (&option.field, format!("no_{}", option.field));
    let (field, opposite) = (ident(on), ident(&off));
    let doc = doc(&option.doc);
    quote! {
        #doc
        #[arg(long, overrides_with = #off)]
        #field: bool,
        #[arg(long, overrides_with = #on, hide = true)]
        #opposite: bool,
    }
}

fn from_file(option: &CommandOption, text: &str) -> TokenStream {
    let doc = doc(text);
    let field = ident(&format!("{}_file", option.field));
    let conflict = &option.field;
    quote! {
        #doc
        #[arg(long, value_name = "FILE|-", conflicts_with = #conflict)]
        #field: Option<PathBuf>,
    }
}

fn apply(name: &str, request: &str, options: &[CommandOption]) -> TokenStream {
    let (name, request) = (ident(name), ident(request));
    let own = options.iter().filter(|option| option.object.is_none());
    let own = own.map(|option| write(option, &quote!(request)));
    let objects: BTreeSet<&Place> = options.iter().filter_map(|it| it.object.as_ref()).collect();
    let inside = objects.iter().map(|object| {
        let members = options
            .iter()
            .filter(|it| it.object.as_ref() == Some(object));
        let members = members.map(|option| write(option, &quote!(object)));
        let field = ident(&object.field);
        if object.required {
            quote!({ let object = &mut request.#field; #(#members)* })
        } else {
            quote!(set_object(&mut request.#field, |object| { #(#members)* });)
        }
    });
    let model = options.iter().find(|option| {
        let is_text = matches!(option.form, Form::Text);
        is_text && option.object.is_none() && option.member.field == "model_name"
    });
    let model = model.map(|option| {
        let field = ident(&option.field);
        let member = ident(&option.member.field);
        quote! {
            fn model(&self) -> Option<&str> {
                self.#field.as_deref()
            }

            fn set_model(request: &mut #request, model: &str) {
                request.#member = Some(model.to_owned());
            }
        }
    });
    let media = media(options);
    quote! {
        impl RequestFields for #name {
            type Request = #request;

            #model

            #media

            fn apply(&self, request: &mut #request) -> Result<(), Failure> {
                #(#own)*
                #(#inside)*
                Ok(())
            }
        }
    }
}

/// Returns the method that lists the options whose value may be a file of this machine.
fn media(options: &[CommandOption]) -> Option<TokenStream> {
    let found = options.iter().filter_map(|option| {
        let (kind, member) = option.media.as_ref()?;
        let (field, kind, flag) = (ident(&option.field), ident(kind), &option.flag);
        let keys = match &option.form {
            Form::Items(item) => item.keys.iter().map(|(key, _)| key).collect(),
            _ => Vec::new(),
        };
        Some(quote! {
            media.add(
                MediaOption {
                    flag: #flag,
                    member: #member,
                    kind: FileKind::#kind,
                    keys: &[#(#keys),*],
                },
                &mut self.#field,
            );
        })
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty()).then(|| {
        quote! {
            fn media<'a>(&'a mut self, media: &mut MediaOptions<'a>) { #(#found)* }
        }
    })
}

fn write(option: &CommandOption, on: &TokenStream) -> TokenStream {
    let member = ident(&option.member.field);
    let target = quote!(#on.#member);
    let field = ident(&option.field);
    let flag = &option.flag;
    match &option.form {
        Form::Text | Form::Integer | Form::Float => {
            let file = option
                .file_doc
                .as_ref()
                .map(|_| write_file(option, &target));
            let value = write_value(option, &target, &quote!(self.#field.as_ref()));
            quote!(#value #file)
        }
        Form::Switch(takes) => {
            let opposite = ident(&format!("no_{}", option.field));
            let convert = match takes {
                None | Some(SetterArgument::Json) => None,
                Some(SetterArgument::OneOrZero) => Some(quote!(.map(i64::from))),
                Some(SetterArgument::YesOrNo) => {
                    Some(quote!(.map(|on| if on { "yes" } else { "no" }.to_owned())))
                }
            };
            let value = quote!(switch(self.#field, self.#opposite)#convert.as_ref());
            write_value(option, &target, &value)
        }
        Form::Texts => quote! {
            if !self.#field.is_empty() {
                #target.clone_from(&self.#field);
            }
        },
        Form::Items(item) => {
            let build = build_item(flag, item);
            quote!(set_list(&mut #target, &self.#field, #build)?;)
        }
        Form::Keys(item, example) => {
            let build = wrapped(option, &quote!(item));
            let item = build_keys(flag, item, example);
            quote! {
                if let Some(text) = &self.#field {
                    let item = #item?;
                    #target = #build;
                }
            }
        }
    }
}

/// Sets a member to a value that may be missing.
fn write_value(option: &CommandOption, target: &TokenStream, value: &TokenStream) -> TokenStream {
    if option.member.required {
        quote!(if let Some(value) = #value { #target.clone_from(value); })
    } else {
        quote!(set(&mut #target, #value);)
    }
}

fn write_file(option: &CommandOption, target: &TokenStream) -> TokenStream {
    let field = ident(&format!("{}_file", option.field));
    let text = wrapped(option, &quote!(text_of_file(file)?));
    quote!(if let Some(file) = &self.#field { #target = #text; })
}

fn wrapped(option: &CommandOption, value: &TokenStream) -> TokenStream {
    if option.member.required {
        quote!(#value)
    } else {
        quote!(Some(#value))
    }
}

fn build_item(flag: &str, item: &Item) -> TokenStream {
    let name = ident(&item.name);
    let main = ident(&item.main);
    let known = item.keys.iter().map(|(key, _)| key);
    if item.keys.is_empty() {
        return quote! {
            |text| {
                let (url, _) = url_and_options(#flag, text, &[])?;
                Ok(#name::new().#main(url))
            }
        };
    }
    let arms = arms(item);
    quote! {
        |text| {
            let (url, options) = url_and_options(#flag, text, &[#(#known),*])?;
            let mut item = #name::new().#main(url);
            for (key, value) in options {
                item = match key { #arms };
            }
            Ok(item)
        }
    }
}

fn build_keys(flag: &str, item: &Item, example: &str) -> TokenStream {
    let name = ident(&item.name);
    let known = item.keys.iter().map(|(key, _)| key);
    let arms = arms(item);
    quote! {
        keys_and_values(#flag, text, &[#(#known),*], #example).map(|pairs| {
            let mut item = #name::default();
            for (key, value) in pairs {
                item = match key { #arms };
            }
            item
        })
    }
}

fn arms(item: &Item) -> TokenStream {
    let arms = item.keys.iter().map(|(key, field)| {
        let field = ident(field);
        quote!(#key => item.#field(value),)
    });
    quote!(#(#arms)* _ => item,)
}

type Words = [(String, String, String)];

fn selection(command: &Command, name: &str, words: &Words) -> TokenStream {
    let text = format!(
        "The actions of `mps {} create`.",
        command.variant.to_lowercase()
    );
    let (head, name) = (doc(&text), ident(name));
    let variants = words.iter().map(|(variant, action, text)| {
        let (variant, doc) = (ident(variant), doc(text));
        quote!(#doc #[value(alias = #action)] #variant,)
    });
    quote! {
        #head
        #[derive(Clone, Copy, Debug, ValueEnum)]
        pub(crate) enum #name { #(#variants)* }
    }
}

fn selected(command: &Command, name: &str, words: &Words) -> TokenStream {
    let (name, family) = (ident(name), ident(&command.variant));
    let arms = words.iter().map(|(variant, action, _)| {
        let (variant, action) = (ident(variant), ident(action));
        quote!(Self::#variant => args.send::<#action>(context).await,)
    });
    quote! {
        impl Selection for #name {
            type Family = #family;

            async fn create(
                self,
                args: &SelectArgs<Self>,
                context: &Context,
            ) -> Result<(), Failure> {
                match self { #(#arms)* }
            }
        }
    }
}

fn doc(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}
