// The code blocks of the published page, exactly as they are printed there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./harness.mjs";

const page = readFileSync(join(project, "docs/wire/user-api.md"), "utf8");
const blocks = page.split(/^## /m).slice(1).flatMap((section) => {
  const block = section.match(/^```typescript[^\n]*\n(.*?)^```/ms)?.[1];
  return block ? [[section.slice(0, section.indexOf("\n")), block]] : [];
});

/** `{procedure: example}` of the nine procedures. */
export const examples = Object.fromEntries(blocks.filter(([title]) => title !== "Type Definitions"));
/** The block of the four published types. */
export const typeDefinitions = Object.fromEntries(blocks)["Type Definitions"];

const AsyncFunction = (async () => {}).constructor;

/**
 * Runs an example with the session's name and id put in; gives what it printed: the arguments of
 * its only `console.log`.
 */
export async function run(procedure, trpc, session) {
  const code = examples[procedure]
    .replaceAll('"session_1234567890"', JSON.stringify(session?.sessionName))
    .replaceAll('"cls1234567890"', JSON.stringify(session?.id));
  const printed = [];
  await new AsyncFunction("trpc", "console", code)(trpc, { log: (...values) => printed.push(...values) });
  if (printed.length !== 1) throw new Error(`${procedure} printed ${printed.length} values`);
  return printed[0];
}
