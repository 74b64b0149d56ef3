// The stream of queue changes and messages. EventSource reconnects by itself after a dropped
// connection, but gives up for good when the server answers with an error (a restart behind a
// proxy, an ended session): then we open it again ourselves, after asking whether we may.

import { get } from "./api.js";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Follows the stream until the returned function is called.
 * `on.status("online" | "offline")`, `on.queue()`, `on.message(conversationId, message)`, and
 * `on.missed()` after a reconnection: whatever happened in between was not heard.
 */
export function follow(on) {
  let source = null;
  let timer = null;
  let retry_ms = FIRST_RETRY_MS;
  let wasOpen = false;
  let stopped = false;

  function open() {
    source = new EventSource("/api/v1/agent/events");
    source.addEventListener("open", () => {
      retry_ms = FIRST_RETRY_MS;
      on.status("online");
      if (wasOpen) on.missed();
      wasOpen = true;
    });
    source.addEventListener("queue", () => on.queue());
    source.addEventListener("message", (event) => {
      const { conversation, message } = JSON.parse(event.data);
      on.message(conversation, message);
    });
    source.addEventListener("error", () => {
      on.status("offline");
      if (source.readyState === EventSource.CLOSED) openLater();
    });
  }

  function openLater() {
    timer = setTimeout(async () => {
      // A 401 here ends the session (api.js); any other failure is a reason to wait longer.
      await get("/agent/agents").catch(() => null);
      if (!stopped) open();
    }, retry_ms);
    retry_ms = Math.min(retry_ms * 2, LAST_RETRY_MS);
  }

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}
