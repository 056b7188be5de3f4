// A gateway's settings as words: the guide lists them, and what is none is refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { following, settings } from "tokenward/edge";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The names that an interface of a file has. */
function names(path, start) {
  const [, body] = read(path).split(start)[1].match(/^[^{]*\{([^}]*)\n\}/);
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
}

test("the guide has the settings of gateways and of the worker, in any order", () => {
  const all = [...["Settings", "FollowSettings"].flatMap((of) => names("bindings-wasm/js/edge/settings.ts", `interface ${of}`)), ...names("bindings-wasm/examples/worker/src/worker.ts", "interface Env")];
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

test("how the worker follows", () => {
  assert.deepEqual(following({}), { byEvents: true, check: 1_000 });
  assert.deepEqual(following({ TOKENWARD_FOLLOW: "", TOKENWARD_CHECK: "" }), { byEvents: true, check: 1_000 });
  assert.deepEqual(following({ TOKENWARD_FOLLOW: "poll", TOKENWARD_CHECK: "0" }), { byEvents: false, check: 0 });
});

test("what is none is refused by its name, without a word of its value", () => {
  for (const [name, value] of [
    ["TOKENWARD_ENDPOINT", ""], ["TOKENWARD_ORGS", undefined], ["TOKENWARD_STALE", "aks"], ["TOKENWARD_ELSEWHERE", "Ask"],
    ["TOKENWARD_OWN", "toString"], ["TOKENWARD_MAX_AGE", "a minute"], ["TOKENWARD_MAX_AGE", "-1"],
    ["TOKENWARD_MAX_AGE", "4294967296"], ["TOKENWARD_ORGS", "acme,"], ["TOKENWARD_ORGS", ",acme"], ["TOKENWARD_FOLLOW", "Poll"],
    ["TOKENWARD_CHECK", "5s"], ["TOKENWARD_CHECK", "0.5"],
  ]) {
    const given = { ...LEAST, [name]: value };
    const made = () => [settings(given), following(given)];
    assert.throws(made, (error) => error instanceof TypeError && error.message.includes(name) && !(value && error.message.includes(value)));
  }
  assert.throws(() => settings({ ...LEAST, TOKENWARD_CREDENTIAL: "" }), /TOKENWARD_CREDENTIALS is not set/);
});
