// One message as a card. What never changes is built once; `update` touches the rest in place, so
// that a screen reader hears each message a single time.

import { addEdits, body, sources } from "./body.js";
import { el, icon, spoken } from "./dom.js";
import { feedbackRow } from "./feedback.js";
import { ASKS_FOR_FILES, fileDrop } from "./files.js";
import { hour } from "./labels.js";

const ASKS_FOR_RATING = "rating/ask";
const REFERENCE = /\bOCN-[0-9A-Z]{4}-[0-9A-Z]{4}\b/g;

/**
 * @param {object} entry of a Thread
 * @param {object} words labels of the language shown
 * @param {{home, press, edit, upload, retry, rate, say}} actions `home` is the gateway's address,
 *   `say` speaks a short result to screen readers
 * @returns {{node: HTMLElement, update: (model) => void}}
 */
export function createCard(entry, words, actions) {
  return entry.author === "visitor"
    ? ownCard(entry, words, actions)
    : theirCard(entry, words, actions);
}

function ownCard(entry, words, actions) {
  const text = el("p", { class: "said" });
  const status = el("span", { class: "status" });
  const retry = el("button", {
    class: "retry", type: "button", text: words.retry, on: { click: () => actions.retry(entry) },
  });
  const node = el(
    "article", { class: "card visitor", "data-author": "visitor" },
    spoken(words.says(words.author.visitor)), text,
    el("p", { class: "meta" }, time(entry, words), status, retry),
  );
  return {
    node,
    update({ read }) {
      if (text.textContent !== entry.text) text.textContent = entry.text;
      const isRead = entry.status === "sent" && entry.id !== null && entry.id <= read;
      const why = entry.problem
        ? words.problem[entry.problem] : words[isRead ? "read" : entry.status];
      if (status.textContent === why) return;
      status.textContent = why;
      node.dataset.status = entry.status;
      if (entry.status === "failed") actions.say(why);
      retry.hidden = entry.status !== "failed";
    },
  };
}

function theirCard(entry, words, actions) {
  const text = body(entry, words, actions.home);
  const parts = [
    entry.kind === "recap" ? edits(text, entry, words, actions) : null,
    options(entry, words, actions),
    entry.topic === ASKS_FOR_FILES ? files(entry, words, actions) : null,
    entry.kind === "answer" ? feedbackRow(entry, words, actions) : null,
  ].filter(Boolean);
  const feedback = parts.filter(({ isLast }) => isLast);
  const others = parts.filter(({ isLast }) => !isLast);
  const node = el(
    "article",
    {
      class: `card ${entry.author} ${entry.topic?.startsWith("rating/") ? "rating" : entry.kind}`,
      "data-author": entry.author, "data-kind": entry.kind, "data-topic": entry.topic,
    },
    heading(entry, words),
    text,
    entry.kind === "ticket" ? references(entry, words, actions) : null,
    sources(entry, words, actions.home),
    ...others.map((part) => part.node),
    el("p", { class: "meta" }, time(entry, words)),
    ...feedback.map((part) => part.node),
  );
  return {
    node,
    update(model) {
      for (const part of parts) part.update(model);
    },
  };
}

function heading(entry, words) {
  const author = words.author[entry.author];
  const isRating = entry.topic?.startsWith("rating/");
  const kind = isRating ? undefined : words.kind[entry.kind];
  if (entry.author === "agent") return el("p", { class: "heading" }, icon("handoff"), author);
  if (!kind) return spoken(words.says(author));
  const isMasked = entry.topic?.startsWith("privacy/");
  return el("p", { class: "heading" },
    icon(isMasked ? "lock" : entry.kind), spoken(words.says(author)), isMasked ? words.masked : kind);
}

// A message takes one press: afterwards all its buttons rest, the one pressed stays marked. Under
// an answer, those that lead to other sections stand apart.
function options(entry, words, actions) {
  if (entry.buttons.length === 0) return null;
  if (entry.topic === ASKS_FOR_RATING) return scale(entry, actions);
  const pressed = new Map();
  const related = [];
  const choices = [];
  for (const button of entry.buttons) {
    const isRelated = entry.kind === "answer" && button.payload.startsWith("/choose_section");
    const node = el("button", {
      class: isRelated ? "option related" : "option", type: "button", text: button.title,
      on: { click: () => actions.press(entry, button) },
    });
    pressed.set(button.payload, node);
    (isRelated ? related : choices).push(node);
  }
  const lang = entry.language;
  return {
    node: el("div", {},
      choices.length > 0 && el("div", { class: "options", lang }, ...choices),
      related.length > 0 && el(
        "div", { class: "options relatives", role: "group", "aria-label": words.related, lang },
        el("span", { class: "caption", "aria-hidden": "true", text: words.related }), ...related,
      )),
    update: (model) => rest(pressed, model.used[entry.id]),
  };
}

// Marks from 1 to 5 as a row, the smallest first; each button's title is "5, very well" or so.
function scale(entry, actions) {
  const pressed = new Map();
  const marks = [...entry.buttons].sort((one, other) => one.title.localeCompare(other.title));
  for (const button of marks) {
    const [number, ...words] = button.title.split(", ");
    pressed.set(button.payload, el(
      "button", {
        class: "mark", type: "button", "aria-label": button.title,
        on: { click: () => actions.press(entry, button) },
      },
      el("b", { text: number }), el("span", { text: words.join(", ") }),
    ));
  }
  return {
    node: el("div", { class: "scale", lang: entry.language }, ...pressed.values()),
    update: (model) => rest(pressed, model.used[entry.id]),
  };
}

function rest(buttons, chosen) {
  for (const [payload, node] of buttons) {
    node.disabled = chosen !== undefined;
    node.classList.toggle("chosen", payload === chosen);
  }
}

// Of several recaps only the newest says what the request holds.
function edits(text, entry, words, actions) {
  const buttons = addEdits(text, entry, words, (wish) => actions.edit(entry, wish));
  return {
    node: null,
    update({ used, newestRecap }) {
      const isOver = used[entry.id] !== undefined || newestRecap !== entry.id;
      for (const button of buttons) button.hidden = isOver;
    },
  };
}

function files(entry, words, actions) {
  const drop = fileDrop(words, (chosen, onProgress) => actions.upload(entry, chosen, onProgress));
  return { node: drop.node, update: ({ used }) => drop.update(used[entry.id] !== undefined) };
}

function references(entry, words, actions) {
  const found = new Set(entry.text.match(REFERENCE) ?? []);
  const rows = Array.from(found, (reference) => {
    const code = el("strong", { class: "reference", text: reference });
    const word = el("span", { text: words.copy });
    const copy = el("button", {
      class: "copy", type: "button", "aria-label": words.copyReference(reference),
    }, icon("copy"), word);
    copy.addEventListener("click", async () => {
      const isCopied = await copyText(reference, code);
      word.textContent = isCopied ? words.copied : words.copy;
      actions.say(isCopied ? words.copied : words.copyByHand);
    });
    return el("div", { class: "reference-row" },
      el("div", {}, el("span", { class: "caption", text: words.reference }), code), copy);
  });
  return rows.length > 0 ? el("div", { class: "references" }, ...rows) : null;
}

async function copyText(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(node); // no clipboard here: leave it selected
    return false;
  }
}

function time({ createdAt }, words) {
  return el("time", { datetime: createdAt.toISOString(), text: hour(createdAt, words) });
}
