// What this server is: version, engine, and that it is no product of WhatsApp.

import { useQuery } from "@tanstack/react-query";
import { trpc } from "../api/client";
import { m } from "../messages";
import classes from "./about.module.css";

export function About() {
  const { data: server } = useQuery(trpc.system.getServer.queryOptions());
  return (
    <p className={classes.about}>
      {server && (
        <>
          <span>{m.about.version(server.version)}</span> <span>{m.about.engine(server.engine)}</span>{" "}
        </>
      )}
      <span>{m.about.unofficial}</span>
    </p>
  );
}
