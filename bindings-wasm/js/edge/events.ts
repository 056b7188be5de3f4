// Server-sent events: the part of the format that the server writes.

/** One event. */
export interface ServerEvent {
  /** Its type; empty for a comment, which only says that the stream lives. */
  type: string;
  id: string;
  data: string;
}

/** No line is longer: a manifest is 4 MiB at most, in base64. */
const LONGEST = 6 << 20;

/** The events of a stream, as they come, until the signal says so. */
export async function* events(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  // Not every host ends a stream with the call that it came from.
  const end = () => void reader.cancel().catch(() => {});
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  const decoder = new TextDecoder();
  let rest = "";
  let event: ServerEvent = { type: "", id: "", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST) throw new RangeError("an event is too long");
      for (const line of lines) {
        if (line === "") {
          yield event;
          event = { type: "", id: "", data: "" };
          continue;
        }
        const [name, ...value] = line.split(": ");
        const text = value.join(": ");
        if (name === "event") event.type = text;
        if (name === "id") event.id = text;
        if (name === "data") event.data = text;
      }
    }
  } finally {
    signal.removeEventListener("abort", end);
    await reader.cancel().catch(() => {});
  }
}

/** The bytes that base64 stands for. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
