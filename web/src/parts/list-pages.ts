// The pages of a list of any length, each fetched when one of its entries comes into sight.

import { type QueryKey, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";

const PAGE = 200;
/** What lies this near to what is in sight is fetched as well. */
const NEAR = 40;

export interface PageInput {
  sessionName: string;
  limit: number;
  cursor: number;
  search: string;
  /** The reading that the pages are of, so that all of them are of one. */
  asOf: Date;
}

export interface PageOf<T> {
  items: T[];
  matches: number;
}

interface Asked<T> {
  list: string;
  sessionName: string;
  search: string;
  asOf: Date;
  fetch: (input: PageInput, signal: AbortSignal) => Promise<PageOf<T>>;
}

/** What is on screen: it stays there until what was asked for since has come. */
interface Found {
  search: string;
  /** How many entries fit in all. */
  matches: number;
}

export interface Pages<T> {
  /** Null before anything has come. */
  found: Found | null;
  /** The entry at a place; undefined while it is on its way. */
  at: (place: number) => T | undefined;
  /** Tells which places are in sight. */
  inSight: (from: number, to: number) => void;
  failure: Error | null;
  retry: () => void;
  /** Whether other entries than those on screen are on their way. */
  busy: boolean;
}

interface Shown extends Found {
  reading: number;
}

export function usePages<T>({ list, sessionName, search, asOf, fetch }: Asked<T>): Pages<T> {
  const client = useQueryClient();
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const [shown, setShown] = useState<Shown | null>(null);
  const reading = asOf.getTime();
  const keyOf = (of: { search: string; reading: number }, page: number): QueryKey => [
    "directory",
    list,
    sessionName,
    of.reading,
    of.search,
    page,
  ];

  // What a new search finds is looked at from its beginning.
  const wanted = shown && shown.search === search ? sight : { first: 0, last: 0 };
  const numbers = Array.from({ length: wanted.last - wanted.first + 1 }, (_, index) => wanted.first + index);
  const results = useQueries({
    queries: numbers.map((page) => ({
      queryKey: keyOf({ search, reading }, page),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        fetch({ sessionName, limit: PAGE, cursor: page * PAGE, search, asOf }, signal),
    })),
  });

  const current = shown?.search === search && shown.reading === reading;
  const first = results[0]?.data;
  if (!current && first && results.every((result) => result.data)) {
    setShown({ search, reading, matches: first.matches });
  }

  const inSight = useCallback((from: number, to: number) => {
    const next = { first: Math.floor(Math.max(0, from - NEAR) / PAGE), last: Math.floor((to + NEAR) / PAGE) };
    setSight((before) => (before.first === next.first && before.last === next.last ? before : next));
  }, []);

  const kept = new Map<number, T[] | undefined>();
  const itemsOf = (page: number) => {
    if (shown && !kept.has(page)) kept.set(page, client.getQueryData<PageOf<T>>(keyOf(shown, page))?.items);
    return kept.get(page);
  };

  return {
    found: shown,
    at: (place) => itemsOf(Math.floor(place / PAGE))?.[place % PAGE],
    inSight,
    failure: results.find((result) => result.error)?.error ?? null,
    retry() {
      for (const result of results) if (result.isError) void result.refetch();
    },
    busy: !current,
  };
}
