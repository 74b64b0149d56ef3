// What a message says, as nodes: its text, and what makes each kind easy to read. An answer has a
// title and steps, a diagnosis has its senders as small cards, a recap an "edit" on each line.

import { el, harmless, icon, nodesOf, spoken } from "./dom.js";

export function body(entry, words, home) {
  if (entry.label) return el("div", { class: "body", text: words[entry.label] });
  const { language: lang, html, text } = entry;
  if (!html) return el("div", { class: "body plain", lang, text });
  const node = el("div", { class: "body", lang }, ...nodesOf(html, home));
  for (const link of node.querySelectorAll("a[href]")) leavesThePage(link, words);
  for (const table of node.querySelectorAll("table")) rowsAsCards(table);
  markTitle(node);
  return node;
}

export function leavesThePage(link, words) {
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(spoken(` (${words.opensElsewhere})`));
}

/** The articles that an answer was taken from; null for none. */
export function sources(entry, words, home) {
  if (entry.sources.length === 0) return null;
  const items = entry.sources.map((source) => {
    const href = harmless(source.url, home);
    if (!href) return el("li", { text: source.title });
    const { language, title } = source;
    const link = el("a", { href, hreflang: language, lang: language, text: title });
    leavesThePage(link, words);
    return el("li", {}, link);
  });
  const list = el("ul", {}, ...items);
  return el("div", { class: "sources" }, icon("answer"), spoken(words.sources), list);
}

/** Puts a button on each line of a recap; pressing it says which line is to be changed. */
export function addEdits(node, entry, words, onEdit) {
  const buttons = [];
  for (const line of node.querySelectorAll(":scope > ul > li")) {
    const name = line.querySelector(":scope > strong")?.textContent.trim();
    if (!name) continue;
    const button = el("button", {
      class: "edit", type: "button", "aria-label": words.edit(name),
      on: { click: () => onEdit(words.edit(name)) },
    }, icon("edit"));
    line.append(button);
    buttons.push(button);
  }
  return buttons;
}

// A first paragraph that is bold from end to end is the title of what follows.
function markTitle(node) {
  const [first] = node.children;
  const isTitle = first?.tagName === "P" && node.children.length > 1
    && first.children.length === 1 && first.firstChild.tagName === "STRONG"
    && first.textContent === first.firstChild.textContent;
  if (isTitle) first.classList.add("title");
}

// Four columns do not fit a phone: each row is shown as a card whose cells say their column. The
// roles keep it a table for screen readers, whatever the style sheet makes of it.
function rowsAsCards(table) {
  const heads = Array.from(table.querySelectorAll("th"), (head) => head.textContent);
  table.setAttribute("role", "table");
  for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    Array.from(row.cells).forEach((cell, n) => {
      cell.setAttribute("role", cell.tagName === "TH" ? "columnheader" : "cell");
      if (cell.tagName === "TD" && heads[n]) cell.dataset.head = heads[n];
    });
  }
}
