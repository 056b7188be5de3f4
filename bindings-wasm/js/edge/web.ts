// The gateway for hosts that speak `Request` and `Response`: workers, Deno, Bun, service workers.

import { BODY_LIMIT } from "tokenward/snapshots";

import { type GateAnswer, isOurs } from "./answers.js";
import type { Gate } from "./gate.js";

/** Where requests go that may pass. */
export interface Passing {
  /** The hub's address: `https://hub.internal:9000`. */
  origin: string;
  /** In place of the host's own. */
  fetch?: typeof fetch;
}

/** For how many milliseconds a refusal waits for a body that is still being sent. */
const DRAINED_FOR = 1_000;
/** Headers that are between two neighbours, or that the host writes itself. */
const HOPS = new Set([
  "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade",
]);
/** The only host that passes a compressed body on as it came. */
const PASSES_COMPRESSED = globalThis.navigator?.userAgent === "Cloudflare-Workers";

/** Judges a request, and passes it on to the hub or refuses it. */
export async function serve(gate: Gate, request: Request, passing: Passing): Promise<Response> {
  const url = new URL(request.url);
  const uri = url.pathname + url.search;
  let passed: BodyInit | null = request.body;
  const answer = await gate.judge({
    method: request.method,
    uri,
    authorization: request.headers.get("Authorization"),
    async body() {
      const read = await ahead(request.body);
      passed = read.passed;
      return read.judged;
    },
  });
  if (!answer.passes) {
    if (passed === request.body) await drain(request.body);
    return refused(answer, request.method);
  }
  // The token server may be below a path: at its host's other paths are other services, which must get no tokens.
  const base = answer.to === "server" ? gate.endpoint : new URL(passing.origin).origin;
  const send = passing.fetch ?? ((input: string, more: RequestInit) => fetch(input, more));
  const init = { method: request.method, headers: forwarded(request, answer), body: passed, redirect: "manual", duplex: "half" };
  // Put together, not resolved: a path that begins with two slashes must not become another host.
  const response = await (send as typeof fetch)(base + uri, init as RequestInit);
  if (answer.headers.length === 0) return response;
  const warned = new Response(response.body, response);
  for (const [name, value] of answer.headers) warned.headers.set(name, value);
  return warned;
}

/** The answer to a request that may not pass. */
export function refused(answer: GateAnswer, method = "GET"): Response {
  const { status, headers, body } = answer;
  return new Response(method === "HEAD" ? null : body, { status, headers: new Headers(headers) });
}

function forwarded(request: Request, answer: GateAnswer): Headers {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    if (!HOPS.has(name) && !isOurs(name)) headers.append(name, value);
  }
  if (!PASSES_COMPRESSED) headers.set("accept-encoding", "identity");
  for (const [name, value] of answer.forward) headers.set(name, value);
  return headers;
}

/**
 * Reads a body that nobody needs, as far as one would be judged and for a moment only. Where an answer comes while its
 * client still sends, hosts cut the connection, and clients lose the answer with it.
 */
async function drain(stream: ReadableStream<Uint8Array> | null): Promise<void> {
  if (!stream) return;
  const reader = stream.getReader();
  let [left, timer] = [BODY_LIMIT, undefined as ReturnType<typeof setTimeout> | undefined];
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, DRAINED_FOR)));
  const read = async () => {
    while (left > 0) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
  };
  // A client that goes away meanwhile needs no answer.
  await Promise.race([read().catch(() => {}), late]);
  clearTimeout(timer);
}

/** Reads a body as far as it is judged. What is passed on is all of it. */
async function ahead(stream: ReadableStream<Uint8Array> | null): Promise<{ judged?: Uint8Array; passed: BodyInit | null }> {
  if (!stream) return { judged: new Uint8Array(), passed: null };
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    chunks.push(value);
    if (length > BODY_LIMIT) return { passed: andTheRest(chunks, reader) };
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return { judged: whole, passed: whole as BodyInit };
}

/** What was read already, and then what is still to come. */
function andTheRest(chunks: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = chunks.shift();
      const { done, value } = next ? { done: false, value: next } : await reader.read();
      if (done) controller.close();
      else controller.enqueue(value!);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
