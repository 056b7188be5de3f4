// The guide's table of settings is that of the worker.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("the guide has the worker's settings, in any order", () => {
  const interfaced = read("bindings-wasm/examples/worker/src/worker.ts").match(/interface Env \{([^}]*)\}/)[1];
  const settings = [...interfaced.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
  const told = [...read("docs/edge.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  assert.ok(settings.length > 10);
  assert.deepEqual(told.sort(), settings.sort());
});
