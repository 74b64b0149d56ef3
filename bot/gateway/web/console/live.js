// The stream of queue changes and messages. EventSource reconnects by itself after a dropped
// connection, but gives up for good when the server answers with an error (a restart behind a
// proxy, an ended session): then we open it again ourselves, from the last id heard, after asking
// whether we may. Each `ping` is answered: an unanswered one means that nobody is at this console,
// and the server takes the conversations back.

import { get, post } from "./api.js";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
// The server pings every 15 seconds; after this much silence the connection only seems to be there.
const SILENT_MS = 40_000;

/**
 * Follows the stream until the returned function is called.
 * `on.status("online" | "offline")`, `on.queue()`, `on.message(conversationId, message)`,
 * `on.visitor(conversationId, {typing, read})`, and `on.missed()` after a reconnection.
 */
export function follow(on) {
  let source = null;
  let timer = null;
  let silence = null;
  let retry_ms = FIRST_RETRY_MS;
  let wasOpen = false;
  let stopped = false;
  let lastId = "";

  function open() {
    // Two may be on their way here: one of them after a question, one from a network that came back.
    source?.close();
    // An opening may never be answered, nor ever fail.
    expectWord();
    source = new EventSource(`/api/v1/agent/events${lastId ? `?after=${lastId}` : ""}`);
    listen("open", () => {
      retry_ms = FIRST_RETRY_MS;
      on.status("online");
      bePresent();
      if (wasOpen) on.missed();
      wasOpen = true;
    });
    listen("queue", () => on.queue());
    listen("ping", bePresent);
    listen("message", (event) => {
      const { conversation, message } = JSON.parse(event.data);
      on.message(conversation, message);
    });
    listen("visitor", (event) => {
      const { conversation, ...signal } = JSON.parse(event.data);
      on.visitor(conversation, signal);
    });
    source.addEventListener("error", () => {
      on.status("offline");
      if (source.readyState === EventSource.CLOSED) openLater();
    });
  }

  function listen(name, work) {
    source.addEventListener(name, (event) => {
      if (event.lastEventId) lastId = event.lastEventId;
      expectWord();
      work(event);
    });
  }

  function expectWord() {
    clearTimeout(silence);
    silence = setTimeout(startAgain, SILENT_MS);
  }

  function startAgain() {
    on.status("offline");
    source.close();
    openLater();
  }

  function openLater() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      // A 401 here ends the session (api.js); any other failure is a reason to wait longer.
      await get("/agent/agents").catch(() => null);
      if (!stopped) open();
    }, retry_ms);
    retry_ms = Math.min(retry_ms * 2, LAST_RETRY_MS);
  }

  function bePresent() {
    post("/agent/presence").catch(() => null);
  }

  function goOffline() {
    on.status("offline");
  }

  function comeBack() {
    // The browser knows that the network is back before the stream does.
    source.close();
    retry_ms = FIRST_RETRY_MS;
    openLater();
  }

  window.addEventListener("offline", goOffline);
  window.addEventListener("online", comeBack);
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(silence);
    window.removeEventListener("offline", goOffline);
    window.removeEventListener("online", comeBack);
    source.close();
  };
}
