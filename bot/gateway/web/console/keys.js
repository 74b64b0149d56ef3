// Keys that work wherever the focus is, and the dialog that lists all there are. None of them is a
// bare letter: that would be in the way of whoever writes, or speaks to the computer.

import { el } from "./dom.js";
import { t } from "./labels.js";

const KEYS = [
  ["keys.list", ["↑", "↓", "Enter"]],
  ["keys.neighbour", ["Alt", "↑ ↓"]],
  ["keys.send", ["Ctrl", "Enter"]],
  ["keys.canned", ["/"]],
  ["keys.suggested", ["Alt", "1 2 3"]],
  ["keys.close", ["Esc"]],
  ["keys.help", ["Ctrl", "/"]],
];

/** The button that shows the keys. */
export function keysButton() {
  return el("button", {
    type: "button", class: "quiet", id: "keys", "aria-label": t("keys.title"),
    title: `${t("keys.title")} (Ctrl + /)`, "aria-keyshortcuts": "Control+/", onclick: showKeys,
  }, "?");
}

function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const dialog = el("dialog", { "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    el("form", { method: "dialog" },
      el("h2", { id: "keys-title" }, t("keys.title")),
      el("dl", { class: "keys-list" }, KEYS.map(([what, keys]) => el("div", {},
        el("dt", {}, t(what)),
        el("dd", {}, keys.map((key) => el("kbd", {}, key === "Enter" ? t("keys.enter") : key)))))),
      el("div", { class: "dialog-foot" }, el("button", { value: "no" }, t("app.close")))));
  document.body.append(dialog);
  dialog.showModal();
}

/** Opens the next row of the list on screen (`step` 1), or the one before (-1). */
function openNeighbour(step) {
  const rows = [...document.querySelectorAll("a.row")];
  const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const target = at === -1 ? rows[0] : rows[at + step];
  target?.scrollIntoView({ block: "nearest" });
  target?.click();
}

document.addEventListener("keydown", (event) => {
  if (!document.getElementById("keys")) return; // nobody is signed in
  const isHelp = (event.ctrlKey || event.metaKey) && event.key === "/";
  const step = event.altKey && !event.ctrlKey && { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!isHelp && !step) return;
  event.preventDefault();
  if (isHelp) showKeys();
  else if (!document.querySelector("dialog[open]")) openNeighbour(step);
});
