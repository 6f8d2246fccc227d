//! A piece of audio: one tone.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};
use serde::{Deserialize, Serialize};

use super::{RenderError, mp3};

/// A piece of audio to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Sound {
    pub(crate) seconds: u32,
    pub(crate) format: SoundFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SoundFormat {
    Mp3,
    Wav,
}

impl SoundFormat {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
        }
    }
}

impl Sound {
    pub(super) fn render(self) -> Result<Vec<u8>, RenderError> {
        match self.format {
            SoundFormat::Mp3 => Ok(mp3::file(self.seconds)),
            SoundFormat::Wav => Ok(wav(self.seconds)?),
        }
    }
}

/// Samples a second; enough for one tone.
const RATE: u32 = 16_000;
/// Samples in one period of the tone: 400 Hz.
const PERIOD: u32 = 40;
/// Difference between neighbouring samples; the amplitude is a tenth of full scale.
const SLOPE: i16 = 328;

fn wav(seconds: u32) -> hound::Result<Vec<u8>> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec)?;
    for number in 0..seconds * RATE {
        writer.write_sample(triangle(number % PERIOD))?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

/// Returns a sample of a triangle wave, which needs integers only.
fn triangle(place: u32) -> i16 {
    let from_top = i16::try_from(place.abs_diff(PERIOD / 2)).unwrap_or_default();
    SLOPE * (10 - from_top)
}

#[cfg(test)]
mod tests {
    use hound::WavReader;

    use super::*;

    #[test]
    fn a_wav_has_every_sample_of_its_seconds() {
        let file = wav(8).unwrap();
        let mut reader = WavReader::new(Cursor::new(file)).unwrap();
        assert_eq!(reader.duration(), 8 * reader.spec().sample_rate);
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        let (lowest, highest) = (samples.iter().min(), samples.iter().max());
        assert_eq!((lowest, highest), (Some(&-3_280), Some(&3_280)));
        let sum: i64 = samples.iter().map(|sample| i64::from(*sample)).sum();
        assert_eq!(sum, 0, "no offset");
    }
}
