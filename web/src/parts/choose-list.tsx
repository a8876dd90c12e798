// A list from which one chooses, however long it is: the entries in sight are drawn, arrow keys move, the space bar chooses.

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, type Ref, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import classes from "./choose-list.module.css";
import { useThrottled } from "./throttled";

export interface Option {
  content: ReactNode;
  chosen: boolean;
  /** Whether it cannot be chosen. */
  closed?: boolean;
}

export interface ChooseListHandle {
  focus: () => void;
}

interface Props {
  label: string;
  describedBy?: string;
  count: number;
  /** In rem: entries grow with the reader's size of letters. */
  heightOf: (index: number) => number;
  /** Another one where entries have become higher or lower. */
  heights?: string;
  option: (index: number) => Option;
  choose: (index: number) => void;
  /** Whether several can be chosen. */
  multiple?: boolean;
  busy?: boolean;
  /** Told which places are in sight. */
  inSight?: (from: number, to: number) => void;
  ref?: Ref<ChooseListHandle>;
}

const nothing = () => undefined;

export function ChooseList({ label, describedBy, count, heightOf, heights, option, choose, multiple = false, busy = false, inSight, ref }: Props) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [wanted, setActive] = useState(0);
  const active = Math.min(wanted, count - 1);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(index) * rem,
    overscan: 8,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, heights]);
  const drawn = virtualizer.getVirtualItems();
  useThrottled(inSight ?? nothing, drawn[0]?.index ?? 0, drawn.at(-1)?.index ?? 0);
  useImperativeHandle(ref, () => ({ focus: () => scroller.current?.focus() }));

  const go = (to: number) => {
    const next = Math.max(0, Math.min(count - 1, to));
    setActive(next);
    virtualizer.scrollToIndex(next);
  };
  const page = () => Math.max(1, drawn.length - 16);
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      PageDown: () => go(active + page()),
      PageUp: () => go(active - page()),
      Home: () => go(0),
      End: () => go(count - 1),
      " ": () => press(active),
      Enter: () => press(active),
    };
    const move = event.ctrlKey || event.altKey || event.metaKey ? undefined : moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  const press = (index: number) => {
    setActive(index);
    if (!option(index).closed) choose(index);
  };
  const isDrawn = drawn.some(({ index }) => index === active);

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="listbox"
      aria-label={label}
      aria-describedby={describedBy}
      aria-multiselectable={multiple || undefined}
      aria-activedescendant={isDrawn ? `${id}-${active}` : undefined}
      aria-busy={busy}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.list} role="presentation" style={{ blockSize: virtualizer.getTotalSize() }}>
        {drawn.map(({ index, start, size }) => {
          const { content, chosen, closed = false } = option(index);
          return (
            <div
              key={index}
              id={`${id}-${index}`}
              className={classes.option}
              role="option"
              aria-selected={chosen}
              aria-disabled={closed || undefined}
              aria-setsize={count}
              aria-posinset={index + 1}
              data-active={index === active || undefined}
              style={{ blockSize: size, transform: `translateY(${start}px)` }}
              onClick={() => press(index)}
            >
              {content}
            </div>
          );
        })}
      </div>
    </div>
  );
}
