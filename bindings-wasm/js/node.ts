// For Node.js, Deno and Bun: the module is a file.

import { readFileSync } from "node:fs";

import { start } from "./module.js";

start(new WebAssembly.Module(readFileSync(new URL("./tokenward.wasm", import.meta.url))));

export * from "./api.js";
