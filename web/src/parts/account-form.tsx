// The form of the sign-in, sign-up and set-up pages. What is wrong with a field stands beside it.

import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import type { NewAccount } from "../api/auth";
import { identityChanged } from "../api/live";
import { m } from "../messages";
import { check, type Field, fieldOf, type Wrong } from "./account-fields";
import { Failure } from "./failure";

interface Props {
  /** Whether an account is made: with a name, and a new password. */
  fresh: boolean;
  submit: string;
  failed: string;
  send: (fields: NewAccount) => Promise<unknown>;
}

export function AccountForm({ fresh, submit, failed, send }: Props) {
  const [fields, setFields] = useState<NewAccount>({ name: "", email: "", password: "" });
  const [wrong, setWrong] = useState<Wrong>({});
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const show = (found: Wrong) => {
    setWrong(found);
    const first = Object.keys(found)[0];
    if (first) form.current?.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
  };

  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setFailure(null);
    const found = check(fields, fresh);
    show(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await send({ ...fields, name: fields.name.trim(), email: fields.email.trim() });
      await identityChanged();
    } catch (error) {
      const refused = fieldOf(error);
      if (refused) show(refused);
      else setFailure(error);
    } finally {
      setBusy(false);
    }
  };

  const input = (name: Field) => ({
    name,
    value: fields[name],
    error: wrong[name],
    required: true,
    withAsterisk: false,
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget;
      setFields((before) => ({ ...before, [name]: value }));
      setWrong(({ [name]: _, ...others }) => others);
    },
  });

  return (
    <form ref={form} onSubmit={(event) => void onSubmit(event)} noValidate>
      <Stack>
        {failure !== null && <Failure title={failed} error={failure} />}
        {fresh && <TextInput label={m.form.name} autoComplete="name" {...input("name")} />}
        <TextInput
          type="email"
          label={m.form.email}
          autoComplete={fresh ? "email" : "username"}
          autoCapitalize="none"
          spellCheck={false}
          {...input("email")}
        />
        <PasswordInput
          label={m.form.password}
          description={fresh ? m.form.passwordHint : undefined}
          autoComplete={fresh ? "new-password" : "current-password"}
          visibilityToggleButtonProps={{ "aria-label": m.form.showPassword }}
          {...input("password")}
        />
        <Button type="submit" loading={busy} fullWidth>
          {submit}
        </Button>
      </Stack>
    </form>
  );
}
