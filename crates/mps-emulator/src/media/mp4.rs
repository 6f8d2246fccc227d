//! The container: an MP4 (ISO/IEC 14496-12 and 14496-14) with one H.264 track, its index before its
//! data.
//!
//! Written here: the index of one track needs eighteen kinds of box, and crates that write every kind
//! bring a dozen others, 6 CPU seconds of a cold build (2026-11). Tests decode the files with one.

use super::size::FrameSize;

/// An encoded video: its parameter sets, and its pictures, each shown for `picture_ticks` of a
/// clock that ticks `timescale` times a second.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) size: FrameSize,
    pub(super) timescale: u32,
    pub(super) picture_ticks: u32,
    pub(super) sequence_parameters: Vec<u8>,
    pub(super) picture_parameters: Vec<u8>,
    pub(super) pictures: Vec<Vec<u8>>,
}

/// Bytes before the payload of the data box: its length and its name.
const BOX_HEADER: usize = 8;
/// Number 1 with 16 bits for the integer and 16 for the fraction.
const ONE: u32 = 0x1_0000;
/// The identity matrix; its last number has 2 bits for the integer.
const IDENTITY: [u32; 9] = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x4000_0000];
/// 72 dots per inch, the only resolution that the standard allows.
const DOTS_PER_INCH: u32 = 72 << 16;
/// The code of an undetermined language, `und`: three letters of five bits.
const UNDETERMINED: u16 = 0x55c4;

/// Writes the track as a file.
pub(super) fn file(track: &Track) -> Vec<u8> {
    let samples: Vec<Vec<u8>> = track
        .pictures
        .iter()
        .map(|picture| sample(picture))
        .collect();
    // The index contains the offset of the data, which depends on the index's length but not on its
    // own digits; therefore the index is written twice.
    let length = head(track, &samples, 0).len();
    let mut file = head(track, &samples, length + BOX_HEADER);
    file.extend(boxed(*b"mdat", samples));
    file
}

/// Returns a NAL unit in the form of MP4: with its length in front.
fn sample(unit: &[u8]) -> Vec<u8> {
    [&bytes([count(unit)]), unit].concat()
}

fn head(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Vec<u8> {
    let brands = *b"isom\0\0\x02\0isomiso2avc1mp41";
    let index = [movie_header(track), track_box(track, samples, data_offset)];
    [boxed(*b"ftyp", [brands]), boxed(*b"moov", index)].concat()
}

fn movie_header(track: &Track) -> Vec<u8> {
    let [high, low] = duration(track);
    let times = bytes([0, 0, 0, 0, track.timescale, high, low]);
    let rate_and_volume = bytes([ONE, ONE >> 8 << 16]);
    let predefined = vec![0; 24];
    let next_track = bytes([2]);
    let parts = [
        times,
        rate_and_volume,
        vec![0; 8],
        bytes(IDENTITY),
        predefined,
        next_track,
    ];
    versioned(*b"mvhd", 1, 0, parts)
}

fn track_box(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Vec<u8> {
    let media = [
        media_header(track),
        handler(),
        boxed(
            *b"minf",
            [
                data_information(),
                sample_table(track, samples, data_offset),
                video_header(),
            ],
        ),
    ];
    boxed(*b"trak", [track_header(track), boxed(*b"mdia", media)])
}

fn track_header(track: &Track) -> Vec<u8> {
    /// Enabled, in the movie and in its preview.
    const FLAGS: u32 = 0b111;
    let [high, low] = duration(track);
    let times_and_id = bytes([0, 0, 0, 0, 1, 0, high, low]);
    let layer_group_and_volume = vec![0; 16];
    let size = [track.size.width, track.size.height].map(|side| u32::from(side) << 16);
    let parts = [
        times_and_id,
        layer_group_and_volume,
        bytes(IDENTITY),
        bytes(size),
    ];
    versioned(*b"tkhd", 1, FLAGS, parts)
}

fn media_header(track: &Track) -> Vec<u8> {
    let [high, low] = duration(track);
    let times = bytes([0, 0, 0, 0, track.timescale, high, low]);
    let language = bytes([u32::from(UNDETERMINED) << 16]);
    versioned(*b"mdhd", 1, 0, [times, language])
}

fn handler() -> Vec<u8> {
    let parts: [&[u8]; 3] = [b"\0\0\0\0vide", &[0; 12], b"video\0"];
    versioned(*b"hdlr", 0, 0, parts)
}

fn video_header() -> Vec<u8> {
    let mode_and_color = [0; 8];
    versioned(*b"vmhd", 0, 1, [mode_and_color])
}

/// Returns the box that says that the data is in this file.
fn data_information() -> Vec<u8> {
    const HERE: u32 = 1;
    let entry = versioned::<[u8; 0]>(*b"url ", 0, HERE, []);
    boxed(*b"dinf", [list(*b"dref", 1, &entry)])
}

fn sample_table(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Vec<u8> {
    let all = count(samples);
    let sizes: Vec<u32> = samples.iter().map(|sample| count(sample)).collect();
    let own_sizes = bytes([0, all]);
    let data_offset = u32::try_from(data_offset).unwrap_or(u32::MAX);
    boxed(
        *b"stbl",
        [
            list(*b"stsd", 1, &sample_entry(track)),
            list(*b"stts", 1, &bytes([all, track.picture_ticks])),
            // From chunk 1 on, each chunk has all samples, of description 1.
            list(*b"stsc", 1, &bytes([1, all, 1])),
            versioned(*b"stsz", 0, 0, [own_sizes, bytes(sizes)]),
            list(*b"stco", 1, &bytes([data_offset])),
        ],
    )
}

fn sample_entry(track: &Track) -> Vec<u8> {
    let FrameSize { width, height } = track.size;
    let reference = bytes([0, 1]);
    let size = bytes([u32::from(width) << 16 | u32::from(height)]);
    let resolution = bytes([DOTS_PER_INCH, DOTS_PER_INCH, 0]);
    let frames_in_a_sample = [0, 1];
    let no_compressor = [0; 32];
    let depth_and_color_table = [0, 24, 0xff, 0xff];
    let parts: [&[u8]; 8] = [
        &reference,
        &[0; 16],
        &size,
        &resolution,
        &frames_in_a_sample,
        &no_compressor,
        &depth_and_color_table,
        &decoder_configuration(track),
    ];
    boxed(*b"avc1", parts)
}

fn decoder_configuration(track: &Track) -> Vec<u8> {
    const VERSION: u8 = 1;
    /// Lengths of units have four bytes; the upper bits are reserved and set.
    const FOUR_BYTES: u8 = 0xfc | 3;
    let sequence = &track.sequence_parameters;
    // The first byte is the header of the unit.
    let profile_and_level = sequence.get(1..4).unwrap_or_default();
    let parts: [&[u8]; 8] = [
        &[VERSION],
        profile_and_level,
        &[FOUR_BYTES],
        &[0xe0 | 1],
        &short_length(sequence),
        sequence,
        &[1],
        &parameters_of_pictures(track),
    ];
    boxed(*b"avcC", parts)
}

fn parameters_of_pictures(track: &Track) -> Vec<u8> {
    let parameters = &track.picture_parameters;
    [&short_length(parameters)[..], parameters].concat()
}

fn short_length(unit: &[u8]) -> [u8; 2] {
    u16::try_from(unit.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// Returns the duration of the track in ticks, as two halves.
fn duration(track: &Track) -> [u32; 2] {
    let ticks = u64::from(track.picture_ticks) * u64::from(count(&track.pictures));
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    [half(ticks >> 32), half(ticks)]
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// Returns a box: its length, its name and its parts.
fn boxed<P: AsRef<[u8]>>(name: [u8; 4], parts: impl AsRef<[P]>) -> Vec<u8> {
    let mut content = vec![0; 4];
    content.extend(name);
    for part in parts.as_ref() {
        content.extend(part.as_ref());
    }
    let length = count(&content).to_be_bytes();
    content.splice(..4, length);
    content
}

/// Returns a box with a version and flags.
fn versioned<P: AsRef<[u8]>>(
    name: [u8; 4],
    version: u8,
    flags: u32,
    parts: impl AsRef<[P]>,
) -> Vec<u8> {
    let mut content = vec![bytes([u32::from(version) << 24 | flags])];
    content.extend(parts.as_ref().iter().map(|part| part.as_ref().to_vec()));
    boxed(name, content)
}

/// Returns a box that has a number of entries.
fn list(name: [u8; 4], number: u32, entries: &[u8]) -> Vec<u8> {
    versioned(name, 0, 0, [&bytes([number]), entries])
}

fn bytes(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_be_bytes).collect()
}
