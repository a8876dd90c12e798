// examples/typescript: up to date, compiles, runs. With this generation's clients.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Herald, PASSWORD, binary, folder, project } from "./harness.mjs";

const run = promisify(execFile);
const source = join(project, "examples/typescript");
const copy = join(folder, "build/example");

let herald;
before(async () => {
  await rm(copy, { recursive: true, force: true });
  for (const name of ["package.json", "tsconfig.json", "src"]) {
    await cp(join(source, name), join(copy, name), { recursive: true });
  }
  herald = await Herald.start();
});
after(() => herald.stop());

test("its types are what `herald typescript` prints", async () => {
  const { stdout } = await run(binary, ["typescript"], { maxBuffer: 1 << 24 });
  const same = (await readFile(join(source, "src/herald.ts"), "utf8")) === stdout;
  assert.ok(same, "it is old: herald typescript > examples/typescript/src/herald.ts");
});

test("its versions are the newest that are tested", async () => {
  const read = async (path) => JSON.parse(await readFile(join(path, "package.json"), "utf8"));
  const { dependencies, devDependencies } = await read(source);
  const tested = (await read(join(project, "conformance/newest"))).dependencies;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) assert.equal(version, tested[name], name);
});

test("it compiles, links an account and lists the groups", async () => {
  await herald.addUser("ana@example.org");
  await run(process.execPath, [join(folder, "node_modules/typescript/bin/tsc")], { cwd: copy }).catch((error) => assert.fail(error.stdout));
  const env = { PATH: process.env.PATH, HERALD_URL: herald.url, HERALD_EMAIL: "ana@example.org", HERALD_PASSWORD: PASSWORD };
  const { stdout } = await run(process.execPath, ["dist/main.js"], { cwd: copy, env, timeout: 60_000 });
  const lines = stdout.trim().split("\n");
  assert.match(lines[0], /^Scan qr\.png/);
  assert.match(lines[1], /^Linked since \d{4}-\d\d-\d\dT/);
  assert.ok(lines.length > 300, stdout);
  assert.ok(lines.slice(2).every((line) => /^\d+@g\.us {2}\S/.test(line)), stdout);
  assert.ok((await stat(join(copy, "qr.png"))).size > 100);
});
