// Who gets it: groups and people, found by search, kept as chips.

import { Button, CloseButton, SegmentedControl, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { api } from "../../api/client";
import type { ContactItem, GroupItem, LiveDirectory } from "../../api/live";
import { m } from "../../messages";
import { announce } from "../../parts/announce";
import { Badge } from "../../parts/badge";
import { Card } from "../../parts/card";
import { ChooseList, type ChooseListHandle, type Option } from "../../parts/choose-list";
import { Failure } from "../../parts/failure";
import { Filling } from "../../parts/filling";
import { Icon } from "../../parts/icon";
import { type PageInput, type PageOf, usePages } from "../../parts/list-pages";
import { Monogram } from "../../parts/monogram";
import { type Recipient, nameOf, ofContact, ofGroup, shapeOf } from "./recipient";
import classes from "./recipients.module.css";

const PAUSE_MS = 120;
/** So many chips are shown; the others at a press. */
const FEW = 12;

type List = "groups" | "contacts";

interface Props {
  sessionName: string;
  directory: LiveDirectory;
  chosen: Recipient[];
  change: (chosen: Recipient[]) => void;
  error: string | undefined;
}

export function Recipients({ sessionName, directory, chosen, change, error }: Props) {
  const [list, setList] = useState<List>("groups");
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), PAUSE_MS);
  const field = useRef<HTMLInputElement>(null);
  const options = useRef<ChooseListHandle>(null);
  const hint = useId();
  const words = m[list];

  const add = (recipient: Recipient) => {
    change([...chosen, recipient]);
    announce(m.compose.added(nameOf(recipient)));
  };
  const remove = ({ chatId, name }: Recipient) => {
    change(chosen.filter((other) => other.chatId !== chatId));
    announce(m.compose.removed(nameOf({ chatId, name })));
  };
  const toggle = (recipient: Recipient) => {
    if (chosen.some(({ chatId }) => chatId === recipient.chatId)) remove(recipient);
    else add(recipient);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    // Neither sends the form; both lead to what was found.
    event.preventDefault();
    options.current?.focus();
  };
  const asked = { sessionName, search, chosen, toggle, hint, options };

  return (
    <Card>
      <Title order={2} size="h4">
        {m.compose.who}
      </Title>
      <Chips chosen={chosen} remove={remove} clear={() => change([])} emptied={() => field.current?.focus()} />
      {error && (
        <p className={classes.error} id="recipients-error">
          {error}
        </p>
      )}
      {directory.syncedAt ? (
        <>
          <div className={classes.where}>
            <SegmentedControl
              aria-label={m.compose.lists}
              value={list}
              onChange={(value) => setList(value as List)}
              data={[
                { value: "groups", label: m.groups.title },
                { value: "contacts", label: m.compose.people },
              ]}
            />
            <TextInput
              ref={field}
              name="recipients"
              type="search"
              className={classes.search}
              aria-label={words.search}
              error={Boolean(error)}
              aria-describedby={error ? "recipients-error" : undefined}
              placeholder={words.placeholder}
              autoComplete="off"
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={onKeyDown}
              leftSection={<Icon name="search" />}
              rightSection={
                text && (
                  <CloseButton
                    size="xl"
                    iconSize={20}
                    aria-label={m.list.clear}
                    onClick={() => {
                      setText("");
                      field.current?.focus();
                    }}
                  />
                )
              }
            />
          </div>
          {list === "groups" ? (
            <Found<GroupItem>
              key="groups"
              {...asked}
              list="groups"
              asOf={directory.syncedAt}
              expected={directory.groups}
              fetch={(input, signal) => api.user.getWhatsAppGroups.query(input, { signal })}
              recipientOf={ofGroup}
              detailOf={({ members }) => (members === undefined ? null : m.groups.members(members))}
              closedOf={closedOf}
            />
          ) : (
            <Found<ContactItem>
              key="contacts"
              {...asked}
              list="contacts"
              asOf={directory.syncedAt}
              expected={directory.contacts}
              fetch={(input, signal) => api.user.getWhatsAppContacts.query(input, { signal })}
              recipientOf={ofContact}
              detailOf={(contact) => ofContact(contact).name && <bdi dir="ltr">+{contact.number}</bdi>}
              closedOf={() => null}
            />
          )}
          <p id={hint} className={`${classes.hint} ${classes.keys}`}>
            {m.compose.pickHint}
          </p>
        </>
      ) : (
        <Filling directory={directory} />
      )}
    </Card>
  );
}

/** Why nothing can be sent to a group. */
function closedOf({ isMember, adminsOnly, isAdmin }: GroupItem): string | null {
  if (isMember === false) return m.groups.left;
  return adminsOnly === true && isAdmin !== true ? m.groups.adminsOnly : null;
}

interface FoundProps<T> {
  list: List;
  sessionName: string;
  search: string;
  asOf: Date;
  /** How many there are in all, until the first page has come. */
  expected: number;
  fetch: (input: PageInput, signal: AbortSignal) => Promise<PageOf<T>>;
  chosen: Recipient[];
  toggle: (recipient: Recipient) => void;
  recipientOf: (item: T) => Recipient;
  detailOf: (item: T) => React.ReactNode;
  closedOf: (item: T) => string | null;
  hint: string;
  options: React.Ref<ChooseListHandle>;
}

function Found<T>({ list, expected, chosen, toggle, recipientOf, detailOf, closedOf, hint, options, ...asked }: FoundProps<T>) {
  const pages = usePages({ list, ...asked });
  const { found, failure } = pages;
  const ids = new Set(chosen.map(({ chatId }) => chatId));
  const count = found ? found.matches : expected;
  const told = found && (found.search ? m.list.found(m[list].count(found.matches), found.search) : null);
  useEffect(() => {
    if (told) announce(told);
  }, [told]);

  const option = (index: number): Option => {
    const item = pages.at(index);
    if (item === undefined) return { content: null, chosen: false, closed: true };
    const recipient = recipientOf(item);
    const closed = closedOf(item);
    const isChosen = ids.has(recipient.chatId);
    return {
      chosen: isChosen,
      // What was chosen before can always be taken back.
      closed: closed !== null && !isChosen,
      content: (
        <>
          <span className={classes.box} aria-hidden="true">
            {isChosen && <Icon name="check" size={16} />}
          </span>
          <Monogram shape={shapeOf(recipient.chatId)} id={recipient.chatId} name={recipient.name ?? ""} />
          <span className={classes.words}>
            <span className={classes.name} dir="auto">
              {nameOf(recipient)}
            </span>
            <span className={classes.detail}>{detailOf(item)}</span>
          </span>
          {closed && <Badge tone="past">{closed}</Badge>}
        </>
      ),
    };
  };

  return (
    <>
      {failure && <Failure title={m.list.failed} error={failure} retry={pages.retry} />}
      {found?.matches === 0 && (
        <p className={classes.hint}>{found.search ? m.list.noneFound(found.search) : m[list].none}</p>
      )}
      {count > 0 && (
        <ChooseList
          key={found?.search ?? ""}
          ref={options}
          label={m[list].title}
          describedBy={hint}
          multiple
          count={count}
          heightOf={() => 3.5}
          option={option}
          choose={(index) => {
            const item = pages.at(index);
            if (item !== undefined) toggle(recipientOf(item));
          }}
          busy={pages.busy && found !== null}
          inSight={pages.inSight}
        />
      )}
    </>
  );
}

interface ChipsProps {
  chosen: Recipient[];
  remove: (recipient: Recipient) => void;
  clear: () => void;
  /** The last chip is gone, and the focus that it had. */
  emptied: () => void;
}

function Chips({ chosen, remove, clear, emptied }: ChipsProps) {
  const [all, setAll] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const shown = all ? chosen : chosen.slice(0, FEW);
  const names = new Map<string | null, number>();
  for (const { name } of chosen) names.set(name, (names.get(name) ?? 0) + 1);
  /** Two of one name are told apart by their numbers. */
  const labelOf = (recipient: Recipient) =>
    recipient.name && (names.get(recipient.name) ?? 0) > 1
      ? `${recipient.name} ${nameOf({ ...recipient, name: null })}`
      : nameOf(recipient);
  const press = (recipient: Recipient, index: number) => {
    remove(recipient);
    // The next chip takes the place, and the focus.
    const buttons = list.current?.querySelectorAll("button") ?? [];
    const next = buttons[index + 1] ?? buttons[index - 1];
    if (next) next.focus();
    else emptied();
  };
  return (
    <div className={classes.chosen}>
      <div className={classes.count}>
        <p>{chosen.length === 0 ? m.compose.noneChosen : m.compose.chosen(chosen.length)}</p>
        {chosen.length > 1 && (
          <Button
            size="sm"
            variant="subtle"
            c="var(--tabard-accent)"
            onClick={() => {
              clear();
              emptied();
            }}
          >
            {m.compose.removeAll}
          </Button>
        )}
      </div>
      {chosen.length > 0 && (
        <ul ref={list} className={classes.chips} role="list" aria-label={m.compose.chosenList} data-all={all || undefined}>
          {shown.map((recipient, index) => (
            <li key={recipient.chatId} className={classes.chip}>
              <Icon name={shapeOf(recipient.chatId) === "shield" ? "groups" : "account"} size={16} />
              <span dir="auto">{labelOf(recipient)}</span>
              <button
                type="button"
                aria-label={m.compose.remove(labelOf(recipient))}
                onClick={() => press(recipient, index)}
              >
                <Icon name="close" size={16} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {chosen.length > FEW && (
        <div>
          <Button size="sm" variant="default" onClick={() => setAll(!all)}>
            {all ? m.compose.showFewer : m.compose.showAll(chosen.length)}
          </Button>
        </div>
      )}
    </div>
  );
}
