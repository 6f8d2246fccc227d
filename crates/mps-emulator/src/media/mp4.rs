//! The container: an MP4 (ISO/IEC 14496-14) with one H.264 track, its index before its data.

use mp4_atom::{
    Avc1, Avcc, Codec, Dinf, Dref, DrefEntry, Encode, FixedPoint, FourCC, Ftyp, Hdlr, Mdat, Mdhd,
    Mdia, Minf, Moov, Mvhd, Result, Stbl, Stco, Stsc, StscEntry, Stsd, Stsz, StszSamples, Stts,
    SttsEntry, Tkhd, Trak, Url, Visual, Vmhd,
};

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

/// Writes the track as a file.
pub(super) fn file(track: &Track) -> Result<Vec<u8>> {
    let samples: Vec<Vec<u8>> = track
        .pictures
        .iter()
        .map(|picture| sample(picture))
        .collect();
    // The index contains the offset of the data, which depends on the index's length but not on its
    // own digits; therefore the index is written twice.
    let length = head(track, &samples, 0)?.len();
    let mut file = head(track, &samples, length + BOX_HEADER)?;
    Mdat {
        data: samples.concat(),
    }
    .encode(&mut file)?;
    Ok(file)
}

/// Returns a NAL unit in the form of MP4: with its length in front.
fn sample(unit: &[u8]) -> Vec<u8> {
    let length = u32::try_from(unit.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), unit].concat()
}

fn head(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    file_type().encode(&mut head)?;
    Moov {
        mvhd: Mvhd {
            timescale: track.timescale,
            duration: duration(track),
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: 2,
            ..Mvhd::default()
        },
        trak: vec![Trak {
            tkhd: track_header(track),
            mdia: media(track, samples, data_offset)?,
            ..Trak::default()
        }],
        ..Moov::default()
    }
    .encode(&mut head)?;
    Ok(head)
}

fn duration(track: &Track) -> u64 {
    u64::from(track.picture_ticks) * u64::from(count(&track.pictures))
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn file_type() -> Ftyp {
    let brand = |name| FourCC::new(name);
    Ftyp {
        major_brand: brand(b"isom"),
        minor_version: 0x200,
        compatible_brands: vec![
            brand(b"isom"),
            brand(b"iso2"),
            brand(b"avc1"),
            brand(b"mp41"),
        ],
    }
}

fn track_header(track: &Track) -> Tkhd {
    Tkhd {
        track_id: 1,
        duration: duration(track),
        enabled: true,
        in_movie: true,
        width: FixedPoint::from(track.size.width),
        height: FixedPoint::from(track.size.height),
        ..Tkhd::default()
    }
}

fn media(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Result<Mdia> {
    Ok(Mdia {
        mdhd: Mdhd {
            timescale: track.timescale,
            duration: duration(track),
            language: "und".into(),
            ..Mdhd::default()
        },
        hdlr: Hdlr {
            handler: FourCC::new(b"vide"),
            name: "video".into(),
        },
        minf: Minf {
            vmhd: Some(Vmhd::default()),
            dinf: Dinf {
                dref: Dref {
                    entries: vec![DrefEntry::Url(Url::default())],
                },
            },
            stbl: sample_table(track, samples, data_offset)?,
            ..Minf::default()
        },
    })
}

fn sample_table(track: &Track, samples: &[Vec<u8>], data_offset: usize) -> Result<Stbl> {
    let one_chunk = StscEntry {
        first_chunk: 1,
        samples_per_chunk: count(samples),
        sample_description_index: 1,
    };
    let same_time = SttsEntry {
        sample_count: count(samples),
        sample_delta: track.picture_ticks,
    };
    Ok(Stbl {
        stsd: Stsd {
            codecs: vec![Codec::Avc1(sample_entry(track)?)],
        },
        stts: Stts {
            entries: vec![same_time],
        },
        stsc: Stsc {
            entries: vec![one_chunk],
        },
        stsz: Stsz {
            samples: StszSamples::Different {
                sizes: samples.iter().map(|sample| count(sample)).collect(),
            },
        },
        stco: Some(Stco {
            entries: vec![u32::try_from(data_offset).unwrap_or(u32::MAX)],
        }),
        ..Stbl::default()
    })
}

fn sample_entry(track: &Track) -> Result<Avc1> {
    Ok(Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width: track.size.width,
            height: track.size.height,
            ..Visual::default()
        },
        avcc: Avcc::new(&track.sequence_parameters, &track.picture_parameters)?,
        ..Avc1::default()
    })
}
