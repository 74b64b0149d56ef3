// One message as a card. What never changes is built once; `update` touches the rest in place, so
// that a screen reader hears each message a single time.

import { el, icon, spoken } from "./dom.js";
import { hour } from "./labels.js";

const REFERENCE = /\bOCN-[0-9A-Z]{4}-[0-9A-Z]{4}\b/g;

/**
 * @param {object} entry of a Thread
 * @param {object} words labels of the language shown
 * @param {{press, retry, rate, say}} actions `say` speaks a short result to screen readers
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
    update() {
      if (text.textContent !== entry.text) text.textContent = entry.text;
      const why = entry.problem ? words.problem[entry.problem] : words[entry.status];
      if (status.textContent === why) return;
      status.textContent = why;
      node.dataset.status = entry.status;
      if (entry.status === "failed") actions.say(why);
      retry.hidden = entry.status !== "failed";
    },
  };
}

function theirCard(entry, words, actions) {
  const buttons = options(entry, actions);
  const feedback = entry.kind === "answer" ? feedbackRow(entry, words, actions) : null;
  const node = el(
    "article",
    {
      class: `card ${entry.author} ${entry.kind}`,
      "data-author": entry.author, "data-kind": entry.kind,
    },
    heading(entry, words),
    body(entry, words),
    entry.kind === "ticket" ? references(entry, words, actions) : null,
    sources(entry, words),
    buttons?.node,
    el("p", { class: "meta" }, time(entry, words)),
    feedback?.node,
  );
  return {
    node,
    update(model) {
      buttons?.update(model);
      feedback?.update(model);
    },
  };
}

function heading(entry, words) {
  const author = words.author[entry.author];
  const kind = words.kind[entry.kind];
  if (entry.author === "agent") return el("p", { class: "heading" }, icon("handoff"), author);
  if (!kind) return spoken(words.says(author));
  return el("p", { class: "heading" }, icon(entry.kind), spoken(words.says(author)), kind);
}

function body(entry, words) {
  if (entry.label) return el("div", { class: "body", text: words[entry.label] });
  const { language: lang, html, text } = entry;
  if (!html) return el("div", { class: "body plain", lang, text });
  const node = el("div", { class: "body", lang });
  node.innerHTML = html; // sanitised by the gateway
  for (const link of node.querySelectorAll("a[href]")) leavesThePage(link, words);
  return node;
}

function leavesThePage(link, words) {
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(spoken(` (${words.opensElsewhere})`));
}

function sources(entry, words) {
  if (entry.sources.length === 0) return null;
  const items = entry.sources.map((source) => {
    if (!/^(https?:|\/)/.test(source.url ?? "")) return el("li", { text: source.title });
    const link = el("a", {
      href: source.url, hreflang: source.language, lang: source.language, text: source.title,
    });
    leavesThePage(link, words);
    return el("li", {}, link);
  });
  const list = el("ul", {}, ...items);
  return el("div", { class: "sources" }, icon("answer"), spoken(words.sources), list);
}

// A message takes one press: afterwards all its buttons rest, the one pressed stays marked.
function options(entry, actions) {
  if (entry.buttons.length === 0) return null;
  const pressed = new Map();
  for (const button of entry.buttons) {
    pressed.set(button.payload, el("button", {
      class: "option", type: "button", text: button.title,
      on: { click: () => actions.press(entry, button) },
    }));
  }
  return {
    node: el("div", { class: "options", lang: entry.language }, ...pressed.values()),
    update({ used }) {
      const chosen = used[entry.id];
      for (const [payload, node] of pressed) {
        node.disabled = chosen !== undefined;
        node.classList.toggle("chosen", payload === chosen);
      }
    },
  };
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

function feedbackRow(entry, words, actions) {
  const choice = (helpful, text) => el("button", {
    class: "rate", type: "button", text, "aria-label": `${words.wasHelpful} ${text}`,
    on: { click: () => give(helpful) },
  });
  const question = el("span", { text: words.wasHelpful });
  const buttons = [choice(true, words.yes), choice(false, words.no)];
  const thanks = el("span", { class: "thanks", tabindex: "-1", hidden: true });
  const node = el("div", { class: "feedback" }, question, ...buttons, thanks);

  async function give(helpful) {
    for (const button of buttons) button.disabled = true;
    const isRecorded = await actions.rate(entry, helpful);
    for (const button of buttons) button.disabled = false;
    if (isRecorded) thanks.focus();
    actions.say(isRecorded ? thanks.textContent : words.notRecorded);
    if (!isRecorded) question.textContent = words.notRecorded;
  }

  return {
    node,
    update({ ratings }) {
      const helpful = ratings[entry.id];
      if (helpful === undefined) return;
      thanks.textContent = helpful ? words.thanksHelpful : words.thanksUnhelpful;
      thanks.hidden = false;
      for (const part of [question, ...buttons]) part.hidden = true;
    },
  };
}

function time({ createdAt }, words) {
  return el("time", { datetime: createdAt.toISOString(), text: hour(createdAt, words) });
}
