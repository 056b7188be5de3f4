// What the questions are about: fixtures as JSON, for pages that fetch them.

import { createReadStream, readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

import { LAPTOP, acme, bytes, corpus, refreshKeys, refreshes, written } from "../support.mjs";

const encoded = (bytes) => Buffer.from(bytes).toString("base64");
const json = (path) => JSON.parse(readFileSync(path, "utf8"));

export function aboutCorpus() {
  const files = corpus().map((file) => ({ ...file, bundle: encoded(bytes(written("TOKENWARD_BUNDLES", `${file.name}.bundle`))) }));
  return { files, keys: json(written("TOKENWARD_BUNDLES", "keys.json")) };
}

/** The first line of the enumerated domain, and of the others each that leaves this remainder. */
export async function aboutDomain(step, remainder) {
  const lines = createInterface({ input: createReadStream(written("TOKENWARD_DOMAIN")) });
  const kept = [];
  let place = 0;
  for await (const line of lines) {
    if (place === 0 || place % step === remainder) kept.push(JSON.parse(line));
    place++;
  }
  return kept;
}

export function aboutOrganization(digest) {
  return { document: acme(digest), token: LAPTOP };
}

export function aboutRefreshes() {
  const named = (name) => ({ bundle: encoded(refreshes(`${name}.bundle`)), manifest: encoded(refreshes(`${name}.manifest`)) });
  const folder = written("TOKENWARD_REFRESHES", "blocks");
  const blocks = Object.fromEntries(readdirSync(folder).map((hash) => [hash, encoded(bytes(`${folder}/${hash}`))]));
  return { first: named("first"), second: named("second"), blocks, keys: JSON.parse(refreshKeys()) };
}
