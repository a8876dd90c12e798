// A whole list that one can search and scroll through, however long it is.

import { Button, CloseButton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { LiveDirectory, LiveSession } from "../api/live";
import { m } from "../messages";
import { places } from "../places";
import { announce } from "./announce";
import { Card } from "./card";
import classes from "./directory-list.module.css";
import { Empty } from "./empty";
import { Export } from "./export";
import { Failure } from "./failure";
import { Filling } from "./filling";
import { Icon } from "./icon";
import { type PageInput, type PageOf, usePages } from "./list-pages";
import { Page } from "./page";
import { Refresh } from "./refresh";
import { Rows, type RowWords } from "./rows";

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
  const { list, words } = props;
  if (!session?.linkedAt || !directory) {
    const toLink = (
      <Button component={Link} href={places.whatsApp}>
        {m.list.toLink}
      </Button>
    );
    return (
      <Page title={words.title}>
        <Card>
          <Empty icon={list} title={m.list.notLinked} action={toLink}>
            {m.list.notLinkedHint}
          </Empty>
        </Card>
      </Page>
    );
  }
  const { sessionName } = session;
  if (!directory.syncedAt) {
    return (
      <Page title={words.title}>
        <Card>
          <Filling directory={directory} />
          <Refresh sessionName={sessionName} directory={directory} />
        </Card>
      </Page>
    );
  }
  return <Read {...props} sessionName={sessionName} directory={directory} asOf={directory.syncedAt} />;
}

interface ReadProps<T> extends Omit<Props<T>, "session" | "directory"> {
  sessionName: string;
  directory: LiveDirectory;
  asOf: Date;
}

/** The list once it was read from WhatsApp. */
function Read<T>({ list, words, sessionName, directory, asOf, fetch, row }: ReadProps<T>) {
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const clear = () => {
    setText("");
    input.current?.focus();
  };
  const [search] = useDebouncedValue(text.trim(), PAUSE_MS);
  const pages = usePages({ list, sessionName, search, asOf, fetch });
  const { found, failure } = pages;

  // Until the first page is there, the places of its entries are.
  const count = found ? found.matches : directory[list];
  const told = found && resultOf(words, found.search, found.matches);
  useEffect(() => {
    if (told && found?.search) announce(told);
  }, [told, found?.search]);

  return (
    <Page title={words.title} aside={<Export list={list} sessionName={sessionName} />} filled>
      <TextInput
        ref={input}
        type="search"
        aria-label={words.search}
        placeholder={words.placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        leftSection={<Icon name="search" />}
        rightSection={text && <CloseButton size="xl" iconSize={20} aria-label={m.list.clear} onClick={clear} />}
      />
      <div className={classes.state}>
        <p className={classes.count}>{found && found.matches > 0 && told}</p>
        <Refresh sessionName={sessionName} directory={directory} />
      </div>
      {failure && <Failure title={m.list.failed} error={failure} retry={pages.retry} />}
      {found?.matches === 0 && (
        <Nothing list={list} words={words} search={found.search} clear={clear} />
      )}
      {count > 0 && (
        <Rows
          key={found?.search ?? ""}
          label={words.title}
          shape={list === "groups" ? "shield" : "roundel"}
          count={count}
          pages={pages}
          row={row}
        />
      )}
    </Page>
  );
}

function resultOf(words: Words, search: string, matches: number): string {
  const count = words.count(matches);
  return search ? m.list.found(count, search) : count;
}

interface NothingProps {
  list: "groups" | "contacts";
  words: Words;
  search: string;
  clear: () => void;
}

function Nothing({ list, words, search, clear }: NothingProps): ReactNode {
  if (!search) {
    return (
      <Empty icon={list} title={words.none}>
        {words.noneHint}
      </Empty>
    );
  }
  const action = (
    <Button variant="default" onClick={clear}>
      {m.list.clear}
    </Button>
  );
  return (
    <Empty icon="search" title={m.list.noneFound(search)} action={action}>
      {m.list.noneFoundHint}
    </Empty>
  );
}
