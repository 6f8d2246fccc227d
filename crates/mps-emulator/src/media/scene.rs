//! A 3-D scene: one triangle, as binary glTF (GLB).

use serde::{Deserialize, Serialize};

use super::RenderError;

/// A 3-D scene to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Scene {
    /// Seconds of video that its request asked for, for the bill. The scene is the same for all.
    pub(crate) seconds: u32,
}

const VERSION: u32 = 2;
/// Chunk types, see "GLB file format specification" in the glTF 2.0 specification.
const JSON: u32 = 0x4E4F_534A;
const BINARY: u32 = 0x004E_4942;
/// The corners of the triangle.
const CORNERS: [[f32; 3]; 3] = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];

impl Scene {
    pub(super) fn render() -> Result<Vec<u8>, RenderError> {
        let corners = CORNERS.iter().flatten();
        let binary: Vec<u8> = corners.flat_map(|number| number.to_le_bytes()).collect();
        let mut json = serde_json::to_vec(&description(binary.len()))?;
        // Chunks are multiples of four bytes; JSON is filled with spaces.
        json.resize(json.len().next_multiple_of(4), b' ');
        let chunks = [chunk(JSON, &json)?, chunk(BINARY, &binary)?].concat();
        let length = u32::try_from(12 + chunks.len())?;
        let numbers = [VERSION, length].map(u32::to_le_bytes).concat();
        Ok([b"glTF".as_slice(), &numbers, &chunks].concat())
    }
}

fn description(bytes: usize) -> serde_json::Value {
    const FLOATS: u32 = 5126;
    serde_json::json!({
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{
            "bufferView": 0,
            "componentType": FLOATS,
            "count": CORNERS.len(),
            "type": "VEC3",
            "min": [0, 0, 0],
            "max": [1, 1, 0],
        }],
        "bufferViews": [{"buffer": 0, "byteLength": bytes}],
        "buffers": [{"byteLength": bytes}],
    })
}

fn chunk(kind: u32, content: &[u8]) -> Result<Vec<u8>, RenderError> {
    let length = u32::try_from(content.len())?;
    let numbers = [length, kind].map(u32::to_le_bytes).concat();
    Ok([&numbers, content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_is_a_whole_file_of_two_chunks() {
        let file = Scene::render().unwrap();
        let number = |at: usize| {
            let bytes = file.get(at..at + 4).unwrap();
            u32::from_le_bytes(bytes.try_into().unwrap()) as usize
        };
        assert!(file.starts_with(b"glTF"));
        assert_eq!((number(4), number(8)), (2, file.len()));
        let json = file.get(20..20 + number(12)).unwrap();
        let json: serde_json::Value = serde_json::from_slice(json).unwrap();
        let second = 20 + number(12);
        assert_eq!(json["buffers"][0]["byteLength"], number(second));
        assert_eq!(second + 8 + number(second), file.len());
        assert_eq!(file.len() % 4, 0);
    }
}
