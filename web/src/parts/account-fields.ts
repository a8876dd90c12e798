// What can be wrong with the fields of an account, found here or told by the server.

import type { NewAccount } from "../api/auth";
import { AuthError } from "../api/errors";
import { m } from "../messages";

export type Field = keyof NewAccount;
export type Wrong = Partial<Record<Field, string>>;

// The server's bounds, in UTF-16 units as it counts them.
const SHORTEST = 8;
const LONGEST = 128;

/** What is wrong before it is sent, in the order of the form. */
export function check(fields: NewAccount, fresh: boolean): Wrong {
  const wrong: Wrong = {};
  if (fresh && !fields.name.trim()) wrong.name = m.form.nameMissing;
  const email = fields.email.trim();
  if (!email) wrong.email = m.form.emailMissing;
  else if (!/^[^\s@]+@[^\s@]+$/.test(email)) wrong.email = m.form.emailWrong;
  const { length } = fields.password;
  if (length === 0) wrong.password = m.form.passwordMissing;
  else if (fresh && length < SHORTEST) wrong.password = m.form.passwordShort;
  else if (fresh && length > LONGEST) wrong.password = m.form.passwordLong;
  return wrong;
}

/** The field that the server refused; null where its refusal is not about one. */
export function fieldOf(error: unknown): Wrong | null {
  if (!(error instanceof AuthError)) return null;
  switch (error.code) {
    case "PASSWORD_TOO_SHORT":
      return { password: m.form.passwordShort };
    case "PASSWORD_TOO_LONG":
      return { password: m.form.passwordLong };
    case "INVALID_EMAIL":
      return { email: m.form.emailWrong };
    case "USER_ALREADY_EXISTS":
    case "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL":
      return { email: error.message };
    case "VALIDATION_ERROR":
      if (error.message.startsWith("[body.name]")) return { name: m.form.nameMissing };
      if (error.message.startsWith("[body.email]")) return { email: m.form.emailWrong };
      return null;
    default:
      return null;
  }
}
