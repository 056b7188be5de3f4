// Bundles the worker into dist/ with wrangler: what it would deploy, and nothing is deployed.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const folder = dirname(fileURLToPath(import.meta.url));

/** Where the script is afterwards, with the module beside it. */
export const built = join(folder, "dist/worker.js");

export async function build() {
  const wrangler = createRequire(import.meta.url).resolve("wrangler/bin/wrangler.js");
  const quietly = { ...process.env, WRANGLER_SEND_METRICS: "false" };
  const deploy = [wrangler, "deploy", "--dry-run", "--outdir", "dist"];
  await promisify(execFile)(process.execPath, deploy, { cwd: folder, env: quietly });
  return built;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await build());
