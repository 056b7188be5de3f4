// The page that follows an organization, and its worker, bundled by Vite.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";

import { TESTS } from "./site.mjs";

/** Bundles them in a folder; where they are, for a `Site`. */
export async function edgePage(folder) {
  const outDir = join(folder, "out");
  const page = join(TESTS, "browser/pages/edge-page.mjs");
  await writeFile(join(folder, "index.html"), `<!doctype html><script type="module" src="${page}"></script>`);
  await build({ configFile: false, root: folder, logLevel: "warn", worker: { format: "es" }, build: { outDir } });
  return { "/": await readFile(join(outDir, "index.html"), "utf8"), "/assets/": join(outDir, "assets") };
}
