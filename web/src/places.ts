// The addresses of the pages, and the way back to where one was before signing in.

export const places = {
  whatsApp: "/",
  groups: "/groups",
  contacts: "/contacts",
  people: "/admin",
  account: "/account",
  signIn: "/sign-in",
  signUp: "/sign-up",
  setUp: "/set-up",
} as const;

/** The sign-in page, which leads back to `from` afterwards. */
export function signInFrom(from: string): string {
  return from === places.whatsApp ? places.signIn : `${places.signIn}?to=${encodeURIComponent(from)}`;
}

/** Where the query of a sign-in page leads to; only ever to a page of ours. */
export function wayBack(query: string): string {
  const to = new URLSearchParams(query).get("to") ?? "";
  return /^\/[^/\\]/.test(to) ? to : places.whatsApp;
}

/** The same query on another page before the dashboard. */
export function withQuery(place: string, query: string): string {
  return query ? `${place}?${query}` : place;
}
