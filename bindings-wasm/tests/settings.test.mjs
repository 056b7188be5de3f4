// A gateway's settings as words: the guide lists them, and what is none is refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settings } from "tokenward/edge";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names that an interface of a file has. */
function names(path, start) {
  const [, body] = read(path).split(start)[1].match(/^[^{]*\{([^}]*)\n\}/);
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
}

test("the guide has the settings of gateways and of the worker, in any order", () => {
  const all = [...names("bindings-wasm/js/edge/settings.ts", "interface Settings"), ...names("bindings-wasm/examples/worker/src/worker.ts", "interface Env")];
  const told = [...read("docs/edge.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  assert.ok(all.length > 10);
  assert.deepEqual(told.sort(), all.sort());
});

const LEAST = { TOKENWARD_ENDPOINT: "https://tokens.test", TOKENWARD_ORGS: "acme, strict", TOKENWARD_CREDENTIAL: "hf_x" };

test("what is left out or empty is the default", () => {
  const wanted = { endpoint: "https://tokens.test", orgs: ["acme", "strict"], credential: "hf_x", stale: "refuse", elsewhere: "ask", own: "pass" };
  assert.deepEqual(settings(LEAST), wanted);
  assert.deepEqual(settings({ ...LEAST, TOKENWARD_STALE: "", TOKENWARD_KEYS: "", TOKENWARD_MAX_AGE: "" }), wanted);
});

test("every setting is an option", () => {
  const { TOKENWARD_CREDENTIAL, ...rest } = LEAST;
  const given = { ...rest, TOKENWARD_CREDENTIALS: "acme=hf_x, strict=hf_y", TOKENWARD_KEYS: "{}", TOKENWARD_MAX_AGE: "60" };
  const options = settings({ ...given, TOKENWARD_STALE: "ask", TOKENWARD_ELSEWHERE: "answer", TOKENWARD_OWN: "judge" });
  assert.deepEqual(options.credential, { acme: "hf_x", strict: "hf_y" });
  assert.deepEqual([options.keys, options.maxAge], ["{}", 60]);
  assert.deepEqual([options.stale, options.elsewhere, options.own], ["ask", "answer", "judge"]);
});

test("what is none is refused by its name, without a word of its value", () => {
  for (const [name, value] of [
    ["TOKENWARD_ENDPOINT", ""], ["TOKENWARD_ORGS", undefined], ["TOKENWARD_STALE", "aks"], ["TOKENWARD_ELSEWHERE", "Ask"],
    ["TOKENWARD_OWN", "toString"], ["TOKENWARD_MAX_AGE", "a minute"], ["TOKENWARD_MAX_AGE", "-1"],
  ]) {
    const made = () => settings({ ...LEAST, [name]: value });
    assert.throws(made, (error) => error instanceof TypeError && error.message.includes(name) && !(value && error.message.includes(value)));
  }
  assert.throws(() => settings({ ...LEAST, TOKENWARD_CREDENTIAL: "" }), /TOKENWARD_CREDENTIALS is not set/);
});
