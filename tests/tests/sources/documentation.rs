//! Documentation that callers rely on: errors, cancel safety, and how comments begin.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, ImplItem, Item, ItemImpl, ReturnType, Signature, TraitItem, Type, Visibility,
};

use crate::{
    attributes,
    export::{Exports, attributes_of},
    krate::{Crate, workspace},
    text,
};

/// The libraries whose functions are documented for callers.
const LIBRARIES: [&str; 5] = [
    "mps-models",
    "mps-core",
    "mps-aigc",
    "mps-jobs",
    "mps-emulator",
];

/// Folders of the workspace with sources of ours.
const FOLDERS: [&str; 3] = ["crates", "tests", "xtask"];

/// Words that documentation must not begin with: none is a verb or names the item.
const VAGUE: [&str; 7] = ["Who", "Whom", "Whose", "What", "Whether", "How", "One that"];

/// A public function, with its type or trait if it has one.
struct Function<'a> {
    path: String,
    attributes: &'a [Attribute],
    signature: &'a Signature,
}

impl Function<'_> {
    fn has(&self, section: &str) -> bool {
        let documentation = attributes::documentation(self.attributes);
        documentation.lines().any(|line| line.trim() == section)
    }

    /// Returns the type that the caller gets in the end, after an `.await` if there is one.
    fn output(&self) -> Option<String> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(text::ty(&**ty)),
        }
    }
}

fn is_fallible(function: &Function<'_>) -> bool {
    function.output().is_some_and(|output| is_result(&output))
}

fn is_async(function: &Function<'_>) -> bool {
    let is_future =
        |output: String| output.starts_with("BoxFuture<") || output.starts_with("impl Future<");
    function.signature.asyncness.is_some() || function.output().is_some_and(is_future)
}

/// Returns `true` for a `Result`, also of the crate's own name, and for a future of one.
fn is_result(output: &str) -> bool {
    let (outer, inner) = output.split_once('<').unwrap_or((output, ""));
    match outer.rsplit("::").next().unwrap_or(outer).trim() {
        "Result" | "Outcome" => true,
        "BoxFuture" | "impl Future" => {
            let inner = inner
                .rsplit_once("Output = ")
                .map_or(inner, |(_, output)| output);
            let after_lifetime = inner.split_once(", ").filter(|_| inner.starts_with('\''));
            is_result(
                after_lifetime
                    .map_or(inner, |(_, output)| output)
                    .trim_end_matches('>'),
            )
        }
        _ => false,
    }
}

/// Returns the public functions of a crate: free ones, methods, and those of traits, whose
/// implementations need not repeat their documentation.
fn functions(krate: &Crate) -> Vec<Function<'_>> {
    let exports = Exports::of(krate);
    let mut found = Vec::new();
    for (id, export) in &exports.items {
        let item = krate.item(*id);
        match item {
            Item::Fn(function) => found.push(Function {
                path: export.path(),
                attributes: attributes_of(item),
                signature: &function.sig,
            }),
            Item::Trait(item) => found.extend(item.items.iter().filter_map(|item| match item {
                TraitItem::Fn(function) => Some(Function {
                    path: format!("{}::{}", export.path(), function.sig.ident),
                    attributes: &function.attrs,
                    signature: &function.sig,
                }),
                _ => None,
            })),
            _ => {}
        }
    }
    for (index, module) in krate.modules.iter().enumerate() {
        for item in &module.items {
            if let Item::Impl(block) = item {
                found.extend(methods(krate, &exports, index, block));
            }
        }
    }
    found
}

/// Returns the public methods of an `impl` block for a public type.
fn methods<'a>(
    krate: &Crate,
    exports: &Exports,
    module: usize,
    block: &'a ItemImpl,
) -> Vec<Function<'a>> {
    let Type::Path(ty) = &*block.self_ty else {
        return Vec::new();
    };
    if block.trait_.is_some() || attributes::is_test(&block.attrs) {
        return Vec::new();
    }
    let names = ty.path.segments.iter().map(|part| part.ident.to_string());
    let target = krate.resolve(module, &names.collect::<Vec<_>>());
    let Some(export) = target.first().and_then(|id| exports.items.get(id)) else {
        return Vec::new();
    };
    let methods = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(Function {
            path: format!("{}::{}", export.path(), function.sig.ident),
            attributes: &function.attrs,
            signature: &function.sig,
        }),
        _ => None,
    });
    methods.collect()
}

/// Returns the paths of the functions that need a section of documentation and do not have it.
fn without(section: &str, needs_it: fn(&Function<'_>) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for name in LIBRARIES {
        let krate = Crate::parse(name);
        let functions = functions(&krate).into_iter();
        let functions = functions.filter(|function| needs_it(function) && !function.has(section));
        found.extend(functions.map(|function| function.path));
    }
    found.sort();
    found
}

fn assert_none(found: &[String], rule: &str) {
    assert!(
        found.is_empty(),
        "{rule}; {} do not:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn public_functions_that_return_a_result_document_their_errors() {
    let found = without("# Errors", is_fallible);
    assert_none(
        &found,
        "public functions that return a Result have a section `# Errors`",
    );
}

#[test]
fn public_async_functions_document_their_cancel_safety() {
    let found = without("# Cancel safety", is_async);
    assert_none(
        &found,
        "public async functions have a section `# Cancel safety`",
    );
}

/// Returns every source file of the workspace with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        collect(&workspace().join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Build output may be anywhere below, and fixtures are data.
        let skipped = ["target", "fixtures", "node_modules"]
            .iter()
            .any(|name| path.ends_with(name));
        if path.is_dir() && !skipped {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(workspace()).unwrap().to_owned(), text));
        }
    }
}

/// Returns the line numbers at which a comment of documentation begins vaguely.
fn vague_beginnings(text: &str) -> Vec<usize> {
    let comment = |line: &str| {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        comment.map(|text| text.trim().to_owned())
    };
    let mut found = Vec::new();
    let mut previous = false;
    for (number, line) in text.lines().enumerate() {
        let comment = comment(line);
        if let Some(comment) = &comment
            && !previous
            && is_vague(comment)
        {
            found.push(number + 1);
        }
        previous = comment.is_some();
    }
    found
}

fn is_vague(comment: &str) -> bool {
    VAGUE.iter().any(|word| {
        let rest = comment.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',']))
    })
}

#[test]
fn every_source_file_begins_with_its_purpose() {
    let begins = |text: &str| text.starts_with("//! ") || text.starts_with("// Generated by");
    let found: Vec<_> = sources()
        .iter()
        .filter(|(_, text)| !begins(text))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_none(&found, "source files begin with a line `//! ...`");
}

#[test]
fn documentation_begins_with_a_verb_or_a_noun() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        for line in vague_beginnings(&text) {
            found.push(format!("{}:{line}", path.display()));
        }
    }
    assert_none(
        &found,
        "documentation does not begin with Who, What, Whether, How or One that",
    );
}

#[test]
fn a_result_is_recognised_behind_a_path_and_in_a_future() {
    for fallible in [
        "Result<u8, Error>",
        "io::Result<()>",
        "Result<BoxFuture<'static, u8>, Error>",
        "BoxFuture<'_, Result<u8, Error>>",
        "BoxFuture<'a, io::Result<u8>>",
        "impl Future<Output = Result<u8, Error>> + Send",
    ] {
        assert!(is_result(fallible), "{fallible}");
    }
    for infallible in [
        "u8",
        "Option<Result<u8, Error>>",
        "BoxFuture<'_, ()>",
        "ResultInfo",
        "Arc<dyn Fn() -> Result<u8, u8>>",
    ] {
        assert!(!is_result(infallible), "{infallible}");
    }
}

#[test]
fn a_vague_beginning_is_recognised() {
    let text = "//! What it is.\n\n/// Returns how\n/// What is left.\nfn a() {}\n    /// How much\n/// Whatever fits.\n///\n\n/// One that waits\n";
    assert_eq!(vague_beginnings(text), [1, 6, 10]);
}
