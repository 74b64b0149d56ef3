// Server-Sent Events over fetch: the browser's EventSource cannot send an Authorization header.
// Keeps one connection alive and resumes after the last event seen.
// Parsing follows https://html.spec.whatwg.org/multipage/server-sent-events.html

import { backOffMs, sleep } from "./timing.js";

const BACK_OFF = { firstMs: 1_000, mostMs: 30_000 };
const SETTLED_MS = 5_000; // a connection that lasted this long clears the count of failures
const QUIET_MS = 60_000; // no byte for this long: the line is dead though nobody said so

/**
 * Follows a stream until `signal` aborts or the conversation is gone (404).
 *
 * @param {object} options
 * @param {(cursor, signal) => Promise<Response>} options.connect
 * @param {string|number|null} options.cursor id of the last event already known
 * @param {(frame: {event: string, data: string}) => void} options.onFrame
 * @param {(isCut: boolean) => void} options.onTrouble told true from the second failure in a row
 * @param {() => void} options.onGone
 * @param {AbortSignal} options.signal
 */
export async function follow({ connect, cursor, onFrame, onTrouble, onGone, signal }) {
  let failures = 0;
  while (!signal.aborted) {
    const line = new AbortController();
    const cut = () => line.abort();
    signal.addEventListener("abort", cut);
    let openedAt = Infinity;
    try {
      const response = await withinQuietLimit(connect(cursor, line.signal));
      openedAt = Date.now();
      onTrouble(false);
      for await (const frame of frames(response.body)) {
        if (signal.aborted) return;
        cursor = frame.id ?? cursor;
        onFrame(frame);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) return onGone();
    } finally {
      signal.removeEventListener("abort", cut);
      line.abort();
    }
    failures = Date.now() - openedAt > SETTLED_MS ? 0 : failures + 1;
    if (failures > 1) onTrouble(true);
    await sleep(backOffMs(failures, BACK_OFF), signal);
  }
  return undefined;
}

async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await withinQuietLimit(reader.read());
    if (done) return;
    const blocks = (rest + value).split(/\r\n\r\n|\n\n|\r\r/);
    rest = blocks.pop();
    for (const block of blocks) {
      const frame = parse(block);
      if (frame.data) yield frame;
    }
  }
}

// For an opening too: a line may be dead before it has brought as much as headers.
function withinQuietLimit(reading) {
  let timer;
  const quiet = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the event stream went quiet")), QUIET_MS);
  });
  return Promise.race([reading, quiet]).finally(() => clearTimeout(timer));
}

function parse(block) {
  const frame = { event: "message", data: "", id: undefined };
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "data") frame.data += (frame.data && "\n") + value;
    else if (field === "event") frame.event = value;
    else if (field === "id") frame.id = value;
  }
  return frame;
}
