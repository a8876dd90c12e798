// The pages of a list of any length, each fetched when one of its entries comes into sight.

import { useQueries } from "@tanstack/react-query";
import { useRef, useState } from "react";

const PAGE = 200;

export interface PageInput {
  sessionName: string;
  limit: number;
  cursor: number;
  search: string;
  /** The reading that the pages are of, so that all of them are of one. */
  asOf: Date | undefined;
}

export interface PageOf<T> {
  items: T[];
  matches: number;
}

interface Asked<T> {
  list: string;
  sessionName: string;
  search: string;
  asOf: Date | null;
  fetch: (input: PageInput, signal: AbortSignal) => Promise<PageOf<T>>;
}

export interface Pages<T> {
  /** How many entries fit in all; null before it is known. */
  matches: number | null;
  /** The entry at a place; undefined while it is on its way. */
  at: (place: number) => T | undefined;
  /** Tells which places are in sight. */
  inSight: (from: number, to: number) => void;
  failure: unknown;
  retry: () => void;
  /** Whether all that is in sight is there. */
  settled: boolean;
}

/** What was last known of a list: it stays on screen until the new is there. */
interface Remembered<T> {
  matches: number | null;
  search: string;
  items: Map<number, T>;
}

export function usePages<T>({ list, sessionName, search, asOf, fetch }: Asked<T>): Pages<T> {
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const numbers = Array.from({ length: sight.last - sight.first + 1 }, (_, index) => sight.first + index);
  const results = useQueries({
    queries: numbers.map((page) => ({
      queryKey: ["directory", list, sessionName, search, asOf?.getTime() ?? null, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        fetch({ sessionName, limit: PAGE, cursor: page * PAGE, search, asOf: asOf ?? undefined }, signal),
    })),
  });

  const remembered = useRef<Remembered<T>>({ matches: null, search, items: new Map() });
  const known = results.find((result) => result.data)?.data;
  if (known && remembered.current.search !== search) {
    remembered.current = { matches: null, search, items: new Map() };
  }
  if (known) remembered.current.matches = known.matches;
  for (const [index, { data }] of results.entries()) {
    const from = ((numbers[index] ?? 0) * PAGE);
    for (const [offset, item] of (data?.items ?? []).entries()) remembered.current.items.set(from + offset, item);
  }

  return {
    matches: remembered.current.matches,
    at: (place) => remembered.current.items.get(place),
    inSight(from, to) {
      const next = { first: Math.floor(from / PAGE), last: Math.floor(to / PAGE) };
      if (next.first !== sight.first || next.last !== sight.last) setSight(next);
    },
    failure: results.find((result) => result.error)?.error ?? null,
    retry() {
      for (const result of results) if (result.isError) void result.refetch();
    },
    settled: results.every((result) => !result.isFetching),
  };
}
