// Says when the page's world has stood still: the computer slept, the network went, the tab was
// hidden for long, the browser put the whole page away and brought it back.

const BEAT_MS = 5_000;
const MISSED_MS = 20_000; // a beat this late was slept through
const HIDDEN_MS = 30_000;

/** @param {{wake, look, rest, back, offline: (isOffline: boolean) => void}} on */
export function takePulse(on) {
  let lastBeat = Date.now();
  let hiddenSince = null;
  setInterval(() => {
    const isLate = Date.now() - lastBeat > MISSED_MS;
    lastBeat = Date.now();
    if (isLate && !document.hidden) on.wake(); // beats of a hidden tab are late by design
  }, BEAT_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hiddenSince = Date.now();
    } else {
      if (hiddenSince !== null && Date.now() - hiddenSince > HIDDEN_MS) on.wake();
      on.look();
    }
  });
  addEventListener("offline", () => on.offline(true));
  addEventListener("online", () => on.offline(false));
  addEventListener("pagehide", ({ persisted }) => persisted && on.rest());
  addEventListener("pageshow", ({ persisted }) => persisted && on.back());
  if (navigator.onLine === false) on.offline(true);
}
