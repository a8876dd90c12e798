// Failures in words: the server's own message where it gave one, ours where it could not be reached.

import { TRPCClientError } from "@trpc/client";
import { m } from "../messages";
import type { AppRouter } from "./router";

/** A refusal of `/api/auth`. */
export class AuthError extends Error {
  override readonly name = "AuthError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds until another try counts. */
    readonly retryAfter: number | null,
  ) {
    super(message);
  }
}

function refusal(error: unknown): TRPCClientError<AppRouter> | null {
  // Without a shape the answer was not Herald's: the network, a proxy, or an abort.
  return error instanceof TRPCClientError && error.data ? (error as TRPCClientError<AppRouter>) : null;
}

/** The tRPC code of a refusal; null where the server was not heard. */
function codeOf(error: unknown): string | null {
  return refusal(error)?.data?.code ?? null;
}

export function isSignInEnded(error: unknown): boolean {
  return codeOf(error) === "UNAUTHORIZED";
}

/** Whether asking again may help. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return code === null || code === "TIMEOUT" || code === "SERVICE_UNAVAILABLE";
}

/** Whether a change may have been made all the same: nobody knows, for the answer was not heard. */
export function isUnheard(error: unknown): boolean {
  const code = codeOf(error);
  return code === null || code === "TIMEOUT";
}

/** What is wrong with each field of an input, as the server says it. */
export function fieldErrorsOf(error: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [field, texts] of Object.entries(refusal(error)?.data?.zodError?.fieldErrors ?? {})) {
    if (texts?.[0]) found[field] = inWords(texts[0]);
  }
  return found;
}

/** The server names fields as programs do; people know them by their labels. */
function inWords(text: string): string {
  const words = text.replace(/\b[a-z]+[A-Z]\w*\b/g, (name) => {
    const limit = m.limits[name];
    return limit ? m.quoted(limit) : (m.fields[name] ?? name);
  });
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** What to show to a person. */
export function wordsFor(error: unknown): string {
  if (error instanceof AuthError) {
    return error.status === 429 ? m.errors.tooMany(error.retryAfter) : error.message;
  }
  const refused = refusal(error);
  if (!refused) return m.errors.unreachable;
  const fields = Object.values(refused.data?.zodError?.fieldErrors ?? {}).flatMap((texts) => texts ?? []);
  return inWords(fields[0] ?? refused.message);
}
