// The example page, and what the guide quotes of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Browser } from "./browser/chromium.mjs";
import { EXAMPLE, HTML, MAP, exampleSite, preview } from "./browser/example.mjs";
import { importMap } from "./browser/site.mjs";
import { LAPTOP, LAPTOP_ID, acme } from "./support.mjs";

const ADMIN = "hf_notARealOneButNobodyMustSeeIt";
const guide = readFileSync(new URL("../../docs/browser.md", import.meta.url), "utf8");
let browser;
let site;

before(async () => {
  browser = await Browser.start();
  site = await exampleSite({
    "/api/organizations/": (request, response, path) => {
      const refused = request.headers.authorization !== `Bearer ${ADMIN}` ? 401 : path !== "acme/document" ? 404 : 0;
      response.writeHead(refused || 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(refused ? { error: `refused with ${refused}` } : acme()));
    },
  });
});
after(async () => {
  await browser.close();
  await site.close();
});

test("it shows what another policy would do", async () => {
  const page = await browser.open(site.origin);
  const asked = { org: "acme", token: ADMIN, policy: "default" };
  assert.deepEqual(await preview(page, asked), {
    status: "0 blocked, 1 unblocked, 0 unchanged",
    rows: [[LAPTOP_ID, "bob", "token_pending", "granted"]],
  });
  assert.deepEqual(await preview(page, { ...asked, policy: "require-approval" }), {
    status: "0 blocked, 0 unblocked, 1 unchanged",
    rows: [],
  });
  assert.deepEqual(browser.said, []);
  assert.deepEqual(await preview(page, { ...asked, token: LAPTOP }), { status: "refused with 401", rows: [] });
  assert.deepEqual(await preview(page, { ...asked, org: "a/b" }), { status: "refused with 404", rows: [] });
  assert.ok(!(await page.content()).includes(ADMIN));
  assert.ok(browser.said.every((text) => !text.includes(ADMIN)));
});

test("what the guide quotes is there", async () => {
  const quoted = (language) => guide.split(`\`\`\`${language}\n`)[1].split("```")[0].trimEnd().split("\n");
  const script = readFileSync(`${EXAMPLE}preview.js`, "utf8");
  for (const line of quoted("js")) assert.ok(script.includes(line.trim()), line);
  for (const line of quoted("html")) assert.ok(HTML.includes(line), line);
  assert.deepEqual(JSON.parse(MAP), { imports: await importMap(["tokenward"]) });
  for (const entry of Object.entries(await importMap(["tokenward/edge", "tokenward/snapshots"]))) {
    const line = entry.map((text) => JSON.stringify(text)).join(": ");
    assert.ok(guide.includes(line), line);
  }
});
