// A whole list that one can search and scroll through, however long it is.

import { Button, CloseButton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "wouter";
import type { LiveDirectory, LiveSession } from "../api/live";
import { m } from "../messages";
import { places } from "../places";
import { announce } from "./announce";
import { Empty } from "./empty";
import { Export } from "./export";
import { Failure } from "./failure";
import { Icon } from "./icon";
import { type PageInput, type PageOf, usePages } from "./list-pages";
import { Page } from "./page";
import { Refresh } from "./refresh";
import { Rows, type RowWords } from "./rows";
import classes from "./directory-list.module.css";

/** How long after a key the search begins: typing is one search, not one a letter. */
const PAUSE_MS = 120;

interface Words {
  title: string;
  search: string;
  placeholder: string;
  count: (count: number) => string;
  none: string;
  noneHint: string;
}

interface Props<T> {
  list: "groups" | "contacts";
  words: Words;
  session: LiveSession | null;
  directory: LiveDirectory | null;
  fetch: (input: PageInput, signal: AbortSignal) => Promise<PageOf<T>>;
  row: (item: T) => RowWords;
}

export function DirectoryList<T>({ session, directory, ...props }: Props<T>) {
  if (!session?.linkedAt || !directory) {
    return (
      <Page title={props.words.title}>
        <Empty
          icon={props.list}
          title={m.list.notLinked}
          action={
            <Button component={Link} href={places.whatsApp}>
              {m.list.toLink}
            </Button>
          }
        >
          {m.list.notLinkedHint}
        </Empty>
      </Page>
    );
  }
  return <LinkedList {...props} session={session} directory={directory} />;
}

function LinkedList<T>({ list, words, session, directory, fetch, row }: Props<T> & { session: LiveSession; directory: LiveDirectory }) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), PAUSE_MS);
  const { sessionName } = session;
  const pages = usePages({ list, sessionName, search, asOf: directory.syncedAt, fetch });
  const { matches, failure, settled } = pages;

  const found = matches === null ? "" : search ? m.list.found(words.count(matches), search) : words.count(matches);
  useEffect(() => {
    if (settled && search && found) announce(found);
  }, [settled, search, found]);

  return (
    <Page title={words.title} aside={<Export list={list} sessionName={sessionName} />} filled>
      <TextInput
        type="search"
        aria-label={words.search}
        placeholder={words.placeholder}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        leftSection={<Icon name="search" />}
        rightSection={text && <CloseButton aria-label={m.list.clear} onClick={() => setText("")} />}
      />
      <p className={classes.count}>{found}</p>
      {failure !== null && <Failure title={m.list.failed} error={failure} retry={pages.retry} />}
      {matches === 0 ? (
        <Nothing
          list={list}
          words={words}
          search={search}
          filling={directory.syncedAt === null}
          clear={() => setText("")}
        />
      ) : (
        <Rows key={search} label={words.title} pages={pages} row={row} />
      )}
      <div className={classes.foot}>
        <Refresh sessionName={sessionName} directory={directory} />
      </div>
    </Page>
  );
}

interface NothingProps {
  list: "groups" | "contacts";
  words: Words;
  search: string;
  /** Nothing was read yet. */
  filling: boolean;
  clear: () => void;
}

function Nothing({ list, words, search, filling, clear }: NothingProps): ReactNode {
  if (filling) return <Empty icon={list} title={m.directory.filling} />;
  if (!search) {
    return (
      <Empty icon={list} title={words.none}>
        {words.noneHint}
      </Empty>
    );
  }
  return (
    <Empty
      icon="search"
      title={m.list.noneFound(search)}
      action={
        <Button variant="default" onClick={clear}>
          {m.list.clear}
        </Button>
      }
    >
      {m.list.noneFoundHint}
    </Empty>
  );
}
