//! The words by which people ask for no more messages.

use unicode_normalization::UnicodeNormalization;

/// Whole messages that mean it, folded: English, Spanish, Portuguese, French, German, Italian,
/// Hindi and Arabic (`background/market.md`, section 5c: STOP, UNSUBSCRIBE and translations).
const WORDS: &[&str] = &[
    "stop",
    "stop all",
    "stopall",
    "unsubscribe",
    "opt out",
    "optout",
    "baja",
    "darme de baja",
    "parar",
    "no mas mensajes",
    "sair",
    "descadastrar",
    "pare",
    "arret",
    "desabonner",
    "me desabonner",
    "stopp",
    "abmelden",
    "abbestellen",
    "disiscrivi",
    "disiscrivimi",
    "रुको",
    "रुकें",
    "बंद करो",
    "बंद करें",
    "توقف",
    "قف",
    "الغاء الاشتراك",
    "إلغاء الاشتراك",
];

/// The word, if the whole message is one of those by which people ask for no more; case, accents
/// of Latin letters and punctuation around it do not matter.
pub fn asked_for_no_more(text: &str) -> Option<&'static str> {
    // Longer than any of them: not worth folding.
    if text.len() > 200 {
        return None;
    }
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric() && !is_mark(c));
    let folded = bare.to_lowercase();
    let plain: String = folded
        .nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .nfc()
        .collect();
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || c == '-')
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join(" ");
    WORDS
        .iter()
        .find(|word| word.nfc().eq(joined.chars()))
        .copied()
}

/// Vowel signs of Indic scripts are no letters, yet belong to the word.
fn is_mark(c: char) -> bool {
    ('\u{900}'..='\u{97f}').contains(&c) || ('\u{610}'..='\u{65f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("STOP", Some("stop"))]
    #[case(" stop. ", Some("stop"))]
    #[case("“Stop!”", Some("stop"))]
    #[case("Opt-out", Some("opt out"))]
    #[case("UNSUBSCRIBE", Some("unsubscribe"))]
    #[case("No más mensajes", Some("no mas mensajes"))]
    #[case("Arrêt", Some("arret"))]
    #[case("रुकें", Some("रुकें"))]
    #[case("बंद करें!", Some("बंद करें"))]
    #[case("توقف", Some("توقف"))]
    #[case("إلغاء الاشتراك", Some("إلغاء الاشتراك"))]
    #[case("Please don't stop", None)]
    #[case("stop by at five?", None)]
    #[case("", None)]
    #[case("…", None)]
    fn the_whole_message_counts(#[case] text: &str, #[case] word: Option<&str>) {
        assert_eq!(asked_for_no_more(text), word);
    }

    #[test]
    fn every_word_is_found_as_it_stands() {
        for word in WORDS {
            assert!(asked_for_no_more(word).is_some(), "{word}");
        }
    }
}
