// How far a reading of groups and contacts has come, and why the last one failed.

import { Progress } from "@mantine/core";
import type { LiveDirectory } from "../api/live";
import { m } from "../messages";
import classes from "./filling.module.css";
import { Notice } from "./notice";

export function Filling({ directory: { syncing, progress, error } }: { directory: LiveDirectory }) {
  return (
    <>
      {syncing && progress !== null && (
        <div className={classes.filling}>
          <p>{m.directory.fillingAt(progress)}</p>
          <Progress.Root size="lg" className={classes.bar}>
            <Progress.Section value={progress} aria-label={m.directory.progress} />
          </Progress.Root>
        </div>
      )}
      {error && !syncing && (
        <Notice tone="warning" title={m.directory.failed} sudden>
          {error}
        </Notice>
      )}
    </>
  );
}
