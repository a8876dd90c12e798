//! The generated module.

use serde::Serialize;
use trpc_axum::{Error, Router, TypeScript, input};
use ts_rs::TS;

use crate::reference::{self, Anyone};

#[test]
fn the_module_of_the_reference_router() {
    let module = TypeScript {
        header: "// Generated.",
        extra: "export type SessionName = string;",
    };
    insta::assert_snapshot!(reference::router().typescript(&module).unwrap());
}

/// Whole numbers of every width.
#[derive(Serialize, TS)]
struct Wide {
    signed: i64,
    /// Also inside others.
    unsigned: Vec<Option<u64>>,
    huge: std::collections::BTreeMap<String, i128>,
    /// With [brackets}, commas, and "quotes
    /// in a second line.
    choice: Choice,
}

/// Not an object.
#[derive(Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Choice {
    One,
    TheOther { text: (String, f64) },
}

#[derive(Serialize, TS)]
#[serde(transparent)]
struct Mapped(std::collections::BTreeMap<String, Choice>);

/// Of any element.
#[derive(Serialize, TS)]
struct Paged<T> {
    items: Vec<T>,
}

input! {
    /// Everything, "quoted",
    /// in two lines.
    #[derive(Clone)]
    struct WideInput {
        signed: i64 = integer(),
        /// Ends the comment */ too early.
        list: Vec<Option<u64>> = array(integer().nullable()),
        nested: Option<WideNested> = object().nullish(),
    }
}

input! {
    #[derive(Clone)]
    struct WideNested {
        order: &'static str = enumeration(&["asc", "desc"]),
    }
}

async fn wide(_: Anyone, (): (), input: WideInput) -> Result<Paged<Wide>, Error> {
    let unsigned = input.list;
    let order = input.nested.map_or("", |nested| nested.order).to_owned();
    let huge = [(order, i128::from(input.signed))].into();
    Ok(Paged {
        items: vec![Wide {
            signed: input.signed,
            unsigned,
            huge,
            choice: Choice::TheOther {
                text: (String::new(), 1.0),
            },
        }],
    })
}

#[test]
fn no_number_is_a_bigint() {
    let mapped = async |_: Anyone, ()| Ok(Mapped([("one".to_owned(), Choice::One)].into()));
    let router = Router::new().query("wide", wide).query("mapped", mapped);
    let module = router.typescript(&TypeScript::default()).unwrap();
    assert!(!module.contains("bigint"), "{module}");
    let types = module.split("type Root = ").nth(1).unwrap();
    insta::assert_snapshot!(types);
}

input! {
    #[derive(Clone)]
    struct Tree {
        branches: Vec<Tree> = array(object()).default(Vec::new()),
    }
}

#[test]
fn an_input_may_hold_its_own_kind() {
    let router = Router::new().query("grow", async |_: Anyone, (), tree: Tree| {
        Ok(tree.branches.is_empty())
    });
    let module = router.typescript(&TypeScript::default()).unwrap();
    let tree = "export interface Tree {\n  branches?: Tree[] | undefined;\n}\n";
    assert_eq!(module.matches(tree).count(), 1, "{module}");
}

mod other {
    use super::{Anyone, Error, Serialize, TS, input};

    #[derive(Serialize, TS)]
    pub(crate) struct Wide {
        text: String,
    }

    pub(crate) async fn output(_: Anyone, (): ()) -> Result<Wide, Error> {
        Ok(Wide {
            text: String::new(),
        })
    }

    input! {
        pub(crate) struct WideInput {
            text: String = string(),
        }
    }

    pub(crate) async fn input(_: Anyone, (): (), input: WideInput) -> Result<String, Error> {
        Ok(input.text)
    }
}

#[test]
fn two_types_of_one_name_are_refused() {
    let outputs = Router::new()
        .query("one", wide)
        .query("other", other::output);
    let clash = outputs.typescript(&TypeScript::default()).unwrap_err();
    assert_eq!(clash.name, "Wide");
    assert!(
        clash.one.contains("signed") && clash.other.contains("text"),
        "{clash}"
    );

    let inputs = Router::new()
        .query("one", wide)
        .query("other", other::input);
    assert_eq!(
        inputs.typescript(&TypeScript::default()).unwrap_err().name,
        "WideInput"
    );

    let same = Router::new().query("one", wide).query("other", wide);
    assert!(same.typescript(&TypeScript::default()).is_ok());
}
