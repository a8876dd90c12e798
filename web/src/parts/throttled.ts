// Tells which part of a long list is in sight, but not at every pixel of a scroll.

import { useEffect, useRef } from "react";

/** Whoever drags the scroll bar passes many pages; one is looked at this often. */
const LOOK_MS = 80;

/** Calls with the newest arguments, at most once in a while, and once after the last. */
export function useThrottled(call: (from: number, to: number) => void, from: number, to: number): void {
  const newest = useRef({ from, to });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    newest.current = { from, to };
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      call(newest.current.from, newest.current.to);
    }, LOOK_MS);
  }, [call, from, to]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
