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

/** What to show to a person. */
export function wordsFor(error: unknown): string {
  if (error instanceof AuthError) {
    return error.status === 429 ? m.errors.tooMany(error.retryAfter) : error.message;
  }
  const refused = refusal(error);
  if (!refused) return m.errors.unreachable;
  const fields = Object.values(refused.data?.zodError?.fieldErrors ?? {}).flatMap((texts) => texts ?? []);
  return fields[0] ?? refused.message;
}
