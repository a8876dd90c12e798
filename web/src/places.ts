// The addresses of the pages, and the way back to where one was before signing in.

export const places = {
  /** Leads on to the page that one begins with. */
  home: "/",
  campaigns: "/campaigns",
  newCampaign: "/campaigns/new",
  whatsApp: "/whatsapp",
  groups: "/groups",
  contacts: "/contacts",
  people: "/admin",
  sending: "/sending",
  account: "/account",
  signIn: "/sign-in",
  signUp: "/sign-up",
  setUp: "/set-up",
} as const;

export const campaignAt = (id: string) => `${places.campaigns}/${encodeURIComponent(id)}`;
export const campaignEditAt = (id: string) => `${campaignAt(id)}/edit`;

/** The sign-in page, which leads back to `from` afterwards. */
export function signInFrom(from: string): string {
  return from === places.home ? places.signIn : `${places.signIn}?to=${encodeURIComponent(from)}`;
}

/** Where the query of a sign-in page leads to; only ever to a page of ours. */
export function wayBack(query: string): string {
  const to = new URLSearchParams(query).get("to") ?? "";
  return /^\/[^/\\]/.test(to) ? to : places.home;
}

/** The same query on another page before the dashboard. */
export function withQuery(place: string, query: string): string {
  return query ? `${place}?${query}` : place;
}
