// A button that saves a whole list as a table for a spreadsheet.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api } from "../api/client";
import { m } from "../messages";
import { Failure } from "./failure";
import { Icon } from "./icon";

/** Spreadsheets take a text for UTF-8 that begins with it. */
const BYTE_ORDER_MARK = "\uFEFF";

interface Props {
  list: "groups" | "contacts";
  sessionName: string;
}

export function Export({ list, sessionName }: Props) {
  const save = useMutation({
    mutationFn: () => api.user.exportDirectory.query({ sessionName, list }),
    onSuccess: ({ csv }) => download(`${list}.csv`, csv),
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="download" />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {m.directory.export}
      </Button>
      {save.isError && <Failure title={m.directory.exportFailed} error={save.error} />}
    </>
  );
}

/** Has the browser save a table. */
export function download(name: string, csv: string): void {
  const url = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, csv], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read it only after this has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
