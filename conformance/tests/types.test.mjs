// The generated types under the compiler: the published examples as they are printed, and what an
// application may and may not write.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { binary, folder, project } from "./harness.mjs";
import { examples, typeDefinitions } from "./page.mjs";

const run = promisify(execFile);
const work = join(folder, "build/types");

/** An example of the page in a function of its own. */
const documented = (block) => `import type { Client } from "./client.js";
declare const trpc: Client;
export async function example() {
${block}}
`;

/** The page's four types beside the exported ones: the same. */
const published = `import type * as herald from "./herald.js";
import { type Equal, holds } from "./check.js";
${typeDefinitions}
holds<Equal<SessionStatusResponse, herald.SessionStatusResponse>>();
holds<Equal<SessionQRResponse, herald.SessionQRResponse>>();
holds<Equal<WhatsAppGroup, herald.WhatsAppGroup>>();
holds<Equal<WhatsAppContact, herald.WhatsAppContact>>();
`;

const files = {
  ...Object.fromEntries(Object.entries(examples).map(([name, block]) => [`${name}.ts`, documented(block)])),
  "published.ts": published,
};
let complaints;

before(async () => {
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await cp(join(project, "conformance/types"), work, { recursive: true });
  await writeFile(join(work, "herald.ts"), (await run(binary, ["typescript"], { maxBuffer: 1 << 24 })).stdout);
  for (const [name, text] of Object.entries(files)) await writeFile(join(work, name), text);
  complaints = await compile(work);
});

/** What the compiler says about the folder, line by line. */
async function compile(directory) {
  const tsc = join(folder, "node_modules/typescript/bin/tsc");
  const said = await run(process.execPath, [tsc, "--project", directory, "--pretty", "false"], { cwd: directory }).catch((error) => error);
  return said.stdout.split("\n").filter((line) => line !== "");
}

for (const name of [...Object.keys(files), "herald.ts", "client.ts", "router.ts", "campaigns.ts"]) {
  test(`${name} compiles`, () => assert.deepEqual(complaints.filter((line) => line.startsWith(name)), []));
}

test("nothing else is complained about", () => assert.deepEqual(complaints, []));

test("the compiler does find a fault", async () => {
  const directory = join(work, "faulty");
  await mkdir(directory);
  for (const name of ["tsconfig.json", "herald.ts", "client.ts"]) await cp(join(work, name), join(directory, name));
  const wrong = examples.getSessionStatus.replace("sessionName:", "session:");
  assert.notEqual(wrong, examples.getSessionStatus);
  await writeFile(join(directory, "example.ts"), documented(wrong));
  const found = await compile(directory);
  assert.ok(found.some((line) => line.startsWith("example.ts") && line.includes("TS2353")), found.join("\n"));
});
