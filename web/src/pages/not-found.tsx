// For an address that leads nowhere.

import { Button } from "@mantine/core";
import { Link } from "wouter";
import { m } from "../messages";
import { Page } from "../parts/page";
import { places } from "../places";

export function NotFoundPage() {
  return (
    <Page title={m.notFound.title}>
      <p>{m.notFound.hint}</p>
      <div>
        <Button component={Link} href={places.home}>
          {m.notFound.home}
        </Button>
      </div>
    </Page>
  );
}
