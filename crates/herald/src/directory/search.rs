//! Finding entries: each word that is searched for costs one pass over the texts of all of them.

use memchr::memmem::Finder;

use super::{
    fold,
    memory::{FIELD_END, List, Texts, number},
};

/// What is searched for.
pub(super) struct Needle {
    /// The folded search, as a whole.
    whole: String,
    /// Its digits, where all of it can be a phone number or a part of one.
    digits: Option<String>,
    words: Vec<Word>,
}

struct Word {
    text: String,
    digits: Option<String>,
}

impl Needle {
    /// What `search` asks for in a list whose entries have numbers, or have none.
    pub(super) fn new(search: &str, has_numbers: bool) -> Self {
        let whole = fold::text(search).trim().to_owned();
        let digits = fold::digits(&whole).filter(|_| has_numbers);
        let words = whole.split_whitespace().map(|text| Word {
            text: text.to_owned(),
            // All of it being a number, a part of it is none.
            digits: fold::digits(text).filter(|_| has_numbers && digits.is_none()),
        });
        Self {
            words: words.collect(),
            digits,
            whole,
        }
    }

    /// The places of the entries that fit, exact hits first, then those that begin with what is
    /// searched for, in the list's order each; `None` when everything fits.
    ///
    /// An entry fits when each word is in one of its names or, where the word can be a number, in
    /// its number; and when the whole search can be one and is in its number.
    pub(super) fn find<F>(&self, list: &List<F>) -> Option<Vec<usize>> {
        if self.words.is_empty() && self.digits.is_none() {
            return None;
        }
        let mut fits = vec![!self.words.is_empty(); list.len()];
        for word in &self.words {
            let mut hits = vec![false; list.len()];
            mark(&list.folded, &word.text, &mut hits);
            if let Some(digits) = &word.digits {
                mark(&list.ids, digits, &mut hits);
            }
            for (fits, hit) in fits.iter_mut().zip(hits) {
                *fits &= hit;
            }
        }
        if let Some(digits) = &self.digits {
            mark(&list.ids, digits, &mut fits);
        }

        let mut by_rank: [Vec<usize>; 3] = Default::default();
        for (at, _) in fits.iter().enumerate().filter(|(_, fits)| **fits) {
            by_rank[self.rank(list, at) as usize].push(at);
        }
        Some(by_rank.concat())
    }

    fn rank<F>(&self, list: &List<F>, at: usize) -> Rank {
        let names = list.folded.get(at).split(FIELD_END);
        let by_name = names.map(|name| rank(name, &self.whole)).min();
        let digits = self.digits.iter();
        let by_number = digits
            .map(|digits| rank(number(list.ids.get(at)), digits))
            .min();
        by_name
            .into_iter()
            .chain(by_number)
            .min()
            .unwrap_or(Rank::Inside)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Exact,
    Prefix,
    Inside,
}

fn rank(text: &str, needle: &str) -> Rank {
    match text.strip_prefix(needle) {
        Some("") => Rank::Exact,
        Some(_) => Rank::Prefix,
        None => Rank::Inside,
    }
}

/// Marks the entries whose text contains `needle`.
fn mark(texts: &Texts, needle: &str, marks: &mut [bool]) {
    let finder = Finder::new(needle);
    let (mut from, mut entry) = (0, 0);
    while let Some(hit) = finder.find(&texts.all.as_bytes()[from..]) {
        while texts.ends[entry] as usize <= from + hit {
            entry += 1;
        }
        marks[entry] = true;
        from = texts.ends[entry] as usize;
    }
}
