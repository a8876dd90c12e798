// Catches what goes wrong while a page is drawn, so that words stand there instead of nothing.

import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { m } from "../messages";
import { Card } from "./card";

interface State {
  crashed: boolean;
}

export class Crash extends Component<{ children: ReactNode }, State> {
  override state: State = { crashed: false };

  static getDerivedStateFromError(): State {
    return { crashed: true };
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    return (
      <main>
        <Card>
          <h1>{m.errors.crashed}</h1>
          <p>{m.errors.crashedHint}</p>
          <div>
            <Button onClick={() => window.location.reload()}>{m.errors.reload}</Button>
          </div>
        </Card>
      </main>
    );
  }
}
