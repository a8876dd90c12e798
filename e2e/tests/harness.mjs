// The built server with throw-away data, and people with browsers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const project = resolve(import.meta.dirname, "../..");
const binary = resolve(process.env.HERALD_BIN ?? join(project, "target/debug/herald"));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const screens = resolve(import.meta.dirname, "../build/screens");
await mkdir(screens, { recursive: true });

export const PASSWORD = "correct horse battery staple";
export const PHONE = { width: 390, height: 844 };
/** How long anything on a page may take before the test fails. */
const PATIENCE = 20_000;

/** Runs the binary until `stop`; gives its first lines on standard output to `ready` until that answers. */
async function run(args, env, ready) {
  const data = await mkdtemp(join(tmpdir(), "herald-e2e-"));
  const child = spawn(binary, args, {
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), HERALD_DATA_DIR: data, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const answer = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const found = ready(line);
      if (found) resolve(found);
    });
    exited.then(([code]) => reject(new Error(`herald ended with ${code}:\n${log}`)));
    setTimeout(() => reject(new Error(`herald is not ready after 30 s:\n${log}`)), 30_000).unref();
  });
  return {
    answer,
    data,
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      const [code, signal] = await exited;
      await rm(data, { recursive: true, force: true });
      assert.equal(code, 0, `herald ended with ${code ?? signal}:\n${log}`);
    },
  };
}

export async function startHerald(env = {}) {
  const settings = { HERALD_ENGINE: "simulated", HERALD_TEST_MODE: "1", HERALD_LISTEN: "127.0.0.1:0", ...env };
  const server = await run(["serve"], settings, (line) => line.match(/^Herald is ready at (http:\/\/\S+)$/)?.[1]);
  return {
    ...server,
    url: server.answer,
    /** The link that makes the first administrator. */
    async setUpLink() {
      return (await readFile(join(server.data, "set-up-link"), "utf8")).trim();
    },
  };
}

export async function startDemo(...more) {
  const args = ["demo", "--listen", "127.0.0.1:0", ...more];
  const server = await run(args, {}, (line) => line.match(/(http:\/\/\S+\/sign-in#\S+)/)?.[1]);
  return { ...server, link: server.answer };
}

export async function openChromium() {
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
  args.push("--disable-background-networking", "--disable-component-update", "--disable-sync");
  return chromium.launch({ executablePath, args });
}

/** Somebody with a browser of their own. What their pages complain of is an error of the test. */
export async function visitor(browser, url, options = {}) {
  const usual = { viewport: { width: 1280, height: 860 }, timezoneId: "UTC", locale: "en-US" };
  const context = await browser.newContext({ baseURL: url, ...usual, ...options });
  context.setDefaultTimeout(PATIENCE);
  const complaints = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    // A refused sign-in and a cut network are part of the tests; a policy that is violated never is.
    if (message.type() === "error" && !/Failed to load resource|net::ERR_/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  return {
    context,
    page: await context.newPage(),
    async done() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/** Fills in whatever form of an account is shown, and sends it. */
export async function sendAccount(page, submit, { name, email, password = PASSWORD }) {
  if (name) await page.getByLabel("Your name").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: submit, exact: true }).click();
}

export function heading(page, name) {
  return page.getByRole("heading", { level: 1, name, exact: true });
}

/** Makes the first administrator in this browser. */
export async function setUp(server, page) {
  await page.goto(await server.setUpLink());
  await sendAccount(page, "Create administrator", { name: "Ada Admin", email: "ada@herald.test" });
  await heading(page, "WhatsApp").waitFor();
}

/** Links the account that is signed in on the page. The simulated phone scans by itself. */
export async function link(page) {
  await page.goto("/whatsapp");
  await page.getByRole("button", { name: "Link WhatsApp" }).click();
  await page.getByText("Linked", { exact: true }).waitFor();
  await page.getByRole("link", { name: /^\d[\d,.]* contacts$/ }).waitFor();
}

/** The groups of the picker that one can write to. */
export const groupsToPick = (page) =>
  page.getByRole("listbox", { name: "Groups" }).locator('[role="option"]:not([aria-disabled])').filter({ hasNotText: "without a name" });

/** The running minute, or the next one where it is nearly over: a day and a time in UTC. */
export function soon() {
  const now = new Date();
  if (now.getUTCSeconds() > 45) now.setUTCMinutes(now.getUTCMinutes() + 1);
  return { day: now.toISOString().slice(0, 10), time: now.toISOString().slice(11, 16) };
}

/** Fills in the form of a campaign to the first few groups. */
export async function compose(page, { title, text = "Hello {name}", groups = 2, often = "once", day, last, time }) {
  await page.goto("/campaigns/new");
  await heading(page, "New campaign").waitFor();
  for (let index = 0; index < groups; index += 1) await groupsToPick(page).nth(index).click();
  await page.getByLabel("Message", { exact: true }).fill(text);
  if (title) await page.getByLabel("Title").fill(title);
  await page.getByLabel("How often").selectOption(often);
  await page.getByLabel(often === "once" ? "Day" : "First day", { exact: true }).fill(day);
  if (last) await page.getByLabel("Last day", { exact: true }).fill(last);
  await page.getByLabel("Time", { exact: true }).fill(time);
}

/** The same, and schedules it. */
export async function schedule(page, campaign) {
  await compose(page, campaign);
  await page.getByRole("button", { name: /^Schedule \d+ message/ }).click();
  await heading(page, campaign.title).waitFor();
}

/** No violation of axe's rules, nothing wider than the screen, and a picture to look at. */
export async function inspect(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`);
  await page.screenshot({ path: join(screens, `${name}.png`) });
  assert.deepEqual(found, [], `axe on ${name}`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${name} is ${wider} px wider than the screen`);
}
