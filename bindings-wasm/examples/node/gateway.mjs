// A gateway in Node.js: the middleware, which hands the token server's own calls to it, and a plain proxy
// to the hub behind it. Settings as of the worker.

import { createServer, request as ask } from "node:http";

import { Gate, settings } from "tokenward/edge";
import { middleware } from "tokenward/edge/node";

const { HUB_ORIGIN, PORT = "8787", ...given } = process.env;

const gate = new Gate({
  ...settings(given),
  onError: (error) => console.error("tokenward:", error.message),
});
gate.follow();

const judged = middleware(gate);

const server = createServer((request, response) => {
  judged(request, response, (error) => {
    if (error) response.destroy();
    else proxy(request, response);
  });
});

/** Passes a request on as it is, and its answer back. */
function proxy(request, response) {
  const target = new URL(HUB_ORIGIN);
  const { host: _, ...headers } = request.headers;
  const { method, url: path } = request;
  const passed = ask({ hostname: target.hostname, port: target.port, method, path, headers });
  passed.on("response", (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on("close", () => passed.destroy());
  request.pipe(passed);
}

server.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
