// A look at the body of a request in Node.js, which whoever comes next can still read from its beginning.

import type { IncomingMessage } from "node:http";

import { BODY_LIMIT } from "tokenward/snapshots";

/** The body, or nothing where it is too large to be judged, or somebody has read it before. */
export function ahead(request: IncomingMessage): Promise<Uint8Array | undefined> {
  // Who has set an encoding reads texts, and what they have read cannot be told.
  if (request.readableEnded || request.readableEncoding !== null) return Promise.resolve(undefined);
  const said = request.headers["content-length"];
  const isNone = said === undefined ? request.headers["transfer-encoding"] === undefined : Number(said) === 0;
  if (isNone) return Promise.resolve(new Uint8Array());
  if (Number(said ?? 0) > BODY_LIMIT) return Promise.resolve(undefined);
  return looked(request);
}

/** Reads until the end or the limit, and puts back what was read. */
function looked(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    function take() {
      while (request.readableLength > 0 && length <= BODY_LIMIT) {
        const chunk = request.read() as Buffer;
        chunks.push(chunk);
        length += chunk.length;
      }
      const isTooLarge = length > BODY_LIMIT;
      // The parser says so once it has handed over the last of it.
      if (!isTooLarge && !request.complete) return;
      done();
      const read = Buffer.concat(chunks);
      // At once: the stream ends in the next tick if there is nothing left in it.
      if (length > 0) request.unshift(read);
      resolve(isTooLarge ? undefined : read);
    }
    function fail(error?: Error) {
      done();
      reject(error ?? new Error("the request broke off"));
    }
    function done() {
      request.off("readable", take);
      request.off("error", fail);
      request.off("close", fail);
    }
    request.on("readable", take);
    request.on("error", fail);
    request.on("close", fail);
  });
}
