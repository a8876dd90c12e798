// What it says: the text with its variables and marks, and how it looks on a phone.

import { Textarea, TextInput, Title } from "@mantine/core";
import { type ReactNode, useRef } from "react";
import { m } from "../../messages";
import { Card } from "../../parts/card";
import { Toggle } from "../../parts/toggle";
import { MARKS, type Style } from "../../parts/whatsapp-text";
import type { Draft, Wrong } from "./form";
import classes from "./text.module.css";

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  wrong: Wrong;
  /** How the message looks. */
  children: ReactNode;
}

const STYLES = Object.keys(MARKS) as Style[];
const letters = { bold: <strong>B</strong>, italic: <em>I</em>, strike: <s>S</s>, mono: <code>M</code> };

/** Writes at the caret, or over what is selected, so that it can be taken back like any typing. */
function write(field: HTMLTextAreaElement, text: string): void {
  field.focus();
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function mark(field: HTMLTextAreaElement, sign: string): void {
  const { selectionStart: from, selectionEnd: to, value } = field;
  write(field, sign + value.slice(from, to) + sign);
  field.setSelectionRange(from + sign.length, to + sign.length);
}

export function Text({ draft, change, wrong, children }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  return (
    <Card>
      <Title order={2} size="h4">
        {m.compose.what}
      </Title>
      <div className={classes.editor}>
        <div className={classes.tools}>
          <div className={classes.row} role="group" aria-label={m.compose.variables}>
            {Object.entries(m.compose.variable).map(([code, meaning]) => (
              <button
                key={code}
                type="button"
                className={classes.tool}
                aria-label={m.compose.insert(code, meaning)}
                title={meaning}
                onClick={() => field.current && write(field.current, code)}
              >
                {code}
              </button>
            ))}
          </div>
          <div className={classes.row} role="group" aria-label={m.compose.formats}>
            {STYLES.map((style) => (
              <button
                key={style}
                type="button"
                className={classes.tool}
                data-square
                aria-label={m.compose.format[style]}
                title={m.compose.format[style]}
                onClick={() => field.current && mark(field.current, MARKS[style])}
              >
                {letters[style]}
              </button>
            ))}
          </div>
        </div>
        <Textarea
          ref={field}
          name="messageTemplate"
          label={m.compose.text}
          size="md"
          rows={6}
          dir="auto"
          classNames={{ input: classes.text }}
          value={draft.text}
          error={wrong.messageTemplate}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      </div>
      {children}
      {/* Only where there is something to split, or it is on. */}
      {(draft.split || draft.text.includes("*")) && (
        <Toggle
          label={m.compose.split}
          hint={m.compose.splitHint}
          checked={draft.split}
          change={(split) => change({ split })}
        />
      )}
      <div className={classes.fields}>
        <TextInput
          name="title"
          label={<Optional>{m.compose.title}</Optional>}
          description={m.compose.titleHint}
          value={draft.title}
          error={wrong.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        {draft.header && (
          <TextInput
            name="targetAmount"
            label={<Optional>{m.compose.amount}</Optional>}
            value={draft.amount}
            error={wrong.targetAmount}
            onChange={(event) => change({ amount: event.currentTarget.value })}
          />
        )}
      </div>
      <Toggle
        label={m.compose.header}
        hint={m.compose.headerHint}
        checked={draft.header}
        change={(header) => change({ header })}
      />
    </Card>
  );
}

function Optional({ children }: { children: string }) {
  return (
    <>
      {children} <span className={classes.optional}>({m.compose.optional})</span>
    </>
  );
}
