// Bundles the worker into dist/, as wrangler would: one script, and the module beside it.

import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build as bundle } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));

export async function build() {
  await mkdir(join(folder, "dist"), { recursive: true });
  await bundle({
    absWorkingDir: folder,
    entryPoints: ["src/worker.ts"],
    outfile: "dist/worker.js",
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    external: ["*.wasm"],
    plugins: [{ name: "modules", setup: besideTheScript }],
    logLevel: "warning",
  });
  return join(folder, "dist/worker.js");
}

/** A `.wasm` that is imported is copied beside the script, which imports it from there. */
function besideTheScript({ onResolve }) {
  onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir }) => {
    const from = createRequire(join(resolveDir, "x.js")).resolve(path);
    const name = from.split("/").at(-1);
    await copyFile(from, join(folder, "dist", name));
    return { path: `./${name}`, external: true };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await build());
