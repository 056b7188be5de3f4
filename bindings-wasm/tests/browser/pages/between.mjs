// What a test calls in a page, answered there or in a worker of the page's.

/** Offers `inPage` and `inWorker`; `start` starts the worker. */
export function offer(answered, start) {
  let worker;
  globalThis.inPage = answered;
  globalThis.inWorker = async (...question) => {
    worker ??= await started(start);
    worker.postMessage(question);
    const { answer, error } = (await told(worker)).data;
    if (error) throw new Error(error);
    return answer;
  };
}

/** The worker's side. */
export function listen(answered) {
  self.onmessage = async ({ data }) => {
    try {
      self.postMessage({ answer: await answered(...data) });
    } catch (error) {
      self.postMessage({ error: String(error) });
    }
  };
  self.postMessage("ready");
}

async function started(start) {
  // The page's own: under `require-trusted-types-for` nothing starts a worker without one.
  globalThis.trustedTypes?.createPolicy("default", { createScriptURL: (url) => url });
  const worker = start();
  await told(worker);
  return worker;
}

function told(worker) {
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", resolve, { once: true });
    worker.addEventListener("error", (event) => reject(new Error(event.message ?? "the worker does not start")), { once: true });
  });
}
