// Where the engine is the simulated one: what its phone can be made to do.

import { Button, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { trpc } from "../../api/client";
import { m } from "../../messages";
import { Failure } from "../../parts/failure";
import { Icon } from "../../parts/icon";
import classes from "./simulated.module.css";

const ACTIONS = ["scan", "lose", "restore", "loseAnswer", "unlink"] as const;

export function SimulatedPhone() {
  const act = useMutation(trpc.simulated.act.mutationOptions());
  const told = act.data && (act.data.done ? m.simulated.done[act.variables.action] : m.simulated.notNow);
  return (
    <section className={classes.phone} aria-labelledby="simulated-phone">
      <Title order={2} size="h5" id="simulated-phone" className={classes.title}>
        <Icon name="phone" />
        {m.simulated.title}
      </Title>
      <p>{m.simulated.intro}</p>
      <div className={classes.actions}>
        {ACTIONS.map((action) => (
          <Button key={action} size="sm" variant="default" onClick={() => act.mutate({ action })}>
            {m.simulated[action]}
          </Button>
        ))}
      </div>
      <p role="status">{told}</p>
      {act.isError && <Failure title={m.simulated.failed} error={act.error} />}
    </section>
  );
}
