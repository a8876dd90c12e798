//! The TypeScript module that gives clients the router's types without a TypeScript server.
//! See `docs/wire/trpc-protocol.md`, section 9.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use indexmap::IndexMap;
use ts_rs::{Config, TS, TypeVisitor};

use crate::{
    Kind,
    procedure::Procedure,
    schema::{InterfaceBody, doc_comment},
};

/// The parts of the module that are the application's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeScript<'t> {
    /// Comes first: a comment, say.
    pub header: &'t str,
    /// Comes before `AppRouter`: more declarations.
    pub extra: &'t str,
}

/// Two different types have one name in TypeScript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two different types are called {name}:\n{one}\n{other}")]
pub struct NameClash {
    /// The name.
    pub name: String,
    /// The declaration of the first.
    pub one: String,
    /// The declaration of the second.
    pub other: String,
}

const IMPORTS: &str = r#"import type {
  TRPCBuiltRouter,
  TRPCDefaultErrorData,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPC_ERROR_CODE_NUMBER,
} from "@trpc/server";

type Query<I, O> = TRPCQueryProcedure<{ meta: object; input: I; output: O }>;
type Mutation<I, O> = TRPCMutationProcedure<{ meta: object; input: I; output: O }>;

export interface ZodFlattened {
  formErrors: string[];
  fieldErrors: Record<string, string[] | undefined>;
}

export interface AppErrorShape {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
  data: TRPCDefaultErrorData & { zodError: ZodFlattened | null };
}

type Root = { ctx: object; meta: object; errorShape: AppErrorShape; transformer: true };
"#;

/// Stands in the modules of routers that have one.
const SUBSCRIPTION: &str = r#"/** `Y` is what `onData` gets. */
type Subscription<I, Y> = import("@trpc/server").TRPCSubscriptionProcedure<{
  meta: object;
  input: I;
  output: AsyncIterable<Y, never, any>;
}>;
"#;

/// The whole module.
pub(crate) fn module<S>(
    procedures: &[Procedure<S>],
    module: &TypeScript<'_>,
) -> Result<String, NameClash> {
    let mut declarations = Declarations::default();
    let mut root = Branch::default();
    for procedure in procedures {
        let input = (procedure.input_type)(&mut declarations)?;
        let output = (procedure.output_type)(&mut declarations)?;
        let kind = match procedure.info.kind {
            Kind::Query => "Query",
            Kind::Mutation => "Mutation",
            Kind::Subscription => "Subscription",
        };
        root.insert(&procedure.info.path, format!("{kind}<{input}, {output}>"));
    }

    let mut text = String::new();
    let mut kinds = procedures.iter().map(|procedure| procedure.info.kind);
    let has_subscriptions = kinds.any(|kind| kind == Kind::Subscription);
    let subscription = if has_subscriptions { SUBSCRIPTION } else { "" };
    for part in [module.header, IMPORTS, subscription] {
        push_part(&mut text, part);
    }
    for declaration in declarations.declared.values() {
        push_part(&mut text, declaration);
    }
    push_part(&mut text, module.extra);
    // An interface has no index signature and would be refused where a record is wanted.
    push_part(&mut text, &format!("type Procedures = {};", root.write(0)));
    push_part(
        &mut text,
        "export type AppRouter = TRPCBuiltRouter<Root, Procedures>;",
    );
    Ok(text)
}

/// With one empty line between parts.
fn push_part(text: &mut String, part: &str) {
    let part = part.trim();
    if part.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(part);
    text.push('\n');
}

/// A router as a TypeScript type; a leaf is a procedure.
#[derive(Default)]
struct Branch {
    procedure: Option<String>,
    branches: IndexMap<String, Branch>,
}

impl Branch {
    fn insert(&mut self, path: &str, procedure: String) {
        let leaf = path.split('.').fold(self, |branch, name| {
            branch.branches.entry(name.to_owned()).or_default()
        });
        leaf.procedure = Some(procedure);
    }

    fn write(&self, depth: usize) -> String {
        if let Some(procedure) = &self.procedure {
            return procedure.clone();
        }
        let indent = "  ".repeat(depth);
        let members = self
            .branches
            .iter()
            .fold(String::new(), |mut text, (name, branch)| {
                let _ = writeln!(text, "{indent}  {name}: {};", branch.write(depth + 1));
                text
            });
        format!("{{\n{members}{indent}}}")
    }
}

/// The types declared so far, by name: ts-rs visits them in an order that differs from one build to
/// the next.
pub struct Declarations {
    config: Config,
    declared: BTreeMap<String, String>,
    /// Types of outputs that have been visited.
    visited: HashSet<TypeId>,
    /// Interfaces whose members are being written.
    open: Vec<String>,
    /// The first that a visit met.
    clash: Option<NameClash>,
}

impl Default for Declarations {
    fn default() -> Self {
        Self {
            // Every number is one of JavaScript's on the wire, whatever its size in Rust.
            config: Config::new().with_large_int("number"),
            declared: BTreeMap::new(),
            visited: HashSet::new(),
            open: Vec::new(),
            clash: None,
        }
    }
}

impl Declarations {
    /// The TypeScript type of an output; what that names is declared.
    pub(crate) fn output<T: TS + 'static>(&mut self) -> Result<String, NameClash> {
        self.visit::<T>();
        match self.clash.take() {
            Some(clash) => Err(clash),
            None => Ok(T::name(&self.config)),
        }
    }

    /// Declares the interface of an input and returns its name.
    #[doc(hidden)]
    pub fn interface(
        &mut self,
        name: &str,
        attributes: &[&str],
        members: impl FnOnce(&mut InterfaceBody<'_>) -> Result<(), NameClash>,
    ) -> Result<String, NameClash> {
        if self.open.iter().any(|open| open == name) {
            return Ok(name.to_owned());
        }
        self.open.push(name.to_owned());
        let mut body = InterfaceBody {
            declarations: self,
            members: String::new(),
        };
        members(&mut body)?;
        let members = body.members;
        self.open.pop();
        let docs = doc_comment(attributes, "");
        self.add(
            name,
            format!("{docs}export interface {name} {{\n{members}}}"),
        )?;
        Ok(name.to_owned())
    }

    fn declare<T: TS + 'static + ?Sized>(&mut self) -> Result<(), NameClash> {
        let docs = T::docs().unwrap_or_default();
        let declaration = T::decl(&self.config);
        let declaration = as_interface(&declaration).unwrap_or(declaration);
        self.add(
            &T::ident(&self.config),
            format!("{docs}export {declaration}"),
        )
    }

    fn add(&mut self, name: &str, declaration: String) -> Result<(), NameClash> {
        let known = self
            .declared
            .entry(name.to_owned())
            .or_insert_with(|| declaration.clone());
        if *known == declaration {
            return Ok(());
        }
        Err(NameClash {
            name: name.to_owned(),
            one: known.clone(),
            other: declaration,
        })
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.visited.insert(TypeId::of::<T>()) {
            return;
        }
        // Only types that ts-rs would give a file of their own have a declaration.
        if T::output_path().is_some() {
            let declared = self.declare::<T::WithoutGenerics>();
            self.clash = self.clash.take().or(declared.err());
        }
        T::visit_generics(self);
        T::visit_dependencies(self);
    }
}

/// `type Name = { … };`, which ts-rs writes on one line, as an interface with a line for each
/// member. `None` of any other declaration.
fn as_interface(declaration: &str) -> Option<String> {
    let (name, body) = declaration.strip_prefix("type ")?.split_once(" = {")?;
    let mut text = format!("interface {name} {{\n");
    for member in members(body.strip_suffix("};")?)? {
        let _ = writeln!(text, "  {};", member.replace('\n', "\n  "));
    }
    Some(text + "}")
}

/// Splits at the commas that are not inside anything. `None` if this is no list of members.
fn members(body: &str) -> Option<Vec<&str>> {
    let (mut members, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut at = 0;
    while let Some(found) = body[at..].find(['{', '}', '(', ')', '[', ']', '<', '>', ',', '"', '/'])
    {
        let sign = body.as_bytes()[at + found];
        at += found + 1;
        match sign {
            b'{' | b'(' | b'[' | b'<' => depth += 1,
            b'}' | b')' | b']' | b'>' => depth = depth.checked_sub(1)?,
            b'"' => at += body[at..].find('"')? + 1,
            b'/' if body[at..].starts_with('*') => at += body[at..].find("*/")? + 2,
            b',' if depth == 0 => {
                members.push(body[start..at - 1].trim());
                start = at;
            }
            _ => {}
        }
    }
    // A mapped type is no member of an interface.
    let is_list =
        body[start..].trim().is_empty() && !members.iter().any(|member| member.starts_with('['));
    is_list.then_some(members)
}
