//! The pages of the manual, as roff.

use std::{fs, io, path::Path};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use serde::Serialize;

use crate::{Cli, EXIT_CODES, context::Context, failure::Failure, foreign_text, help};

/// `mps.man/1`: a page that was written, or the text of one.
#[derive(Serialize)]
struct ManResult<'a> {
    schema: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
}

const SCHEMA: &str = "mps.man/1";

/// Writes all pages to a folder, or prints that of `mps`.
pub(super) fn write(folder: Option<&Path>, context: &Context) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    command = with_common_options(command);
    let mut pages = Vec::new();
    collect(&command, "mps", "", &mut pages)
        .map_err(|error| Failure::internal(format!("cannot write the manual: {error}")))?;
    let Some(folder) = folder else {
        let Some((name, page)) = pages.first() else {
            return Ok(());
        };
        let page = String::from_utf8_lossy(page);
        let result = ManResult {
            schema: SCHEMA,
            name,
            path: None,
            page: Some(&page),
        };
        return context.output.listing(page.trim_end(), &result);
    };
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    for (name, page) in &pages {
        let path = folder.join(name);
        fs::write(&path, page).map_err(|error| cannot_write(&path, &error))?;
        let result = ManResult {
            schema: SCHEMA,
            name,
            path: Some(&path),
            page: None,
        };
        context
            .output
            .listing(&foreign_text::path(&path), &result)?;
    }
    Ok(())
}

/// Shows the common options, which a short help leaves out and with it the manual.
fn with_common_options(command: Command) -> Command {
    let command = command.mut_args(|argument| argument.hide_short_help(false));
    let names: Vec<_> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, with_common_options)
    })
}

/// Adds the pages of a command and of all commands below it.
fn collect(
    command: &Command,
    name: &str,
    path: &str,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    pages.push((format!("{name}.1"), page(command, name, path)?));
    for below in command.get_subcommands().filter(|it| !is_help(it)) {
        let name = format!("{name}-{}", below.get_name());
        let path = format!("{path} {}", below.get_name());
        collect(below, &name, path.trim_start(), pages)?;
    }
    Ok(())
}

fn is_help(command: &Command) -> bool {
    command.get_name() == "help"
}

fn page(command: &Command, name: &str, path: &str) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone().disable_help_subcommand(true))
        .title(name.to_owned())
        .manual("mps manual");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|it| !is_help(it)) {
        man.render_subcommands_section(&mut page)?;
    }
    let examples = help::examples(path);
    if !examples.is_empty() {
        section(&mut page, "EXAMPLES", &examples.join("\n"));
    }
    // A command can bring examples of its own, and more.
    if let Some(own) = command.get_after_help().map(ToString::to_string) {
        match own.strip_prefix("Examples:\n") {
            Some(examples) => section(&mut page, "EXAMPLES", examples),
            None => section(&mut page, "NOTES", &own),
        }
    }
    if path.is_empty() {
        let codes = EXIT_CODES.trim_start_matches("Exit codes:\n");
        section(&mut page, "EXIT STATUS", codes);
    }
    Ok(page)
}

/// Adds a section whose lines stay as they are.
fn section(page: &mut Vec<u8>, title: &str, text: &str) {
    let mut lines = vec![format!(".SH {title}"), ".nf".to_owned()];
    lines.extend(text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        // A line that begins with a control character of roff would be a command.
        if line.starts_with(['.', '\'']) {
            format!("\\&{line}")
        } else {
            line
        }
    }));
    lines.push(".fi\n".to_owned());
    page.extend_from_slice(lines.join("\n").as_bytes());
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", foreign_text::path(path));
    Failure::usage(message).hint("name a folder that can be written: mps man DIR")
}
