// Runs the worker in workerd on this machine, with its settings from the environment; with `--built`,
// the one that `npm run build` has left in dist/.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Miniflare } from "miniflare";

import { build, built } from "./build.mjs";

const script = process.argv.includes("--built") ? built : await build();
const names = /^(TOKENWARD_|HUB_ORIGIN$)/;
const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
const worker = new Miniflare({
  host: "127.0.0.1",
  port: Number(process.env.PORT ?? 8787),
  scriptPath: script,
  modules: true,
  modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
  compatibilityDate: "2026-04-01",
  bindings: settings,
  ...(process.env.STATE ? { cachePersist: join(process.env.STATE, "cache") } : {}),
});
if (process.env.STATE) await mkdir(process.env.STATE, { recursive: true });
console.log(`listening on ${(await worker.ready).origin}`);

async function stop() {
  await worker.dispose();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
