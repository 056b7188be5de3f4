// For workers in workerd: importing the file gives the compiled module.

import { start } from "./module.js";
// @ts-ignore: no file of TypeScript's
import module from "./tokenward.wasm";

start(module);

export * from "./api.js";
