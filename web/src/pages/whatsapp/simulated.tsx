// Where the engine is the simulated one: what its phone can be made to do.

import { Button, Group, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../api/client";
import { m } from "../../messages";
import { announce } from "../../parts/announce";
import { Card } from "../../parts/card";
import { Failure } from "../../parts/failure";

const ACTIONS = ["scan", "lose", "restore", "unlink"] as const;

export function SimulatedPhone() {
  const act = useMutation(
    trpc.simulated.act.mutationOptions({
      onSuccess: ({ done }, { action }) => announce(done ? m.simulated.done[action] : m.simulated.notNow),
    }),
  );
  return (
    <Card>
      <Title order={2} size="h4">
        {m.simulated.title}
      </Title>
      <p>{m.simulated.intro}</p>
      <Group gap="sm">
        {ACTIONS.map((action) => (
          <Button key={action} variant="default" onClick={() => act.mutate({ action })}>
            {m.simulated[action]}
          </Button>
        ))}
      </Group>
      {act.data?.done === false && (
        <Text size="sm" c="dimmed">
          {m.simulated.notNow}
        </Text>
      )}
      {act.isError && <Failure title={m.simulated.failed} error={act.error} />}
    </Card>
  );
}
