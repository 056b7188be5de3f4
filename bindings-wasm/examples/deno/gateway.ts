// A gateway in Deno. Settings as of the worker.
//
//     deno run --allow-net --allow-env --allow-read gateway.ts

import { Gate, serve, settings } from "tokenward/edge";

const { HUB_ORIGIN = "", PORT = "8787", ...given } = Deno.env.toObject();

const gate = new Gate({
  ...settings(given),
  onError: (error) => console.error("tokenward:", error instanceof Error ? error.message : "failed"),
});
gate.follow();

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(PORT),
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  (request) => serve(gate, request, { origin: HUB_ORIGIN }),
);
