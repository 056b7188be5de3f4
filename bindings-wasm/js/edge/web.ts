// The gateway for hosts that speak `Request` and `Response`: workers, Deno, Bun, service workers.

import { FORWARDED, type Gate, type GateAnswer, limited } from "./gate.js";

/** Where requests go that may pass. */
export interface Passing {
  /** The hub's address: `https://hub.internal:9000`. */
  origin: string;
  /** In place of the host's own. */
  fetch?: typeof fetch;
}

/** Judges a request, and passes it on to the hub or refuses it. */
export async function serve(gate: Gate, request: Request, passing: Passing): Promise<Response> {
  const url = new URL(request.url);
  let passed = request;
  const answer = await gate.judge({
    method: request.method,
    uri: url.pathname + url.search,
    authorization: request.headers.get("Authorization"),
    async body() {
      if (!request.body) return new Uint8Array();
      const [judged, rest] = request.body.tee();
      passed = new Request(request, { body: rest, duplex: "half" } as RequestInit);
      return limited(judged);
    },
  });
  return answer.passes ? pass(passed, url, answer, passing) : refused(answer, request.method);
}

/** The answer to a request that may not pass. */
export function refused(answer: GateAnswer, method = "GET"): Response {
  const headers = new Headers(answer.headers);
  headers.set("Content-Type", "application/json");
  headers.set("Cache-Control", "no-store");
  return new Response(method === "HEAD" ? null : answer.body, { status: answer.status, headers });
}

async function pass(request: Request, url: URL, answer: GateAnswer, passing: Passing): Promise<Response> {
  const headers = new Headers(request.headers);
  for (const name of FORWARDED) headers.delete(name);
  for (const [name, value] of answer.forward) headers.set(name, value);
  const target = new URL(url.pathname + url.search, passing.origin);
  const init = { method: request.method, headers, body: request.body, redirect: "manual", duplex: "half" };
  const send = passing.fetch ?? ((input: URL, more: RequestInit) => fetch(input, more));
  const response = await (send as typeof fetch)(target, init as RequestInit);
  if (answer.headers.length === 0) return response;
  const warned = new Response(response.body, response);
  for (const [name, value] of answer.headers) warned.headers.set(name, value);
  return warned;
}
