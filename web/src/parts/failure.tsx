// That something failed, why, and a button to try it again.

import { Button } from "@mantine/core";
import { wordsFor } from "../api/errors";
import { m } from "../messages";
import { Notice } from "./notice";

interface Props {
  title: string;
  error: unknown;
  retry?: () => void;
}

export function Failure({ title, error, retry }: Props) {
  return (
    <Notice
      tone="bad"
      title={title}
      sudden
      action={
        retry && (
          <Button variant="default" onClick={retry}>
            {m.common.retry}
          </Button>
        )
      }
    >
      {wordsFor(error)}
    </Notice>
  );
}
