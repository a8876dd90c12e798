// This folder's generation of the npm clients, for the tests in ../tests.
export * as trpc from "@trpc/client";
export { default as superjson } from "superjson";
export { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
export { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
export { createAuthClient } from "better-auth/client";
