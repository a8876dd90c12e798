// How the dashboard is built, and how it is served while one works on it.

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const herald = process.env["HERALD_URL"] ?? "http://127.0.0.1:3210";

// Herald refuses a foreign page's requests, so the proxy gives them Herald's own origin.
const proxied = {
  target: herald,
  changeOrigin: true,
  headers: { origin: new URL(herald).origin, referer: `${herald}/` },
};

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/api": proxied, "/health": proxied },
  },
  build: {
    target: "es2022",
    // The page's policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
