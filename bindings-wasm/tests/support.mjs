// What the tests share: where data is, and the world of the corpus.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TokenwardError } from "tokenward";

export const CORPUS = new URL("../../core/corpus/", import.meta.url);
export const NOW = "2026-03-01T12:00:00Z";

/** The corpus: name, document and cases of each file. */
export function corpus() {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
  assert.ok(names.length >= 12, "the corpus is gone");
  return names.map((file) => ({
    name: file.replace(".json", ""),
    ...JSON.parse(readFileSync(new URL(file, CORPUS), "utf8")),
  }));
}

/** A file that the suite had written before: `variable` names the folder. */
export function written(variable, ...path) {
  const folder = process.env[variable];
  assert.ok(folder, `${variable} is not set: run \`cargo xtask test wasm\``);
  return join(folder, ...path);
}

/** Bytes in a buffer of their own. */
export function bytes(path) {
  return new Uint8Array(readFileSync(path));
}

export const refreshes = (name) => bytes(written("TOKENWARD_REFRESHES", name));
export const refreshKeys = () => readFileSync(written("TOKENWARD_REFRESHES", "keys.json"), "utf8");

/** A request that the first of those snapshots grants, and the second refuses. */
export const granted = corpus()
  .find(({ name }) => name === "policy-require-approval")
  .cases.find(({ decision, request: { token, resource } }) => {
    return decision.reason === "granted" && token && resource.includes(":acme");
  }).request;

/** That a call throws the package's error, with this code. */
export function refused(code, call) {
  assert.throws(call, (error) => {
    assert.ok(error instanceof TokenwardError && error instanceof Error, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

export const LAPTOP = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
export const LAPTOP_ID = "65f0c0ffee0000000000000a";

/** A small organization with one pending token. */
export function acme(digest) {
  return {
    format: "tokenward.org/1",
    organization: { name: "acme", tokenPolicy: "require-approval" },
    generation: 42,
    members: [{ user: "bob", role: "write" }],
    resources: [{ type: "model", name: "acme/open", visibility: "public" }],
    tokens: [
      {
        id: LAPTOP_ID,
        owner: "bob",
        role: "fineGrained",
        displayName: "laptop",
        createdAt: "2026-01-01T12:00:00Z",
        digest,
        fineGrained: { scoped: [{ entity: { type: "org", name: "acme" }, permissions: ["repo.write"] }] },
      },
    ],
  };
}
