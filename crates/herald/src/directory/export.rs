//! Lists as tables for spreadsheets: CSV as RFC 4180 has it, with a line of headings.

use std::fmt::Display;

use super::Directory;
use crate::table::table;

/// Every group that is offered.
pub(crate) fn groups(directory: &Directory) -> String {
    let rows = directory.all_groups().map(|group| {
        [
            group.group_name,
            group.group_id,
            told(group.members),
            told(group.admins_only),
            told(group.is_admin),
        ]
    });
    table(
        ["name", "id", "members", "admins only", "you are admin"],
        rows,
    )
}

/// Everybody who is offered.
pub(crate) fn contacts(directory: &Directory) -> String {
    let rows = directory.all_contacts().map(|contact| {
        [
            contact.group_name,
            contact.group_id,
            contact.number,
            told(contact.is_saved),
        ]
    });
    table(["name", "id", "number", "saved"], rows)
}

/// Nothing where the engine does not tell.
fn told(fact: Option<impl Display>) -> String {
    fact.map_or_else(String::new, |fact| fact.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Known, KnownContact, KnownGroup};

    #[test]
    fn names_are_quoted_and_run_nothing() {
        let directory = Directory::new(Known {
            groups: vec![KnownGroup {
                id: "1@g.us".into(),
                name: Some("Choir, \"the\" loud\nones".into()),
                members: Some(12),
                is_admin: Some(false),
                ..KnownGroup::default()
            }],
            contacts: vec![KnownContact {
                id: "491510000001@c.us".into(),
                push_name: Some("=HYPERLINK(\"x\")".into()),
                number: Some("491510000001".into()),
                is_saved: Some(true),
                ..KnownContact::default()
            }],
        });
        assert_eq!(
            groups(&directory),
            "name,id,members,admins only,you are admin\r\n\
             \"Choir, \"\"the\"\" loud\nones\",1@g.us,12,,false\r\n"
        );
        assert_eq!(
            contacts(&directory),
            "name,id,number,saved\r\n\
             \"'=HYPERLINK(\"\"x\"\")\",491510000001@c.us,491510000001,true\r\n"
        );
    }
}
