// Signing in and out over `/api/auth`, as docs/wire/auth.md has it.

import { m } from "../messages";
import { AuthError } from "./errors";

export interface User {
  id: string;
  name: string;
  email: string;
  role: "ADMIN" | "USER" | "GUEST";
}

interface Refusal {
  code?: string;
  message?: string;
}

async function ask<T>(path: string, body?: object): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api/auth${path}`, {
      credentials: "same-origin",
      cache: "no-store",
      ...(body && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
  } catch {
    throw new AuthError(0, "UNREACHABLE", m.errors.unreachable, null);
  }
  const told: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && told !== undefined) return told as T;
  const refusal = (told ?? {}) as Refusal;
  const wait = Number(answer.headers.get("x-retry-after"));
  throw new AuthError(
    answer.status,
    refusal.code ?? "UNREACHABLE",
    refusal.message ?? m.errors.unreachable,
    wait > 0 ? wait : null,
  );
}

interface Credentials {
  email: string;
  password: string;
}

export interface NewAccount extends Credentials {
  name: string;
}

/** Who is signed in, by the cookie that this browser has. */
export async function whoAmI(): Promise<User | null> {
  const found = await ask<{ user: User } | null>("/get-session");
  return found?.user ?? null;
}

export const signIn = (fields: Credentials) => ask("/sign-in/email", fields);
export const signInByLink = (token: string) => ask("/sign-in/link", { token });
export const signUp = (fields: NewAccount) => ask("/sign-up/email", fields);
export const setUp = (token: string, fields: NewAccount) => ask("/set-up", { token, ...fields });
export const signOut = () => ask("/sign-out", {});
