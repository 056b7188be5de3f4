// Asking the server about requests: not too many at once, and not again at once about tokens that it does not know.

import { type GateAnswer, again, asked, refusal, saysUnknown } from "./answers.js";
import type { Edge } from "./edge.js";
import { ServerError } from "./server.js";

/** So many requests are asked about at once: whoever makes tokens up must not keep the server busy. */
const ASKS = 64;
/** One that has not been answered by then has been ended by its host. */
const ASK_LASTS = 30_000;
/** For so long, and of so many requests, it is remembered that the server does not know their token. */
const [REFUSED_FOR, REFUSED_MANY] = [3_000, 1_024];

/** A request whose token and body are at hand. */
export interface Judged {
  method: string;
  uri: string;
  authorization: string | null;
  token: string | null;
  body: Uint8Array | undefined;
}

export class Questions {
  readonly #edges: readonly Edge[];
  readonly #tell: (error: unknown) => void;
  /** Those that are open, with when each is given up. */
  readonly #open = new Set<{ until: number }>();
  /** Answers that say that a token is unknown, under a digest of the request; the oldest first. */
  readonly #refused = new Map<string, { answer: GateAnswer; until: number }>();

  constructor(edges: readonly Edge[], tell: (error: unknown) => void) {
    this.#edges = edges;
    this.#tell = tell;
  }

  /** What the server says of a request. Never throws. */
  async ask(request: Judged): Promise<GateAnswer> {
    const digest = await digestOf(request);
    const known = digest === undefined ? undefined : this.#refused.get(digest);
    if (known && Date.now() < known.until) return again(known.answer);
    if (!this.#mayAsk()) {
      return refusal("This gateway cannot decide about the request alone, and asks the token server about too many others.");
    }
    const ask = { until: Date.now() + ASK_LASTS };
    this.#open.add(ask);
    try {
      const answer = await this.#askNow(request);
      if (digest !== undefined && saysUnknown(answer)) this.#remember(digest, answer);
      return answer;
    } catch (error) {
      this.#tell(error);
      return refusal("This gateway cannot decide about the request alone, and the token server cannot be reached.");
    } finally {
      this.#open.delete(ask);
    }
  }

  async #askNow({ method, uri, authorization, body }: Judged): Promise<GateAnswer> {
    // Any credential will do that is still good.
    const isWell = (edge: Edge) => edge.status.error === null;
    for (const edge of [...this.#edges.filter(isWell), ...this.#edges.filter((edge) => !isWell(edge))]) {
      const answer = await edge.server.judge(method, uri, authorization, body);
      if (!answer.headers.has("x-tokenward-gateway")) return asked(answer);
      await answer.body?.cancel();
    }
    throw new ServerError(403, "the server does not believe this gateway, by its credential or by its address");
  }

  #mayAsk(): boolean {
    if (this.#open.size >= ASKS) for (const ask of this.#open) if (Date.now() >= ask.until) this.#open.delete(ask);
    return this.#open.size < ASKS;
  }

  #remember(digest: string, answer: GateAnswer): void {
    this.#refused.delete(digest);
    for (const oldest of this.#refused.keys()) {
      if (this.#refused.size < REFUSED_MANY) break;
      this.#refused.delete(oldest);
    }
    this.#refused.set(digest, { answer, until: Date.now() + REFUSED_FOR });
  }
}

/** Under which a request with a token is remembered: neither the token nor its path can be read from it. */
async function digestOf({ method, uri, authorization, token }: Judged): Promise<string | undefined> {
  if (token === null) return undefined;
  const text = JSON.stringify([method, uri, authorization]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return String.fromCharCode(...new Uint8Array(digest));
}
