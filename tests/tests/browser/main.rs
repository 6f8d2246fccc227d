//! The gallery and the emulator's page in Chromium: keyboard, media, filters, hostile text,
//! accessibility (axe-core) and screenshots, without any request to another host.
#![cfg(unix)]

mod emulator_page;
mod gallery;
mod scene;

#[test]
fn both_pages_have_one_look() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let look = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let of_gallery = look("mps-jobs/src/gallery/look.css");
    assert!(
        of_gallery == look("mps-emulator/src/api/page/look.css"),
        "copy crates/mps-jobs/src/gallery/look.css to crates/mps-emulator/src/api/page/"
    );
}
