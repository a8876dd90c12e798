// An instant in words that grow older by themselves; the exact one is in the element.

import { m } from "../messages";
import { useNow } from "./now";

interface Props {
  then: Date;
  words: (then: Date, now: number) => string;
}

export function Since({ then, words }: Props) {
  const now = useNow();
  return (
    <time dateTime={then.toISOString()} title={m.common.at(then)}>
      {/* The server's clock may be ahead of this one's. */}
      {words(then, Math.max(now, then.getTime()))}
    </time>
  );
}
