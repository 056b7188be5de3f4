// For hosts of any other kind: call `start` with the compiled module first.

export { start } from "./module.js";
export * from "./api.js";
