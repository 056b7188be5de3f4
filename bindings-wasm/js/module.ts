// The compiled module: started once, by the entry point that knows where its file is.

import * as glue from "./glue.js";

interface Exports {
  memory: WebAssembly.Memory;
  __wbindgen_start(): void;
}

let exports: Exports | undefined;
let desk: glue.Desk | undefined;

/** The desk as it lies in the module's memory. */
interface Surface {
  /** Whether the token is an id, its length in bytes, the action's place, the length of the resource, the time. */
  numbers: Float64Array;
  /** The token, and right behind it the resource. */
  text: Uint8Array;
}

let surface: Surface = { numbers: new Float64Array(), text: new Uint8Array() };

const imports = { "./glue_bg.js": glue as unknown as WebAssembly.ModuleImports };

/** Starts the module; any but the first is ignored, so that what exists stays valid. */
export function start(module: WebAssembly.Module): void {
  if (!exports) begin(new WebAssembly.Instance(module, imports));
}

/** The same without holding the thread up, which some browsers do not allow a page. */
export async function startMeanwhile(module: WebAssembly.Module): Promise<void> {
  const instance = await WebAssembly.instantiate(module, imports);
  if (!exports) begin(instance);
}

function begin(instance: WebAssembly.Instance): void {
  exports = instance.exports as unknown as Exports;
  // Its declarations leave it out.
  (glue as unknown as { __wbg_set_wasm(exports: Exports): void }).__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  desk = new glue.Desk();
}

/** Where questions are laid, and answers wait. */
export function theDesk(): glue.Desk {
  if (!desk) throw new Error("tokenward: the module was not started");
  return desk;
}

/** Where questions are written; it moves when the module's memory grows. */
export function deskSurface(): Surface {
  if (surface.text.length === 0) {
    const [desk, { buffer }] = [theDesk(), exports!.memory];
    surface = {
      numbers: new Float64Array(buffer, desk.numbers(), 5),
      text: new Uint8Array(buffer, desk.text(), desk.size()),
    };
  }
  return surface;
}
