// What the console tells the agent in passing. A success goes away by itself; a trouble stays until
// it is closed or the next one comes, since an agent may be looking elsewhere.

import { el } from "./dom.js";
import { t } from "./labels.js";

const SHOWN_MS = 5_000;

const place = document.getElementById("notices");
// Both regions are there from the start: a screen reader announces only changes of known regions.
const said = el("div", { role: "status" });
const alarm = el("div", { role: "alert" });
place.append(said, alarm);

let timer = null;

export function tell(sentence) {
  clearNotices();
  said.append(notice("done", sentence));
  timer = setTimeout(() => said.replaceChildren(), SHOWN_MS);
}

/** Shows what went wrong: our sentence, and below it what the server said, if it said anything. */
export function warn(sentence, detail = "") {
  const trouble = notice("trouble", sentence, detail);
  // What is looked up every few seconds fails as often: once read aloud is enough.
  if (alarm.textContent === trouble.textContent) return;
  clearNotices();
  alarm.append(trouble);
}

export function warnOf(error) {
  // A mistake of ours has no sentence; it belongs in the browser's log, with its stack.
  if (!error.sentence) console.error(error);
  warn(error.sentence ?? t("error.other"), error.sentence ? error.detail : "");
}

export function clearNotices() {
  clearTimeout(timer);
  said.replaceChildren();
  alarm.replaceChildren();
}

function notice(look, sentence, detail = "") {
  return el("div", { class: `notice ${look}` },
    el("p", {}, sentence, detail && detail !== sentence ? el("small", {}, detail) : null),
    el("button", { type: "button", class: "quiet", "aria-label": t("app.close"),
      onclick: clearNotices }, "×"));
}
