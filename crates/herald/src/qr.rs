//! Draws the code that a phone scans.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as the standard asks for.
const QUIET_ZONE: usize = 4;
/// A picture is at least this wide and high, in pixels.
const MIN_PIXELS: usize = 320;

/// The text does not fit into a QR code, or the picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// Too long for a QR code.
    #[error("no QR code holds this text: {0}")]
    Encode(#[from] qrcode::types::QrError),
    /// The PNG encoder failed.
    #[error("the picture could not be written: {0}")]
    Png(#[from] png::EncodingError),
}

/// A square PNG, black on white, at least 320 pixels wide, quiet zone included.
pub fn png(text: &str) -> Result<Vec<u8>, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let modules = code.width() + 2 * QUIET_ZONE;
    let scale = MIN_PIXELS.div_ceil(modules);
    let side = modules * scale;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| {
            at.checked_sub(QUIET_ZONE)
                .filter(|&module| module < code.width())
        };
        matches!((inside(x / scale), inside(y / scale)), (Some(x), Some(y)) if code[(x, y)] == Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if dark(x, y) { 0 } else { 255 })
        .collect();

    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8]) -> (usize, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        (info.width as usize, pixels)
    }

    #[test]
    fn an_over_long_text_is_an_error() {
        assert!(matches!(png(&"x".repeat(5000)), Err(QrError::Encode(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_reader_reads_the_text_back(text in "2@[A-Za-z0-9+/=,]{20,250}") {
            let (side, pixels) = read(&png(&text).unwrap());
            prop_assert!(side >= 256);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| pixels[y * side + x]);
            let grids = image.detect_grids();
            prop_assert_eq!(grids.len(), 1);
            prop_assert_eq!(grids[0].decode().unwrap().1, text);
            prop_assert!(pixels[..side * 4].iter().all(|&pixel| pixel == 255));
        }
    }
}
