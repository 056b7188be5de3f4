// Prints the package's figures: sizes, start-up, decisions, opening and refreshing a snapshot.
//
//   cargo xtask wasm
//   cargo run --release --package tokenward-benches --example edge -- FOLDER
//   node bindings-wasm/benches/figures.mjs FOLDER

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { gzipSync } from "node:zlib";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node figures.mjs FOLDER");

const pkg = new URL("../pkg/", import.meta.url);
const size = (bytes) => `${(gzipSync(bytes, { level: 9 }).length / 1000).toFixed(1)} kB gzipped`;
const sources = (folder) => readdirSync(folder).filter((name) => name.endsWith(".js"));
const javascript = (folder) => Buffer.concat(sources(folder).map((name) => readFileSync(new URL(name, folder))));
for (const [name, folder] of [["snapshots", new URL("snapshots/", pkg)], ["all of it", pkg]]) {
  const code = readFileSync(new URL("tokenward.wasm", folder));
  print(`module, ${name}`, `${size(code)}, ${(code.length / 1000).toFixed(1)} kB plain`);
  print(`JavaScript around it, ${name}`, size(javascript(folder)));
  const glue = await import(new URL("glue.js", folder));
  // Once: the engine keeps what it compiled, and gives it back for the same bytes.
  const started = timed(() => new WebAssembly.Instance(new WebAssembly.Module(code), { "./glue_bg.js": glue }));
  print(`compile and instantiate, ${name}`, `${started.toFixed(1)} ms`);
}
print("JavaScript of edges and gateways", size(javascript(new URL("edge/", pkg))));
const begun = performance.now();
const { Authorizer, isAllowed, reasonOf } = await import("tokenward/snapshots");
print("import, with what is compiled", `${(performance.now() - begun).toFixed(1)} ms`);

const keys = readFileSync(join(folder, "keys.json"), "utf8");
const now = Date.parse(readFileSync(join(folder, "now.txt"), "utf8"));
for (const parts of ["decisions", "all"]) {
  const bundle = readFileSync(join(folder, `${parts}.bundle`));
  const times = repeated(5, () => timed(() => Authorizer.fromSnapshot(bundle, keys, now).free()));
  print(`open a bundle, ${parts}, ${(bundle.length / 1e6).toFixed(1)} MB`, `${times.toFixed(0)} ms`);
}
const authorizer = Authorizer.fromSnapshot(readFileSync(join(folder, "decisions.bundle")), keys, now);

const lines = readFileSync(join(folder, "requests.txt"), "utf8").trimEnd().split("\n");
// Strings of their own, as they come from a request, and no slices of the file.
const requests = lines.map((line) => JSON.parse(JSON.stringify(line.split(" "))));
const questions = requests.map(([token, action, resource]) => ({ token, action, resource, now }));

const reasons = new Map();
for (const [token, action, resource] of requests) {
  const reason = reasonOf(authorizer.check(token, action, resource, now));
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}
print("reasons", [...reasons].map(([reason, count]) => `${reason} ${count}`).join(", "));
let allowed = 0;
const each = (ms) => `${((ms * 1000) / requests.length).toFixed(2)} µs`;
const fast = repeated(3, () =>
  timed(() => {
    for (const [token, action, resource] of requests) {
      if (isAllowed(authorizer.check(token, action, resource, now))) allowed++;
    }
  }),
);
print("raw token to number", each(fast));
const slow = repeated(3, () =>
  timed(() => {
    for (const question of questions) if (authorizer.decide(question).decision === "allow") allowed++;
  }),
);
print("raw token to object", each(slow));

const manifest = readFileSync(join(folder, "next.manifest"));
const blocks = readdirSync(join(folder, "blocks")).map((name) => [name, readFileSync(join(folder, "blocks", name))]);
const fresh = new Map(blocks);
let moved = 0;
const refreshed = repeated(5, () =>
  timed(() => {
    moved = manifest.length;
    const refresh = authorizer.refresh(manifest, keys, now);
    for (let missing = refresh.missing(); missing.length > 0; missing = refresh.missing()) {
      for (const hash of missing) {
        refresh.supply(fresh.get(hash));
        moved += fresh.get(hash).length;
      }
    }
    refresh.finish().free();
  }),
);
print(`refresh after one revocation, ${(moved / 1000).toFixed(1)} kB`, `${refreshed.toFixed(1)} ms`);

function timed(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** The least of several times: what the machine does besides is not measured. */
function repeated(times, run) {
  return Math.min(...Array.from({ length: times }, run));
}

function print(what, figure) {
  console.log(`${what.padEnd(42)} ${figure}`);
}
