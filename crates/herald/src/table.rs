//! Tables for spreadsheets: CSV as RFC 4180 has it, with a line of headings.

use csv::{Terminator, WriterBuilder};

/// The table as text.
pub(crate) fn table<const N: usize>(
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut csv = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory cannot fail, nor can rows of one length.
    let _ = csv.write_record(headings);
    for row in rows {
        let _ = csv.write_record(row.map(harmless));
    }
    let bytes = csv.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Spreadsheets run a cell that begins like a formula, and people choose their own names.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}
