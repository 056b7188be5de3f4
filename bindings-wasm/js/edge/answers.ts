// What a gateway answers, whoever decided: headers for the hub, headers for the client, texts for git.

import { isGit, type Verdict } from "tokenward/snapshots";

import { ServerError } from "./server.js";

/** What is to be done with a request. */
export interface GateAnswer {
  /** Whether it may pass. */
  passes: boolean;
  status: number;
  /** Of the answer where it may not pass; where it may, `X-HF-Warning` is for the client. */
  headers: [name: string, value: string][];
  /** Of the answer where it may not pass. */
  body: string | null;
  /** What the hub is told of the caller, in place of whatever the client sent under these names. */
  forward: [name: string, value: string][];
  /** Who decided: a snapshot, or the server that was asked. */
  by: "snapshot" | "server" | "nobody";
  /** Where it passes to: a call of the token server's own goes there, and is judged there. */
  to: "hub" | "server";
}

/** Headers that tell the hub who calls. */
const FORWARDED: readonly string[] = ["x-tokenward-user", "x-tokenward-token-id", "x-tokenward-orgs"];
/**
 * Whether a client's header is never passed on: it says who calls, or is read as one that does by
 * hubs that take `_` for `-`.
 */
export function isOurs(name: string): boolean {
  return /^x[-_]tokenward[-_]/i.test(name);
}

/** A call of the token server's own. */
export const PASSES_UNJUDGED: GateAnswer = {
  passes: true, status: 200, headers: [], body: null, forward: [], by: "nobody", to: "server",
};

export function noSnapshot(): GateAnswer {
  return refusal("This gateway has no snapshot to decide from yet, and the token server cannot be reached.");
}

/** What a snapshot says. */
export function told(verdict: Verdict): GateAnswer {
  const { headers, error, status } = verdict;
  const body = error === null ? null : JSON.stringify({ error });
  return sorted(verdict.decision === "allow", status, headers, body, "snapshot");
}

/** What the server says that was asked. */
export async function asked(answer: Response): Promise<GateAnswer> {
  const kept = /^(x-tokenward-|x-error-|x-hf-warning$|x-request-id$|www-authenticate$|retry-after$|ratelimit)/;
  // Headers of one name come joined; git and clients want the two of a 401 apart.
  const apart = ([name, value]: [string, string]): [string, string][] =>
    name === "www-authenticate" ? value.split(/, (?=Bearer )/).map((one) => [name, one]) : [[name, value]];
  const headers = [...answer.headers].filter(([name]) => kept.test(name)).flatMap(apart);
  const body = await answer.text();
  // Whatever else answers at this address has judged nothing.
  const judged = answer.headers.has("x-tokenward-reason") && answer.headers.has("x-tokenward-user");
  const known = judged ? [200, 401, 403, 404, 503].includes(answer.status) : answer.status === 429;
  if (!known) throw new ServerError(answer.status, `the server answers ${answer.status} to a question about a request`);
  return sorted(answer.status === 200, answer.status, headers, body || null, "server");
}

/** The same answer to another request. */
export function again(answer: GateAnswer): GateAnswer {
  const headers = answer.headers.map(([name, value]): [string, string] => [name, name === "x-request-id" ? crypto.randomUUID() : value]);
  return { ...answer, headers };
}

/** Whether it says that the server does not know the token. */
export function saysUnknown(answer: GateAnswer): boolean {
  return answer.status === 401 && answer.headers.some(([name, value]) => name === "x-tokenward-reason" && value === "invalid_token");
}

/** Headers for the hub, and headers for the client. */
function sorted(
  passes: boolean,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | null,
  by: GateAnswer["by"],
): GateAnswer {
  const forHub = ([name]: readonly [string, string]) => FORWARDED.includes(name);
  const pair = ([name, value]: readonly [string, string]): [string, string] => [name, value];
  const kept = /^x-(error|hf)-/;
  const forClient = headers.filter((header) => (passes ? kept.test(header[0]) : !forHub(header))).map(pair);
  if (!passes) complete(forClient);
  return { passes, status, headers: forClient, body, forward: headers.filter(forHub).map(pair), by, to: "hub" };
}

/** What is answered where nothing can be decided. */
export function refusal(text: string): GateAnswer {
  const headers: [string, string][] = [["x-error-message", text], ["retry-after", "1"]];
  return {
    passes: false, status: 503, headers: complete(headers), body: JSON.stringify({ error: text }),
    forward: [], by: "nobody", to: "hub",
  };
}

/** What every refusal has. */
function complete(headers: [string, string][]): [string, string][] {
  if (!headers.some(([name]) => name === "x-request-id")) headers.push(["x-request-id", crypto.randomUUID()]);
  headers.push(["content-type", "application/json"], ["cache-control", "no-store"]);
  return headers;
}

/** The same, with a text where git asks. */
export function plainForGit(uri: string, answer: GateAnswer): GateAnswer {
  if (answer.passes || answer.body === null || !isGit(uri)) return answer;
  const headers = answer.headers.map(([name, value]): [string, string] =>
    name === "content-type" ? [name, "text/plain; charset=utf-8"] : [name, value],
  );
  return { ...answer, headers, body: errorOf(answer.body) };
}

function errorOf(body: string): string {
  try {
    return String(JSON.parse(body).error);
  } catch {
    return body;
  }
}
