// Arguments of a question, as the module takes them: strings on its desk, the rest as numbers.

import { calling, parseError, wrongType, written } from "./errors.js";
import * as glue from "./glue.js";
import { deskSurface, theDesk } from "./module.js";
import { TokenSecret, tokenText, wellFormed } from "./secret.js";
import type { Resource, Time } from "./types.js";
import { ACTIONS } from "./words.js";

/** A function of the engine that answers what lies on the desk. */
type Answering = "judge" | "decide" | "explain";

/** Longer strings are cut: no valid token or name comes near. A third of the desk each, as UTF-8. */
const LONGEST = 600;

const places = new Map<string, number>(ACTIONS.map((action, place) => [action, place]));
const encoder = new TextEncoder();

/** Asks an engine, and returns the number of its decision. */
export function ask(
  engine: glue.Engine,
  answering: Answering,
  token: string | TokenSecret | null | undefined,
  tokenId: string | null | undefined,
  action: string,
  resource: string | Resource,
  now: Time | undefined,
): number {
  const time = now === undefined ? Date.now() : moment(now);
  let text: string;
  if (tokenId == null) {
    text = typeof token === "string" ? token : tokenText(token);
  } else if (token != null) {
    throw parseError("token", "must not stand beside `tokenId`");
  } else if (typeof tokenId === "string") {
    text = tokenId;
  } else {
    throw wrongType("tokenId", "must be a string");
  }
  const name = typeof resource === "string" ? resource : spelt(resource);
  let place = places.get(action);
  if (place === undefined) {
    if (typeof action !== "string") throw wrongType("action", "must be a string");
    place = ACTIONS.length;
  }
  const { numbers, text: bytes } = deskSurface();
  let [length, rest] = [text.length, name.length];
  if (length > LONGEST || rest > LONGEST || encoder.encodeInto(text + name, bytes).written !== length + rest) {
    // Only texts of nothing but ASCII have as many bytes as units, and can be taken apart again by them.
    length = write(bytes, text, 0);
    rest = write(bytes, name, length);
  }
  numbers[0] = tokenId == null ? 0 : 1;
  numbers[1] = length;
  numbers[2] = place;
  numbers[3] = rest;
  numbers[4] = time;
  const desk = theDesk();
  const code = engine[answering](desk);
  if (code < 0) throw written(desk.answer());
  return code;
}

/** The milliseconds of a time; left out, the host's clock. */
export function moment(now: Time | undefined): number {
  if (now === undefined) return Date.now();
  if (typeof now === "string") return calling(() => glue.time(now));
  const time = typeof now === "number" ? now : now instanceof Date ? now.getTime() : undefined;
  if (time === undefined) throw wrongType("now", "must be an RFC 3339 string, a `Date` or milliseconds");
  if (!Number.isFinite(time)) throw parseError("now", "must be a valid time");
  return time;
}

/** A whole number of days or seconds, where one is given. */
export function whole(number: number | undefined, what: string, unit: string): number | undefined {
  if (number === undefined) return undefined;
  if (typeof number !== "number") throw wrongType(what, `must be a number of ${unit}`);
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) {
    throw parseError(what, `must be a whole number of ${unit}`);
  }
  return number;
}

/** The JSON of a value, or a text that is JSON already. */
export function json(value: object | string, what: string): string {
  if (typeof value === "string") {
    wellFormed(value, what);
    return value;
  }
  if (typeof value !== "object" || value === null) throw wrongType(what, "must be an object or a string");
  try {
    return JSON.stringify(value);
  } catch {
    // The reason may quote the value, and it may hold anything.
    throw parseError(what, "must be JSON");
  }
}

/** Bytes that the module may read. */
export function binary(bytes: Uint8Array, what: string): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw wrongType(what, "must be a `Uint8Array`");
  return bytes;
}

function spelt(resource: Resource): string {
  if (typeof resource?.type !== "string" || typeof resource.name !== "string") {
    throw wrongType("resource", "must be `type:name` or an object of `type` and `name`");
  }
  return `${resource.type}:${resource.name}`;
}

function write(bytes: Uint8Array, text: string, at: number): number {
  return encoder.encodeInto(text.slice(0, LONGEST), bytes.subarray(at)).written;
}
