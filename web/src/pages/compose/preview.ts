// What the server would make of the form: asked a moment after the last change, and given up when there is a newer one.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { trpc } from "../../api/client";
import type { CampaignPreview } from "../../api/live";
import type { PreviewInput } from "./form";

const PAUSE_MS = 300;
/** A plan can be long: one that is not shown is not kept. */
const KEEP_MS = 10_000;

export interface Previewed {
  /** What the form, or the form as it was a moment ago, comes to; null where it is not complete. */
  plan: CampaignPreview | null;
  /** Whether that is not of the form as it is now. */
  busy: boolean;
  error: unknown;
}

/** `input` is null while the form is not complete. */
export function usePreview(input: PreviewInput | null): Previewed {
  // Equal forms are one, whichever object they are.
  const written = input === null ? null : JSON.stringify(input);
  const [settled] = useDebouncedValue(written, PAUSE_MS);
  const asked = useMemo(() => (settled === null ? null : (JSON.parse(settled) as PreviewInput)), [settled]);
  const preview = useQuery({
    ...trpc.messageCampaign.previewCampaign.queryOptions(asked ?? skipToken, { trpc: { abortOnUnmount: true } }),
    placeholderData: keepPreviousData,
    gcTime: KEEP_MS,
  });
  if (written === null) return { plan: null, busy: false, error: null };
  const current = settled === written;
  return {
    plan: preview.data ?? null,
    busy: !current || preview.isPlaceholderData || preview.isFetching,
    error: current ? preview.error : null,
  };
}
