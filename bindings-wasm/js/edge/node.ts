// The gateway as a middleware of Node.js servers: `http`, Connect, Express, and proxies behind them.

import { type IncomingMessage, type ServerResponse, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { pipeline } from "node:stream";

import { ahead } from "./ahead.js";
import { type GateAnswer, isOurs } from "./answers.js";
import type { Gate } from "./gate.js";

/** The token server is waited for so many milliseconds. */
const HANDED_FOR = 30_000;

/** Called when a request may pass. */
type Next = (error?: unknown) => void;

/**
 * A middleware that lets pass what may pass. The names of the caller are in the request's headers
 * then, where the hub looks for them; a body that was looked at can be read again.
 *
 * The token server's own calls do not come to the next: they are passed to the token server here,
 * unless the gate judges them like others (`own: "judge"`).
 */
export function middleware(gate: Gate): (request: IncomingMessage, response: ServerResponse, next: Next) => void {
  return (request, response, next) => {
    judge(gate, request).then((answer) => {
      // What comes next may throw, and that is not ours to catch.
      if (answer.to === "server") hand(gate, request, response);
      else if (answer.passes) queueMicrotask(() => pass(request, response, answer, next));
      else refuse(request, response, answer);
    }, next);
  };
}

async function judge(gate: Gate, request: IncomingMessage): Promise<GateAnswer> {
  return gate.judge({
    method: request.method ?? "",
    uri: uriOf(request),
    // Sent twice, it can be read in two ways.
    authorization: request.headersDistinct.authorization?.join(", ") ?? null,
    body: () => ahead(request),
  });
}

function pass(request: IncomingMessage, response: ServerResponse, answer: GateAnswer, next: Next): void {
  // Each of them is parsed when it is first asked for, from the raw list, and kept.
  const { headers, headersDistinct: distinct, rawHeaders: raw } = request;
  drop(isOurs, raw, headers, distinct);
  // Whoever is named there is dropped on the way.
  const named = /x[-_]tokenward[-_]/i;
  if (named.test(headers.connection ?? "")) drop((name) => name.toLowerCase() === "connection", raw, headers, distinct);
  for (const [name, value] of answer.forward) {
    headers[name] = value;
    distinct[name] = [value];
    raw.push(name, value);
  }
  // Trailers come with the end of the body, which may have been read ahead.
  const trailed = () => drop(isOurs, request.rawTrailers, request.trailers, request.trailersDistinct);
  if (request.complete) trailed();
  else request.prependOnceListener("end", trailed);
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  next();
}

/** Takes headers away from what was parsed of them, and from the raw list, which is often what proxies copy. */
function drop(isDropped: (name: string) => boolean, raw: string[], ...parsed: NodeJS.Dict<unknown>[]): void {
  for (const one of parsed) {
    for (const name of Object.keys(one)) if (isDropped(name)) delete one[name];
  }
  for (let at = raw.length - 2; at >= 0; at -= 2) if (isDropped(raw[at]!)) raw.splice(at, 2);
}

/** What a client asks for. `originalUrl` is what frameworks keep when they mount a middleware below a path. */
function uriOf(request: IncomingMessage): string {
  return (request as { originalUrl?: string }).originalUrl ?? request.url ?? "";
}

/** Headers that are between two neighbours. */
const HOPS = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

/** What is written anew for the token server. */
const NOT_HANDED = new Set(["host", "expect", "x-forwarded-for"]);

/** The headers of a message that are not between two neighbours. */
function endToEnd(message: IncomingMessage): [name: string, value: string[]][] {
  const named = new Set((message.headers.connection ?? "").toLowerCase().split(/[\s,]+/));
  // Whoever names it there would have the body read as another request.
  named.delete("content-length");
  return Object.entries(message.headersDistinct).flatMap(([name, values]) =>
    values && !HOPS.has(name) && !named.has(name) ? [[name, values]] : [],
  );
}

/** Passes a request on to the token server, which judges it itself, and its answer back. */
function hand(gate: Gate, request: IncomingMessage, response: ServerResponse): void {
  // It may be below a path: at its host's other paths are other services, which must get no tokens.
  const { hostname, port, protocol, pathname } = new URL(gate.endpoint);
  const headers = endToEnd(request).filter(([name]) => !NOT_HANDED.has(name) && !isOurs(name));
  // A body whose length is not said comes in pieces, whatever the method.
  if (request.headers["transfer-encoding"]) headers.push(["transfer-encoding", ["chunked"]]);
  const before = request.headersDistinct["x-forwarded-for"] ?? [];
  headers.push(["x-forwarded-for", [[...before, request.socket.remoteAddress ?? "unknown"].join(", ")]]);
  const ask = protocol === "https:" ? overHttps : overHttp;
  const asked = ask({
    hostname: hostname.replace(/^\[|\]$/g, ""), port, path: pathname.replace(/\/$/, "") + uriOf(request), method: request.method,
    headers: Object.fromEntries(headers), timeout: HANDED_FOR,
  });
  asked.on("timeout", () => asked.destroy(new Error("the token server does not answer")));
  asked.on("response", (answer) => {
    for (const [name, values] of endToEnd(answer)) response.setHeader(name, values);
    response.statusCode = answer.statusCode ?? 502;
    pipeline(answer, response, () => undefined);
  });
  asked.on("error", () => {
    if (response.headersSent) response.destroy();
    else unreachable(request, response);
  });
  response.on("close", () => asked.destroy());
  request.pipe(asked);
}

function unreachable(request: IncomingMessage, response: ServerResponse): void {
  const text = "The token server cannot be reached.";
  response.writeHead(503, { "content-type": "application/json", "x-error-message": text, "retry-after": "1" });
  response.end(request.method === "HEAD" ? undefined : JSON.stringify({ error: text }));
}

function refuse(request: IncomingMessage, response: ServerResponse, answer: GateAnswer): void {
  for (const [name, value] of answer.headers) response.appendHeader(name, value);
  response.statusCode = answer.status;
  response.end(request.method === "HEAD" ? undefined : (answer.body ?? ""));
}
