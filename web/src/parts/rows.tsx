// The entries that are in sight, at their places in a list that may be far longer.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import type { Pages } from "./list-pages";
import { Monogram } from "./monogram";
import classes from "./rows.module.css";
import { useThrottled } from "./throttled";

/** In rem: rows grow with the reader's size of letters. */
const HEIGHT = 4;

export interface RowWords {
  id: string;
  name: string;
  /** Whether the name is not its own but stands for one that is missing. */
  nameless: boolean;
  detail: ReactNode;
  badges: ReactNode;
}

interface Props<T> {
  label: string;
  shape: "shield" | "roundel";
  count: number;
  pages: Pages<T>;
  row: (item: T) => RowWords;
}

export function Rows<T>({ label, shape, count, pages, row }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = HEIGHT * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const places = virtualizer.getVirtualItems();
  useThrottled(pages.inSight, places[0]?.index ?? 0, places.at(-1)?.index ?? 0);

  return (
    // A region that scrolls has to be reachable by the keyboard.
    <div
      ref={scroller}
      className={classes.scroller}
      role="region"
      aria-label={label}
      aria-busy={pages.busy}
      data-stale={(pages.busy && pages.found !== null) || undefined}
      tabIndex={0}
    >
      {/* Safari takes a list without its marks for none, unless it says so. */}
      <ul className={classes.list} role="list" style={{ blockSize: virtualizer.getTotalSize() }}>
        {places.map(({ index, start }) => {
          const item = pages.at(index);
          return (
            <li
              key={index}
              className={classes.row}
              style={{ blockSize: height, transform: `translateY(${start}px)` }}
              aria-setsize={count}
              aria-posinset={index + 1}
            >
              {item === undefined ? <Skeleton shape={shape} /> : <Row shape={shape} words={row(item)} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Row({ shape, words }: { shape: Props<unknown>["shape"]; words: RowWords }) {
  return (
    <>
      <Monogram shape={shape} id={words.id} name={words.nameless ? "" : words.name} />
      <span className={classes.words}>
        <span className={classes.name} data-nameless={words.nameless || undefined} dir="auto">
          {words.name}
        </span>
        {words.detail && <span className={classes.detail}>{words.detail}</span>}
      </span>
      <span className={classes.badges}>{words.badges}</span>
    </>
  );
}

function Skeleton({ shape }: { shape: Props<unknown>["shape"] }) {
  return (
    <>
      <Monogram shape={shape} id="" name="" />
      <span className={classes.skeleton} aria-hidden="true" />
    </>
  );
}
