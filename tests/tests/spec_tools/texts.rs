//! The links from rows of the capability tables to the texts that they were read from.

use xtask::cli;

use crate::support::{SKETCH, Workspace, assert_snapshot, description, members};

const COLUMNS: &str = "[[column]]\nkey = \"audio\"\ntype = \"flag\"\nread_from = [\"Prompt\"]\n\
                       doc = \"Sound.\"\nreturns = \"whether there is sound\"\n";

const TABLE: &str = "source = \"a page\"\n\n[[model]]\nname = \"A\"\nsource = \"a row\"\naudio = true\n\n\
                     [[model.version]]\nname = \"1\"\n";

/// A specification with a capability table whose rows were read.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("spec/columns.toml", COLUMNS);
    workspace.write("spec/capabilities/film.toml", TABLE);
    workspace.replace(
        SKETCH,
        "rate_limit = 10",
        "capabilities = \"film\"\nrate_limit = 10",
    );
    workspace
}

fn read(workspace: &Workspace, rows: &[&str]) -> Result<(), String> {
    cli::spec_read(workspace.root(), rows).map_err(|failure| failure.to_string())
}

/// Imports the description with another text of a member.
fn import(workspace: &Workspace, text: &str) -> Vec<String> {
    let mut file = description();
    members(&mut file, "CreateAigcSketchRequest")[0]["document"] = text.into();
    let report = workspace.import(&file).report;
    report
        .rows
        .iter()
        .map(|row| format!("{} {}", row.path, row.what))
        .collect()
}

#[test]
fn a_changed_text_makes_its_rows_stale_until_they_are_read() {
    let workspace = workspace();
    let unread = workspace.check().expect_err("not read yet");
    assert!(unread.contains("error[E0802]"), "{unread}");
    read(&workspace, &[]).expect("all rows");
    workspace.check().expect("read");
    assert_eq!(
        import(&workspace, "Another prompt."),
        ["film A CreateAigcSketch.Prompt"]
    );
    let stale = workspace.check().expect_err("a stale row");
    assert_snapshot("texts-stale", &stale);
    read(&workspace, &["film A"]).expect("one row");
    workspace.check().expect("read again");
    // A text that no row was read from makes nothing stale.
    let mut file = description();
    members(&mut file, "CreateAigcSketchRequest")[0]["document"] = "Another prompt.".into();
    members(&mut file, "CreateAigcSketchRequest")[2]["document"] = "Another title.".into();
    assert!(workspace.import(&file).report.rows.is_empty());
    workspace.check().expect("nothing stale");
}

#[test]
fn one_stale_row_among_others_is_named_alone() {
    let workspace = workspace();
    let other = TABLE.replace("\"A\"", "\"B\"");
    let other = other.replace("source = \"a page\"\n", "");
    workspace.write("spec/capabilities/film.toml", format!("{TABLE}\n{other}"));
    read(&workspace, &[]).expect("all rows");
    import(&workspace, "Another prompt.");
    read(&workspace, &["film A"]).expect("one row");
    let stale = workspace.check().expect_err("the other row");
    assert_eq!(stale.matches("error[E0802]").count(), 1, "{stale}");
    assert!(stale.contains("the row `film B`"), "{stale}");
}

#[test]
fn rows_fingerprints_and_links_that_are_wrong() {
    let workspace = workspace();
    let unknown = read(&workspace, &["film AA"]).expect_err("no such row");
    assert!(
        unknown.contains("there is no row `film AA`\nhelp: did you mean `film A"),
        "{unknown}"
    );
    read(&workspace, &[]).expect("all rows");
    workspace.replace("capabilities/film.toml", "name = \"A\"", "name = \"C\"");
    let gone = workspace.check().expect_err("a link of a row that is gone");
    assert!(
        gone.contains("error[E0803]") && gone.contains("error[E0802]"),
        "{gone}"
    );
    workspace.write("spec/published/read.toml", "[[text]]\nsite = \"intl\"\n");
    let broken = workspace.check().expect_err("a malformed file of links");
    assert_snapshot("texts-links", &broken);
    workspace.write("spec/published/read.toml", "");
    workspace.replace("published/intl.json", "\"format\": 1", "\"format\": 7");
    let newer = workspace.check().expect_err("a newer fingerprint");
    assert_snapshot("texts-fingerprint", &newer);
}

#[test]
fn a_column_is_read_from_members_that_exist() {
    let workspace = workspace();
    workspace.replace("columns.toml", "\"Prompt\"", "\"Promt\"");
    read(&workspace, &[]).expect("all rows");
    assert_snapshot(
        "texts-member",
        &workspace.check().expect_err("no such member"),
    );
}
