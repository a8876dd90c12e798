// Waiting before another try: longer each time, and not all at the same moment.

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

export interface Backoff {
  /** Does it after a while, unless it is already going to be done. */
  later(what: () => void): void;
  /** Forgets what was to be done. */
  cancel(): void;
  /** It worked: the next wait is short again. */
  reset(): void;
}

export function backoff(): Backoff {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    later(what) {
      if (timer !== undefined) return;
      const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
      failures += 1;
      timer = setTimeout(
        () => {
          timer = undefined;
          what();
        },
        wait * (0.75 + Math.random() / 2),
      );
    },
    cancel,
    reset() {
      cancel();
      failures = 0;
    },
  };
}
