// The time, for words such as "3 minutes ago". It moves what is written, and asks nobody for data.

import { useEffect, useState } from "react";

const STEP_MS = 20_000;

export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
