//! The guide: each of its shell examples works, and it has no example that CI does not run.

use std::fs;

use crate::{examples::Home, support::Emulator};

/// A block of code in a page.
struct Block<'a> {
    language: &'a str,
    code: &'a str,
}

/// Returns the blocks of code in a page, in order.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced
        .map(|block| {
            let (language, code) = block.split_once('\n').unwrap();
            Block { language, code }
        })
        .collect()
}

fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_shell_example_of_the_guide_works() {
    let emulator = Emulator::start("0s");
    let guide = guide();
    let shell: Vec<_> = blocks(&guide)
        .into_iter()
        .filter(|block| block.language == "sh")
        .collect();
    assert!(shell.len() > 8, "{}", shell.len());
    for block in shell {
        let home = Home::new(&emulator, "", "");
        let run = home.shell(&emulator, &format!("set -eu\n{}", block.code));
        assert_eq!(run.exit, 0, "{}\n{run:?}", block.code);
    }
}

/// Examples in Rust are documentation tests of the package `mps-tests`.
#[test]
fn the_guide_has_no_example_that_is_not_run() {
    let guide = guide();
    for block in blocks(&guide) {
        assert!(
            ["sh", "rust", "rust,no_run"].contains(&block.language),
            "{}: {}",
            block.language,
            block.code
        );
    }
}
