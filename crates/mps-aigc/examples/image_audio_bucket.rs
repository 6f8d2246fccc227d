//! Makes a picture, a song, and a clip that the service stores in a bucket of your own:
//! `cargo run --example image_audio_bucket`. The files are in `media/`.
//!
//! The role `MPS_QcsRole` must be allowed to write to the bucket.
#![allow(clippy::print_stdout)] // a program prints

use mps_aigc::models::{
    AigcStoreCosParam, CreateAigcAudioTask, CreateAigcImageTask, CreateAigcVideoTask,
};
use mps_aigc::{Aigc, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let aigc = Aigc::from_env()?;
    let map = CreateAigcImageTask::new()
        .model_name("Hunyuan")
        .model_version("3.0")
        .prompt("an old map of an island");
    let song = CreateAigcAudioTask::new()
        .model_name("MiniMaxMusic")
        .model_version("2.6")
        .prompt("a slow waltz for piano");
    let bucket =
        AigcStoreCosParam::new("clips-1250000000", "ap-singapore").cos_bucket_path("/spring/");
    let fox = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt("a fox in the snow")
        .duration(5)
        .store_cos_param(bucket);
    let tasks = [
        aigc.image().create(&map).await?.any().clone(),
        aigc.audio().create(&song).await?.any().clone(),
        aigc.video().create(&fox).await?.any().clone(),
    ];
    for task in tasks {
        for file in task.until_done().await?.iter() {
            match file.location.cos() {
                Some(object) => println!("{}: {:?}", object.bucket, object.key),
                None => println!(
                    "{}",
                    file.save("media/{task_id}.{ext}").await?.path.display()
                ),
            }
        }
    }
    Ok(())
}
