// Raw tokens: never shown, found in texts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseToken, scan } from "tokenward";

import { LAPTOP, refused } from "./support.mjs";

test("a secret never prints", () => {
  const secret = parseToken(LAPTOP);
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: null, getters: true }),
    inspect({ deep: { secret } }, { showHidden: true }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(structuredClone(Object.assign({}, secret))),
  ];
  for (const text of shown) assert.ok(!text.includes("AAAA"), text);
  assert.equal(String(secret), "<TokenSecret>");
  assert.equal(secret.reveal(), LAPTOP);
  assert.deepEqual([secret.ours, secret.last4, secret.digest.length], [true, "Ovtj", 64]);
});

test("any non-empty string may be a token", () => {
  assert.equal(parseToken("x").ours, false);
  refused("parse_error", () => parseToken(""));
  refused("parse_error", () => parseToken("\udc00"));
  refused("invalid_type", () => parseToken(null));
});

test("tokens are found where UTF-16 has them", () => {
  const text = `😀é\ud800 HF_TOKEN=${LAPTOP} 漢字😀"hf_${"a".repeat(34)}" x${LAPTOP}`;
  const found = scan(text);
  assert.deepEqual(
    found.map(({ start, end, ours }) => [text.slice(start, end), ours]),
    [
      [LAPTOP, true],
      [`hf_${"a".repeat(34)}`, false],
    ],
  );
  assert.deepEqual(scan(""), []);
  refused("invalid_type", () => scan(undefined));
});
