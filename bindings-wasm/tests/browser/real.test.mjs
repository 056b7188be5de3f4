// Pages against a real server: started by `server/tests/clients/test_browser.py`, which has made its world.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Browser, ask } from "./chromium.mjs";
import { edgePage } from "./edge-page.mjs";
import { exampleSite, preview } from "./example.mjs";
import { Site, handedTo, policy } from "./site.mjs";

/** The server's address, an org admin's token, an edge credential, and a token to be revoked. */
const { url, org, admin, credential, token } = JSON.parse(process.env.TOKENWARD_WORLD);
const proxied = { "/api/": handedTo(url), "/.well-known/": handedTo(url) };
const secrets = [admin, credential, token];
let browser;
let folder;
let bundle;

before(async () => {
  browser = await Browser.start();
  folder = await mkdtemp(join(tmpdir(), "tokenward-real-"));
  bundle = await edgePage(folder);
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** A call of the admin's. */
async function called(method, path, body) {
  const headers = { Authorization: `Bearer ${admin}`, "Content-Type": "application/json" };
  const answer = await fetch(`${url}/api/organizations/${org}${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer;
}

/** Waits until this instance has reported a generation; others may be gone, and are waited for in vain. */
async function reported(generation, instance) {
  let waiting;
  do {
    ({ waiting } = await (await called("GET", `/generations/${generation}/wait?timeout=1`)).json());
  } while (waiting.some((edge) => edge.instance === instance));
}

test("the example page previews what the server does", async () => {
  const site = await exampleSite(proxied);
  const page = await browser.open(site.origin);
  for (const policy of ["default", "fine-grained-only", "require-approval"]) {
    const { summary, tokens } = await (await called("POST", "/settings/tokens/preview", { tokenPolicy: policy })).json();
    const { status, rows } = await preview(page, { org, token: admin, policy });
    assert.equal(status, `${summary.blocked} blocked, ${summary.unblocked} unblocked, ${summary.unchanged} unchanged`);
    const shown = rows.map(([id, , before, after]) => ({ id, before, after }));
    assert.deepEqual(shown, tokens, policy);
  }
  await page.close();
  await site.close();
});

for (const where of ["inPage", "inWorker"]) {
  test(`an edge follows, and a revocation arrives, ${where}`, async () => {
    const site = await Site.start({ ...bundle, ...proxied }, { "Content-Security-Policy": policy() });
    const page = await browser.open(site.origin);
    const question = { token: token[where], action: "repo.content.read", resource: `model:${org}/elsewhere` };
    await ask(page, where, "open", { endpoint: site.origin, org, credential });
    assert.equal(await ask(page, where, "decide", question), "granted");
    await ask(page, where, "follow");
    const revoked = await called("POST", "/settings/tokens/revoke", { token: token[where] });
    const generation = Number(revoked.headers.get("X-Tokenward-Generation"));
    await reported(generation, (await ask(page, where, "status")).instance);
    assert.equal(await ask(page, where, "decide", question), "token_revoked");
    assert.deepEqual(await ask(page, where, "errors"), []);
    await ask(page, where, "close");
    await page.close();
    await site.close();
  });
}

test("a page of another origin is refused", async () => {
  const csp = policy().replace("connect-src 'self'", `$& ${url}`);
  const site = await Site.start(bundle, { "Content-Security-Policy": csp });
  const page = await browser.open(site.origin);
  const opened = ask(page, "inPage", "open", { endpoint: url, org, credential });
  await assert.rejects(opened, /ServerError: the server cannot be reached \(TypeError\)/);
  for (const path of ["/.well-known/tokenward-keys", `/api/organizations/${org}/snapshot`]) {
    const allowed = await fetch(`${url}${path}`, { headers: { Origin: site.origin } });
    assert.equal(allowed.headers.get("Access-Control-Allow-Origin"), null);
  }
  await page.close();
  await site.close();
});

test("no token is on the console or in a file of the browser's", async () => {
  const hidden = secrets.flatMap((secret) => (typeof secret === "string" ? secret : Object.values(secret)));
  assert.equal(hidden.length, 4);
  await browser.stop();
  for (const secret of hidden) {
    assert.ok(browser.said.every((text) => !text.includes(secret)));
    assert.deepEqual(await browser.filesWith(secret), []);
  }
});
