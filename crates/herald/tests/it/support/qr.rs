//! Reads a QR picture as a phone does.

use base64::{Engine, prelude::BASE64_STANDARD};

/// The text in a base64 PNG, which has to be large enough for a phone.
pub(crate) fn decode(base64: &str) -> String {
    let file = BASE64_STANDARD.decode(base64).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let side = reader.next_frame(&mut pixels).unwrap().width as usize;
    assert!(side >= 256);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| pixels[y * side + x]);
    image.detect_grids()[0].decode().unwrap().1
}
