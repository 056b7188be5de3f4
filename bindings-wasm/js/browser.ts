// For browsers and bundlers: the module is fetched, and compiled while it comes.

import { startMeanwhile } from "./module.js";

const url = new URL("./tokenward.wasm", import.meta.url);
/** How every module begins: "\0asm", read as a number. */
const MAGIC = 0x0061736d;

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`tokenward: fetching ${url.pathname} failed with ${response.status}`);
  // Some servers send the file with another type, or with a parameter: streaming refuses both.
  const type = response.headers.get("Content-Type");
  if (type?.toLowerCase() === "application/wasm") return WebAssembly.compileStreaming(response);
  const bytes = await response.arrayBuffer();
  if (isModule(bytes)) return WebAssembly.compile(bytes);
  // Servers of pages answer with a page whatever is asked for.
  throw new Error(`tokenward: ${url.pathname} is no module but ${type}: has it been put beside the bundle?`);
}

function isModule(bytes: ArrayBuffer): boolean {
  return bytes.byteLength >= 4 && new DataView(bytes).getUint32(0) === MAGIC;
}

await startMeanwhile(await compile());

export * from "./api.js";
