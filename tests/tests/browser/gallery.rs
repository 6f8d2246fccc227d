//! Galleries of 12 and 2,000 rows, and of hostile text.

use std::path::Path;

use mps_tests::browser::Browser;

use crate::scene::{self, Error, Scene};

/// Runs a scenario of `tests/browser/gallery.js` on the gallery of a scene.
async fn check(scenario: &str, scene: &Scene) -> Result<(), Error> {
    let Some(browser) = Browser::installed() else {
        return Ok(());
    };
    let gallery = scene.write_gallery().await?;
    let url = url(&gallery);
    let log = browser.run("gallery.js", scene.folder(), &[scenario, &url])?;
    scene::print(&log);
    Ok(())
}

/// Returns the URL of a path in a temporary folder, which has no character to be encoded.
fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[tokio::test(start_paused = true)]
async fn a_gallery_is_used_with_keyboard_and_pointer() -> Result<(), Error> {
    check("small", &Scene::night().await?).await
}

#[tokio::test(start_paused = true)]
async fn a_gallery_of_2000_rows_adds_rows_on_scroll_and_filters_them() -> Result<(), Error> {
    check("large", &Scene::large(2_000).await?).await
}

#[tokio::test(start_paused = true)]
async fn hostile_rows_are_text() -> Result<(), Error> {
    check("hostile", &Scene::hostile().await?).await
}
