// No WhatsApp is linked: what linking means, what it risks, and the button.

import { Button, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../api/client";
import { m } from "../../messages";
import { Card } from "../../parts/card";
import { Failure } from "../../parts/failure";
import { Icon } from "../../parts/icon";
import { Notice } from "../../parts/notice";
import classes from "./link.module.css";

export function LinkCard() {
  const link = useMutation(trpc.user.initiateWhatsAppSession.mutationOptions());
  return (
    <Card>
      <Title order={2} size="h3">
        {m.whatsApp.linkTitle}
      </Title>
      <p>{m.whatsApp.intro}</p>
      <Notice tone="warning" title={m.whatsApp.riskTitle}>
        {m.whatsApp.risk}
      </Notice>
      {link.isError && <Failure title={m.whatsApp.linkFailed} error={link.error} />}
      <Button
        size="lg"
        className={classes.link}
        leftSection={<Icon name="link" />}
        loading={link.isPending}
        onClick={() => link.mutate()}
      >
        {m.whatsApp.link}
      </Button>
    </Card>
  );
}
