//! What the demo shows: chapters, calls, answers and the QR code, drawn for a terminal.

use std::io::{self, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

/// Lists show this many entries.
const SHOWN: usize = 3;
/// Texts longer than this (a picture) show their beginning.
const LONG: usize = 80;
/// An answer wider than this is spread over several lines.
const WIDE: usize = 100;

pub(super) struct Screen<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Screen<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self { out }
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    pub(super) fn chapter(&mut self, title: &str) -> io::Result<()> {
        self.line(&format!("\n{title}\n{}", "─".repeat(title.chars().count())))
    }

    pub(super) fn call(&mut self, path: &str, input: Option<&Value>) -> io::Result<()> {
        let input = input.map(Value::to_string).unwrap_or_default();
        self.line(format!("→ {path} {input}").trim_end())
    }

    /// On one line if it fits, else a line for each field and each entry of a list.
    pub(super) fn answer(&mut self, answer: &Value) -> io::Result<()> {
        let answer = shortened(answer);
        let whole = answer.to_string();
        let Some(fields) = answer.as_object().filter(|_| whole.len() > WIDE) else {
            return self.line(&format!("← {whole}"));
        };
        for (at, (name, field)) in fields.iter().enumerate() {
            let lead = if at == 0 { "←" } else { " " };
            match field.as_array().filter(|items| !items.is_empty()) {
                None => self.line(&format!("{lead} {name}: {field}"))?,
                Some(items) => {
                    self.line(&format!("{lead} {name}:"))?;
                    for item in items {
                        self.line(&format!("    {item}"))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Draws the picture that the server sent, two modules a character.
    pub(super) fn qr(&mut self, base64: &str) -> io::Result<()> {
        let modules = BASE64_STANDARD
            .decode(base64)
            .ok()
            .and_then(|file| modules(&file));
        let Some(modules) = modules else {
            return self.line("  (the picture cannot be drawn here)");
        };
        let side = modules.len();
        let dark = |x: usize, y: usize| modules.get(y).is_some_and(|row| row[x]);
        for y in (0..side).step_by(2) {
            // Light is drawn and dark left out: right on the dark terminals that most people have,
            // and phones read the inverse as well.
            let row: String = (0..side)
                .map(|x| match (dark(x, y), dark(x, y + 1)) {
                    (false, false) => '█',
                    (false, true) => '▀',
                    (true, false) => '▄',
                    (true, true) => ' ',
                })
                .collect();
            self.line(&format!("  {row}"))?;
        }
        Ok(())
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.len() > SHOWN => {
            let mut shown: Vec<_> = items[..SHOWN].iter().map(shortened).collect();
            shown.push(json!(format!("… {} more", items.len() - SHOWN)));
            Value::Array(shown)
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), shortened(field)))
            .collect(),
        Value::String(text) if text.chars().count() > LONG => {
            json!(format!(
                "{}… ({} characters)",
                text.chars().take(LONG / 2).collect::<String>(),
                text.len()
            ))
        }
        other => other.clone(),
    }
}

/// The modules of a QR picture, one light module left around them. The size of a module comes
/// from the finder pattern in the corner, whose first row is seven modules of dark.
fn modules(file: &[u8]) -> Option<Vec<Vec<bool>>> {
    let mut reader = png::Decoder::new(io::Cursor::new(file)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let side = reader.next_frame(&mut pixels).ok()?.width as usize;
    let dark = |x: usize, y: usize| pixels.get(y * side + x).is_some_and(|&pixel| pixel < 128);

    let margin = (0..side).find(|&at| dark(at, at))?;
    let scale = (margin..side).take_while(|&x| dark(x, margin)).count() / 7;
    let count = (side - 2 * margin).checked_div(scale)?;
    let start = margin.checked_sub(scale)?;
    let centre = |module: usize| start + module * scale + scale / 2;
    Some(
        (0..count + 2)
            .map(|y| (0..count + 2).map(|x| dark(centre(x), centre(y))).collect())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_is_the_code_that_was_sent() {
        let code =
            qrcode::QrCode::with_error_correction_level("2@abc,def", qrcode::EcLevel::L).unwrap();
        let drawn = modules(&crate::qr::png("2@abc,def").unwrap()).unwrap();
        assert_eq!(drawn.len(), code.width() + 2);
        for y in 0..code.width() {
            for x in 0..code.width() {
                assert_eq!(
                    drawn[y + 1][x + 1],
                    code[(x, y)] == qrcode::Color::Dark,
                    "{x} {y}"
                );
            }
        }
    }

    #[test]
    fn long_answers_are_cut_and_say_so() {
        let answer = json!({ "items": [1, 2, 3, 4, 5], "qr": "x".repeat(500) });
        let shown = shortened(&answer).to_string();
        assert!(
            shown.contains("… 2 more") && shown.contains("(500 characters)") && shown.len() < 200,
            "{shown}"
        );
    }
}
