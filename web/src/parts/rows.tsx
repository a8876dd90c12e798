// The entries that are in sight, at their places in a list that may be far longer.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import type { Pages } from "./list-pages";
import classes from "./rows.module.css";

const HEIGHT = 64;

export interface RowWords {
  name: string;
  detail: string | null;
  badges: ReactNode;
}

interface Props<T> {
  label: string;
  pages: Pages<T>;
  row: (item: T) => RowWords;
}

export function Rows<T>({ label, pages, row }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = pages.matches ?? 0;
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 12,
  });
  const places = virtualizer.getVirtualItems();
  const first = places[0]?.index ?? 0;
  const last = places.at(-1)?.index ?? 0;
  const { inSight } = pages;
  useEffect(() => inSight(first, last));

  return (
    // A region that scrolls has to be reachable by the keyboard.
    <div ref={scroller} className={classes.scroller} role="region" aria-label={label} tabIndex={0}>
      <ul className={classes.list} style={{ blockSize: virtualizer.getTotalSize() }}>
        {places.map(({ index, start }) => {
          const item = pages.at(index);
          const words = item === undefined ? null : row(item);
          return (
            <li
              key={index}
              className={classes.row}
              style={{ blockSize: HEIGHT, transform: `translateY(${start}px)` }}
              aria-setsize={count}
              aria-posinset={index + 1}
            >
              {words ? (
                <>
                  <span className={classes.words}>
                    <span className={classes.name} dir="auto">
                      {words.name}
                    </span>
                    {words.detail && <span className={classes.detail}>{words.detail}</span>}
                  </span>
                  <span className={classes.badges}>{words.badges}</span>
                </>
              ) : (
                <span className={classes.skeleton} aria-hidden="true" />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
