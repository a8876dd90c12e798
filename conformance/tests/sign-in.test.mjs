// The npm better-auth client, unmodified, as a page would use it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Herald, PASSWORD, createAuthClient } from "./harness.mjs";

let herald;
before(async () => (herald = await Herald.start()));
after(() => herald.stop());

/** What a browser adds to fetch: the page's origin, and the cookies of the answers so far. */
function browser(origin = herald.url) {
  const jar = new Map();
  const customFetchImpl = async (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("origin", origin);
    if (jar.size > 0) headers.set("cookie", [...jar].map((pair) => pair.join("=")).join("; "));
    const answer = await fetch(url, { ...init, headers });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value, attributes] = cookie.match(/^([^=]+)=([^;]*)(.*)$/);
      if (/max-age=0/i.test(attributes)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  return { auth: createAuthClient({ baseURL: herald.url, fetchOptions: { customFetchImpl } }), jar };
}

test("sign up, session, sign out, sign in again", async () => {
  const { auth, jar } = browser();
  const up = await auth.signUp.email({ name: "Ana", email: "Ana@Example.org", password: PASSWORD });
  assert.equal(up.error, null);
  assert.equal(up.data.user.email, "ana@example.org");
  assert.deepEqual([...jar.keys()], ["better-auth.session_token"]);

  const { data } = await auth.getSession();
  assert.equal(data.user.id, up.data.user.id);
  assert.equal(data.user.role, "GUEST");
  assert.ok(new Date(data.session.expiresAt) > Date.now());

  assert.deepEqual((await auth.signOut()).data, { success: true });
  assert.equal(jar.size, 0);
  assert.equal((await auth.getSession()).data, null);

  const again = await auth.signIn.email({ email: "ana@example.org", password: PASSWORD });
  assert.equal(again.error, null);
  assert.equal(again.data.user.id, up.data.user.id);
  assert.equal((await auth.getSession()).data.user.name, "Ana");
});

test("a session that was signed out stays dead", async () => {
  const { auth, jar } = browser();
  await auth.signUp.email({ name: "Ben", email: "ben@example.org", password: PASSWORD });
  const stolen = [...jar];
  await auth.signOut();
  for (const [name, value] of stolen) jar.set(name, value);
  assert.equal((await auth.getSession()).data, null);
  assert.equal(jar.size, 0, "and its cookie is taken back");
});

test("a wrong password and an unknown address are refused alike", async () => {
  const { auth } = browser();
  await herald.addUser("cleo@example.org");
  for (const email of ["cleo@example.org", "nobody@example.org"]) {
    const { data, error } = await auth.signIn.email({ email, password: "not the password" });
    assert.equal(data, null);
    assert.deepEqual(
      { status: error.status, code: error.code, message: error.message },
      { status: 401, code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" },
    );
  }
});

test("sign-up says what is wrong", async () => {
  const { auth } = browser();
  await herald.addUser("dora@example.org");
  const attempts = [
    [{ email: "dora@example.org", password: PASSWORD }, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"],
    [{ email: "emil@example.org", password: "short" }, 400, "PASSWORD_TOO_SHORT"],
    [{ email: "emil@example.org", password: "x".repeat(129) }, 400, "PASSWORD_TOO_LONG"],
    [{ email: "no address", password: PASSWORD }, 400, "VALIDATION_ERROR"],
  ];
  for (const [fields, status, code] of attempts) {
    const { error } = await auth.signUp.email({ name: "Somebody", ...fields });
    assert.deepEqual({ status: error.status, code: error.code }, { status, code });
  }
});

test("a page of another origin may not sign in", async () => {
  await herald.addUser("fred@example.org");
  const { auth, jar } = browser("https://elsewhere.example");
  const { error } = await auth.signIn.email({ email: "fred@example.org", password: PASSWORD });
  assert.deepEqual({ status: error.status, code: error.code }, { status: 403, code: "INVALID_ORIGIN" });
  assert.equal(jar.size, 0);
});
