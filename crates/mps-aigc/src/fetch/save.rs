//! Saving results as files, several at the same time.

use std::path::Path;

use futures_util::future::join_all;
use mps_models::MediaKind;

use super::{
    SavedFile,
    checksum::Digests,
    content::Content,
    entity::Entity,
    errors::TransferError,
    file_writer::FileWriter,
    options::DownloadOptions,
    partial::{self, Partial},
    source::Source,
    transfer::{Step, Transfer},
};
use crate::{
    destination::{Destination, Target},
    error::{Error, ErrorKind},
    file_name::extension_of_url,
    place::{self, Place, blocking},
};

/// Saves results of one task, and returns their files in the same order.
///
/// All names are reserved before anything is fetched. If a result cannot be saved, the others are.
///
/// # Errors
/// The error of the first result that could not be saved, with the task id.
///
/// # Cancel safety
/// Dropping the future stops the transfers; the received part is kept if it can be resumed.
pub(crate) async fn save_all(
    sources: &[Source],
    destination: &Destination,
    options: &DownloadOptions,
) -> Result<Vec<SavedFile>, Error> {
    let targets = destination.targets(sources).await?;
    let saves = sources.iter().zip(targets).map(|(source, target)| async {
        let saved = Box::pin(save(source, target, options)).await;
        saved.map_err(|(error, place)| {
            if let Some(place) = place {
                destination.put_back(place);
            }
            error.with_task(&source.task_id)
        })
    });
    join_all(saves).await.into_iter().collect()
}

/// Saves one result; returns its place if that failed.
async fn save(
    source: &Source,
    target: Target,
    options: &DownloadOptions,
) -> Result<SavedFile, (Error, Option<Place>)> {
    let _slot = options.slots.acquire(source.expires_at).await;
    let place = match target {
        Target::Existing(path) => {
            let accepted = accept(source, &path, options).await;
            return accepted.map_err(|error| (error, None));
        }
        Target::New(place) => place,
    };
    let (mut file, mut transfer) = open(source, place, options).await?;
    let fetched = fetch(source, &mut transfer, &mut file).await;
    let (partial, sha256) = match fetched {
        Ok(fetched) => fetched,
        Err(error) => return Err((error, file.into_place().await)),
    };
    let of_url = extension_of_url(&source.url);
    let (content, head) = (transfer.content(), transfer.head());
    let shape = Shape {
        extension: content.extension(of_url.as_deref(), head),
        kind: content.media_kind(of_url.as_deref(), head),
    };
    let file = publish(shape, *partial, sha256).await?;
    transfer.report_complete();
    Ok(file)
}

/// The extension and the kind that the content of a result shows.
struct Shape {
    extension: Option<String>,
    kind: MediaKind,
}

async fn open(
    source: &Source,
    place: Place,
    options: &DownloadOptions,
) -> Result<(FileWriter, Transfer), (Error, Option<Place>)> {
    let opened = {
        let source = source.clone();
        blocking(move || Ok(Partial::open(place, &source))).await
    };
    let (partial, received) = opened.unwrap_or_else(|error| Err((error, None)))?;
    let mut transfer = Transfer::new(source.clone(), options.clone());
    if let Some(received) = received {
        tracing::info!(bytes = received.bytes, "resuming an earlier download");
        transfer.resume(received);
    }
    Ok((FileWriter::new(partial), transfer))
}

/// Transfers a result into its file and verifies it there. Returns the file and its SHA-256.
async fn fetch(
    source: &Source,
    transfer: &mut Transfer,
    file: &mut FileWriter,
) -> Result<(Box<Partial>, String), Error> {
    loop {
        match transfer.next().await {
            Ok(Step::StartOver) => {
                file.forget_collected();
                let (source, entity) = (source.clone(), transfer.entity().clone());
                file.run(move |partial| partial.start_over(&source, &entity))
                    .await?;
            }
            Ok(Step::Data(bytes)) => file.write(bytes).await?,
            Ok(Step::End) => {
                let partial = file.finish().await?;
                let (partial, verified) = verify(partial, transfer.entity().clone()).await?;
                match verified {
                    Ok(sha256) => return Ok((partial, sha256)),
                    Err(error) => {
                        file.put_back(partial);
                        transfer.forget();
                        retry(transfer, file, error).await?;
                    }
                }
            }
            Err(error) => return Err(discard_if_useless(file, error).await),
        }
    }
}

async fn verify(
    mut partial: Box<Partial>,
    entity: Entity,
) -> Result<(Box<Partial>, Result<String, TransferError>), Error> {
    blocking(move || {
        let verified = partial.verify(&entity);
        Ok((partial, verified))
    })
    .await
}

async fn retry(
    transfer: &mut Transfer,
    file: &mut FileWriter,
    error: TransferError,
) -> Result<(), Error> {
    match transfer.failed(error).await {
        Ok(()) => Ok(()),
        Err(error) => Err(discard_if_useless(file, error).await),
    }
}

/// Removes the received part after errors after which it is of no use.
async fn discard_if_useless(file: &mut FileWriter, error: Error) -> Error {
    if error.kind() != ErrorKind::Download {
        file.forget_collected();
        let _best_effort = file.run(Partial::clear).await;
    }
    error
}

async fn publish(
    shape: Shape,
    partial: Partial,
    sha256: String,
) -> Result<SavedFile, (Error, Option<Place>)> {
    let bytes = partial.written();
    let Some(mut place) = partial.into_place() else {
        let error = Error::new(ErrorKind::File, "the work on an output file did not end");
        return Err((error, None));
    };
    if let Some(extension) = &shape.extension {
        place.set_extension(extension);
    }
    let wanted = place.path();
    let path = place.publish().await.map_err(|error| (error, None))?;
    if shape.kind == MediaKind::Unknown {
        tracing::warn!(path = %path.display(), "a result of unknown kind was saved");
    }
    Ok(SavedFile {
        instead_of: Some(wanted).filter(|wanted| *wanted != path),
        path,
        bytes,
        sha256,
        kind: shape.kind,
    })
}

/// Accepts a file that exists already if it has the length and the checksum that the host of the
/// result states. Fetches no content.
async fn accept(
    source: &Source,
    path: &Path,
    options: &DownloadOptions,
) -> Result<SavedFile, Error> {
    let mut transfer = Transfer::new(source.clone(), options.clone());
    let entity = transfer.describe().await?;
    let (Some(total), false) = (entity.total, entity.expected.is_empty()) else {
        let message = format!(
            "{} exists already, and the result's host states no checksum to compare it with",
            path.display()
        );
        return Err(exists(message));
    };
    let (compared, expected) = (path.to_owned(), entity.expected);
    let (digests, head) = blocking(move || {
        let read = read(&compared, total, &entity);
        read.map_err(|error| Error::cannot_read(&compared, &error))
    })
    .await?
    .ok_or_else(|| differs(path))?;
    if digests.mismatch(&expected).is_some() {
        return Err(differs(path));
    }
    let of_url = extension_of_url(&source.url);
    Ok(SavedFile {
        path: path.to_owned(),
        bytes: total,
        sha256: digests.sha256(),
        kind: Content::of(&head).media_kind(of_url.as_deref(), &head),
        instead_of: None,
    })
}

/// Returns the checksums and the first bytes of a file; `None` if it has another length.
fn read(path: &Path, total: u64, entity: &Entity) -> std::io::Result<Option<(Digests, Vec<u8>)>> {
    let file = place::open_to_compare(path)?;
    if file.metadata()?.len() != total {
        return Ok(None);
    }
    let digests = partial::digests_of(&file, entity)?;
    Ok(Some((digests, partial::head(&file)?)))
}

fn differs(path: &Path) -> Error {
    exists(format!(
        "{} exists already, and it is not the result",
        path.display()
    ))
}

fn exists(message: String) -> Error {
    Error::new(ErrorKind::AlreadyExists, message)
        .with_hint("choose another name, or move the file away")
}
