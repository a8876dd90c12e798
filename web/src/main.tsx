// Begins: hands the page's nonce to whoever makes styles, then shows the dashboard.

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./mantine.css";
import "./theme.css";
import { queryClient } from "./api/client";
import { startLive } from "./api/live";
import { App } from "./app";
import { direction, language } from "./messages/format";
import { Crash } from "./parts/crash";
import { theme, variables } from "./theme";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
setNonce(nonce);
document.documentElement.lang = language;
document.documentElement.dir = direction;
startLive();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the dashboard");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <Crash>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </Crash>
    </MantineProvider>
  </StrictMode>,
);
