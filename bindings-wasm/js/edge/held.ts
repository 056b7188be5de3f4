// The snapshot that is decided from, and how the next takes its place.

import type { Authorizer } from "tokenward/snapshots";

import { issuedAt } from "./keeping.js";

export class Held {
  #current: Authorizer | undefined;
  #tag: string | undefined;
  #isClosed = false;
  /** When the server last said that this is the newest; 0 for never. */
  checked = 0;

  get current(): Authorizer | undefined {
    return this.#current;
  }

  /** What the server calls its manifest. */
  get tag(): string | undefined {
    return this.#tag;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it decides nothing any more. */
  get isStale(): boolean {
    const from = this.#current?.staleFrom;
    return from !== null && from !== undefined && Date.now() >= from.getTime();
  }

  /** Whether there is something to decide from. */
  get isUsable(): boolean {
    return this.#current !== undefined && !this.isStale;
  }

  /** Whether two thirds of the time are over in which can be decided from it. */
  get isOld(): boolean {
    const { issued, staleFrom } = this.#current ?? {};
    if (!issued || !staleFrom) return false;
    return Date.now() - issued.getTime() >= ((staleFrom.getTime() - issued.getTime()) * 2) / 3;
  }

  /** Whether something newer is held. */
  isNewerThan(next: Authorizer): boolean {
    const held = this.#current;
    if (!held) return false;
    return next.generation < held.generation || (next.generation === held.generation && issuedAt(next) < issuedAt(held));
  }

  /** Takes the next, whatever it is; the one before is freed. Nothing is taken once this is closed. */
  swap(next: Authorizer, tag: string | undefined): void {
    if (this.#isClosed) return next.free();
    const before = this.#current;
    this.#current = next;
    this.#tag = tag;
    before?.free();
  }

  /** Decides from nothing. */
  drop(): void {
    const before = this.#current;
    this.#current = this.#tag = undefined;
    this.checked = 0;
    before?.free();
  }

  close(): void {
    this.#isClosed = true;
    this.drop();
  }
}
