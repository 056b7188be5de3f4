// Errors, as far as they may be shown.

import { TokenwardError } from "tokenward/snapshots";

import { ServerError } from "./server.js";

/** What is not ours may say anything, so only what it is called. */
export function textOf(error: unknown): string {
  const ours = error instanceof ServerError || error instanceof TokenwardError;
  return ours ? error.message : error instanceof Error ? error.name : "Error";
}

/** Whoever is told of an error has to cope. */
export function teller(told: ((error: unknown) => void) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      told?.(error);
    } catch {
      // What it does with it is its own.
    }
  };
}
