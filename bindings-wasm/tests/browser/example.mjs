// The example page of `examples/browser`: served, and used as a person would.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { PKG, Site, policy } from "./site.mjs";

export const EXAMPLE = fileURLToPath(new URL("../../examples/browser/", import.meta.url));
export const HTML = readFileSync(`${EXAMPLE}index.html`, "utf8");
/** The text of its import map. */
export const MAP = HTML.match(/<script type="importmap">(.*?)<\/script>/s)[1];

/** The page beside a token server, which has these places. */
export function exampleSite(server) {
  const places = { "/": HTML, "/preview.js": readFileSync(`${EXAMPLE}preview.js`), "/tokenward/": PKG, ...server };
  return Site.start(places, { "Content-Security-Policy": policy(MAP) });
}

/** Fills in the form; says what then stands on the page: the summary, and the table's rows. */
export async function preview(page, { org, token, policy }) {
  await page.getByLabel("Organization").fill(org);
  await page.getByLabel("Your token").fill(token);
  await page.getByLabel("Policy").selectOption(policy);
  await page.getByRole("status").evaluate((status) => status.replaceChildren());
  await page.getByRole("button").click();
  const status = await page.locator("[role=status]:not(:empty)").textContent();
  const rows = await page.locator("tbody tr").evaluateAll((rows) => rows.map(({ cells }) => Array.from(cells, (cell) => cell.textContent)));
  return { status, rows };
}
