// A gateway in Deno. Settings as of the worker.
//
//     deno run --allow-net --allow-env --allow-read gateway.ts

import { Gate, serve } from "tokenward/edge";

const setting = (name: string) => Deno.env.get(name) ?? "";

const gate = new Gate({
  endpoint: setting("TOKENWARD_ENDPOINT"),
  orgs: setting("TOKENWARD_ORGS").split(","),
  credential:
    setting("TOKENWARD_CREDENTIAL") ||
    Object.fromEntries(setting("TOKENWARD_CREDENTIALS").split(",").map((pair) => pair.split("="))),
  onError: (error) => console.error("tokenward:", error instanceof Error ? error.message : "failed"),
});
gate.follow();

Deno.serve(
  {
    hostname: "127.0.0.1",
    port: Number(setting("PORT") || 8787),
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  (request) => serve(gate, request, { origin: setting("HUB_ORIGIN") }),
);
