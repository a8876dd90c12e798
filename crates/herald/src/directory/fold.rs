//! Texts as search compares them: case, accents and the other marks that people leave out when
//! they type are gone, in every script alike.

use icu_casemap::CaseMapper;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

/// The folded form of a name or of what is searched for. It is one line.
pub(super) fn text(text: &str) -> String {
    if text.contains(char::is_control) {
        return self::text(&text.replace(char::is_control, " "));
    }
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Compatibility forms hide capitals (a fullwidth A), and folding can bring marks forth (İ).
    let spread: String = text.nfkd().collect();
    let folded = CaseMapper::new().fold_string(&spread).into_owned();
    folded.nfkd().filter(|&c| !is_optional_mark(c)).collect()
}

/// The digits of a search that can be (part of) a phone number, without the `+` or `00` before the
/// country's code; `None` for anything else.
pub(super) fn digits(search: &str) -> Option<String> {
    let bare: String = search
        .chars()
        .filter(|c| !matches!(c, '+' | ' ' | '-' | '.' | '/' | '(' | ')' | '[' | ']'))
        .collect();
    let is_number = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    let digits = match bare.strip_prefix("00") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => bare,
    };
    is_number.then_some(digits)
}

/// Accents above and below (class 200 and up) and the points and vowel signs of Hebrew and Arabic
/// (10 to 35). Marks that are letters to their readers, such as Devanagari's, stay.
fn is_optional_mark(c: char) -> bool {
    matches!(canonical_combining_class(c), 10..=35 | 200..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_points_are_gone() {
        for (written, folded) in [
            ("Straße", "strasse"),
            ("ÉCOLE", "ecole"),
            ("İstanbul", "istanbul"),
            ("Ａｄａ", "ada"),
            ("Ωμέγα", "ωμεγα"),
            ("שָׁלוֹם", "שלום"),
            ("कुछ", "कुछ"),
            ("A\n\u{85}b", "a  b"),
        ] {
            assert_eq!(text(written), text(folded), "{written}");
        }
        assert_ne!(text("कुछ"), text("कछ"));
    }

    #[test]
    fn only_what_can_be_a_number_has_digits() {
        assert_eq!(digits("+49 (151) 23-4"), Some("49151234".into()));
        assert_eq!(digits("0049 151"), Some("49151".into()));
        assert_eq!(digits("00"), Some("00".into()));
        assert_eq!(digits("Room 12"), None);
        assert_eq!(digits(" "), None);
    }
}
