// A service worker that finds tokens in what pages send to `/found`.

import { scan, start } from "/tokenward/bare.js";

const started = WebAssembly.compileStreaming(fetch("/tokenward/tokenward.wasm")).then(start);

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname === "/found") event.respondWith(found(event.request));
});

async function found(request) {
  await started;
  return Response.json(scan(await request.text()));
}
