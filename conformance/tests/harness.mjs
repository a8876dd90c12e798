// The built server with throw-away data, its users, and the npm clients of one generation.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

/** The folder with the clients to test: `newest` or `pinned`. */
export const generation = process.env.GENERATION ?? "newest";
export const folder = resolve(import.meta.dirname, "..", generation);
export const project = resolve(import.meta.dirname, "../..");
export const binary = resolve(process.env.HERALD_BIN ?? join(project, "target/debug/herald"));

const { trpc, superjson, ...others } = await import(join(folder, "clients.mjs"));
export const { createTRPCOptionsProxy, InfiniteQueryObserver, QueryClient, createAuthClient } = others;
export { trpc, superjson };

/** The three links through which every application calls. */
export const LINKS = {
  httpLink: trpc.httpLink,
  httpBatchLink: trpc.httpBatchLink,
  httpBatchStreamLink: trpc.httpBatchStreamLink,
};

export const PASSWORD = "correct horse battery staple";

/** Asks again and again until `ask` gives something, for at most 30 s. */
export async function until(what, ask) {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`30 s without: ${what}`);
    await wait(50);
  }
}

export class Herald {
  /** Starts a server with an empty data folder. */
  static async start() {
    const herald = new Herald();
    herald.data = await mkdtemp(join(tmpdir(), "herald-conformance-"));
    herald.env = {
      PATH: process.env.PATH,
      HERALD_ENGINE: "simulated",
      HERALD_TEST_MODE: "1",
      HERALD_DATA_DIR: herald.data,
      HERALD_LISTEN: "127.0.0.1:0",
    };
    herald.process = spawn(binary, ["serve"], { env: herald.env, stdio: ["ignore", "pipe", "pipe"] });
    process.on("exit", () => herald.process.kill("SIGKILL")); // where a test file ends early
    herald.exited = once(herald.process, "exit");
    let log = "";
    herald.process.stderr.on("data", (text) => (log += text));
    herald.url = await new Promise((ready, failed) => {
      createInterface(herald.process.stdout).on("line", (line) => {
        const url = line.match(/^Herald is ready at (http:\/\/\S+)$/)?.[1];
        if (url) ready(url);
      });
      herald.process.on("error", failed);
      herald.process.on("exit", (code) => failed(new Error(`herald serve ended with ${code}:\n${log}`)));
      setTimeout(() => failed(new Error(`herald serve is not ready after 20 s:\n${log}`)), 20_000).unref();
    });
    return herald;
  }

  /** Asks the server to stop; an exit code other than 0 is an error. */
  async stop() {
    const late = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    this.process.kill("SIGTERM");
    const [code, signal] = await this.exited;
    clearTimeout(late);
    await rm(this.data, { recursive: true });
    if (code !== 0) throw new Error(`herald serve ended with ${code ?? signal} after SIGTERM`);
  }

  /** Adds a user on the command line. */
  async addUser(email, role = "USER") {
    const arguments_ = ["user", "add", "--email", email, "--name", email.split("@")[0], "--role", role];
    await new Promise((done, failed) => {
      const child = execFile(binary, arguments_, { env: this.env }, (error, _out, text) =>
        error ? failed(new Error(`herald user add: ${error.message}\n${text}`)) : done(),
      );
      child.stdin.end(`${PASSWORD}\n`);
    });
  }

  /** Signs in (or up, given a path and a name) over HTTP; gives the cookie to send. */
  async signIn(email, path = "sign-in", more = {}) {
    const answer = await fetch(`${this.url}/api/auth/${path}/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url },
      body: JSON.stringify({ email, password: PASSWORD, ...more }),
    });
    if (!answer.ok) throw new Error(`${path} of ${email}: ${answer.status} ${await answer.text()}`);
    return answer.headers.getSetCookie()[0].split(";")[0];
  }

  /** A user who may use the product; gives the cookie. */
  async activeUser(email) {
    await this.addUser(email);
    return this.signIn(email);
  }

  /** Somebody who has signed up and was not yet approved; gives the cookie. */
  guest(email) {
    return this.signIn(email, "sign-up", { name: "Guest" });
  }

  /** A tRPC client, signed in with the cookie if there is one. */
  client(cookie, link = trpc.httpBatchLink, options = {}) {
    return trpc.createTRPCClient({
      links: [link({ url: `${this.url}/api/trpc`, transformer: superjson, headers: cookie ? { cookie } : {}, ...options })],
    });
  }
}

/** Waits until the session has this status. */
export function reach(client, sessionName, status) {
  return until(status, async () => (await client.user.getSessionStatus.query({ sessionName })).status === status);
}

/** Links the client's account and waits until its groups are there; gives the session's name and id. */
export async function linked(client) {
  const session = await client.user.initiateWhatsAppSession.mutate();
  await reach(client, session.sessionName, "WORKING");
  await until("groups", async () => (await client.user.getWhatsAppGroups.query({ sessionName: session.sessionName })).items.length);
  return session;
}

/** Every item of a list procedure, page by page, and the size of each page. */
export async function walk(procedure, input) {
  const items = [];
  const sizes = [];
  let cursor = 0;
  while (cursor !== undefined) {
    const page = await procedure.query({ ...input, cursor });
    items.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  }
  return { items, sizes };
}
