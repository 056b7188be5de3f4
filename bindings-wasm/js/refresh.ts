// A snapshot in the making.

/// <reference lib="esnext.disposable" preserve="true" />

import type { Authorizer } from "./authorizer.js";
import { TokenwardError, calling } from "./errors.js";
import type * as glue from "./glue.js";
import { binary } from "./question.js";

/** The next snapshot: supply what is `missing()` until nothing is, then `finish()`. */
export class Refresh {
  #begun: glue.Refresh | undefined;
  readonly #made: (engine: glue.Engine) => Authorizer;
  readonly #maxAge: number;

  /** @internal Made by `Authorizer.refresh`. */
  constructor(begun: glue.Refresh, made: (engine: glue.Engine) => Authorizer, maxAge: number) {
    this.#begun = begun;
    this.#made = made;
    this.#maxAge = maxAge;
  }

  /**
   * The hashes of the blocks that are missing as far as can be told: some blocks name others, so ask
   * again after supplying them.
   */
  missing(): string[] {
    const hashes = this.#held().missing();
    return hashes === "" ? [] : hashes.split(" ");
  }

  /** Takes one of the missing blocks, in any order. Throws for any other bytes, and stays as it is. */
  supply(block: Uint8Array): void {
    const begun = this.#held();
    const bytes = binary(block, "block");
    calling(() => begun.supply(bytes));
  }

  /** The next authorizer, with the same maximum age. Nothing can be done with this one afterwards. */
  finish(): Authorizer {
    const begun = this.#held();
    if (begun.missing() !== "") throw new TokenwardError("missing_block", "snapshot", "a block is missing");
    this.#begun = undefined;
    return this.#made(calling(() => begun.finish(this.#maxAge)));
  }

  /** Gives its memory back at once. Repeating it does nothing. */
  free(): void {
    this.#begun?.free();
    this.#begun = undefined;
  }

  #held(): glue.Refresh {
    if (!this.#begun) throw new TokenwardError("freed", "refresh", "is finished or was freed before");
    return this.#begun;
  }
}

/** Where the host has `using`. */
export interface Refresh {
  [Symbol.dispose](): void;
}

if (Symbol.dispose) Refresh.prototype[Symbol.dispose] = Refresh.prototype.free;
