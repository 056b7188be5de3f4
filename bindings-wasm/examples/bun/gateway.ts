// A gateway in Bun. Settings as of the worker.
//
//     bun gateway.ts

import { Gate, serve, settings } from "tokenward/edge";

const { HUB_ORIGIN = "", PORT = "8787", ...given } = Bun.env;

const gate = new Gate({
  ...settings(given),
  onError: (error) => console.error("tokenward:", error instanceof Error ? error.message : "failed"),
});
gate.follow();

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(PORT),
  fetch: (request) => serve(gate, request, { origin: HUB_ORIGIN }),
});
console.log(`listening on http://127.0.0.1:${server.port}`);
