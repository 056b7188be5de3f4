// Servers of Node.js for tests, and requests that are sent as they stand.

import { createServer } from "node:http";
import { connect } from "node:net";

/** A server on a free port, and its address. */
export async function listening(answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return { server, port, address: `http://127.0.0.1:${port}` };
}

/** The whole body of a message. */
export async function whole(message) {
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What comes back for a request that is sent as it is; several pieces are written one after the other. */
export function sent(port, ...pieces) {
  return new Promise((resolve, reject) => {
    let back = "";
    const socket = connect(port, "127.0.0.1", async () => {
      for (const piece of pieces) {
        if (typeof piece === "string") await new Promise((written) => socket.write(piece, written));
        else await piece(socket);
      }
    });
    socket.on("data", (data) => void (back += data)).on("close", () => resolve(back)).on("error", reject);
  });
}
