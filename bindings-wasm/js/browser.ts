// For browsers and bundlers: the module is fetched, and compiled while it comes.

import { start } from "./module.js";

const url = new URL("./tokenward.wasm", import.meta.url);

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`tokenward: fetching the module failed with ${response.status}`);
  // Some servers send the file with a type that streaming refuses.
  const streams = response.headers.get("Content-Type")?.startsWith("application/wasm");
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

start(await compile());

export * from "./api.js";
