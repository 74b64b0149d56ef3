// What was said, oldest first. Messages never change, so new ones are only added: the reading
// position and a text selection stay, and a screen reader announces the new message alone.

import { el, outsideLink } from "./dom.js";
import { clockTime, day, isSameDay, timeNode } from "./format.js";
import { hasLabel, label, t } from "./labels.js";

const NEAR_END_PX = 48;

export function transcriptView() {
  let conversation = null;
  let messages = [];
  let log = null;
  const newer = el("button", { type: "button", class: "newer", hidden: true,
    onclick: () => scrollToEnd() }, t("conversation.newer"));
  const seen = el("p", { class: "seen", role: "status" });
  const node = el("div", { class: "transcript" });
  let visitor = { typing: false, read: 0 };
  let wasAtEnd = true;
  // The reply box grows as one types: what was at its end stays there.
  let height = 0;
  const resized = new ResizeObserver(() => {
    height = log.clientHeight;
    if (wasAtEnd) scrollToEnd();
  });

  function begin(id) {
    conversation = id;
    messages = [];
    // A new region, so that a change of conversation is not read out as if it were all news.
    log = el("div", {
      class: "log", role: "log", tabindex: 0, "data-conversation": id, "aria-label": t("conversation.transcript"),
      onscroll() {
        // Of a log that has just become smaller nobody has scrolled away.
        if (log.clientHeight === height) wasAtEnd = isAtEnd();
        newer.hidden ||= isAtEnd();
      },
    });
    newer.hidden = true;
    wasAtEnd = true;
    resized.disconnect();
    resized.observe(log);
    visitor = { typing: false, read: 0 };
    node.replaceChildren(log, newer, seen);
    drawSeen();
  }

  function add(news) {
    const known = new Set(messages.map(({ id }) => id));
    const fresh = news.filter(({ id }) => !known.has(id)).sort((a, b) => a.id - b.id);
    if (!fresh.length) return;
    const follows = wasAtEnd || isAtEnd();
    const last = messages.at(-1);
    if (last && fresh[0].id < last.id) {
      // The stream was faster than the answer that holds the older ones.
      messages = [...messages, ...fresh].sort((a, b) => a.id - b.id);
      log.replaceChildren(...nodesOf(messages));
    } else {
      log.append(...nodesOf(fresh, last));
      messages = [...messages, ...fresh];
    }
    if (follows || fresh.at(-1).author === "agent") scrollToEnd();
    else newer.hidden = false;
    drawSeen();
  }

  function drawSeen() {
    const last = messages.at(-1);
    const isRead = last?.author === "agent" && visitor.read >= last.id;
    seen.textContent = visitor.typing ? t("conversation.typing")
      : isRead ? t("conversation.read") : "";
  }

  function isAtEnd() {
    return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  }

  function scrollToEnd() {
    log.scrollTop = log.scrollHeight;
    wasAtEnd = true;
    newer.hidden = true;
  }

  return {
    node,
    show(id, all) {
      const isOther = id !== conversation;
      if (isOther) begin(id);
      add(all);
      if (isOther) scrollToEnd();
    },
    add,
    /** What the visitor signals. */
    signal(news) {
      visitor = { ...visitor, ...news };
      drawSeen();
    },
  };
}

function nodesOf(messages, before = null) {
  return messages.flatMap((message, index) => {
    const previous = index ? messages[index - 1] : before;
    const isNewDay = !previous || !isSameDay(previous.created_at, message.created_at);
    const heading = el("h3", { class: "day" }, day(message.created_at));
    return isNewDay ? [heading, messageNode(message)] : [messageNode(message)];
  });
}

function messageNode(message) {
  const tag = message.author === "bot" && hasLabel("message", message.kind)
    ? label("message", message.kind) : "";
  return el("article", { class: `message ${message.author}`, lang: message.language,
    "data-id": message.id },
    el("header", {},
      el("strong", {}, label("author", message.author)),
      tag ? el("span", { class: "tag" }, tag) : null,
      message.is_masked ? el("span", { class: "badge masked", title: t("conversation.masked-explain") },
        t("conversation.masked")) : null,
      timeNode(message.created_at, clockTime)),
    body(message),
    message.buttons?.length ? choices(message.buttons) : null,
    message.sources?.length ? sources(message.sources) : null);
}

function body(message) {
  const node = el("div", { class: "body" });
  if (!message.html) {
    node.classList.add("plain");
    node.textContent = message.text;
    return node;
  }
  // The server renders and sanitises `html` for every reader; see "Visitor" in docs/http.md.
  node.innerHTML = message.html;
  for (const link of node.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return node;
}

function choices(buttons) {
  return el("div", { class: "aside" }, el("span", {}, t("conversation.offered")),
    el("ul", { class: "choices" }, buttons.map(({ title }) => el("li", {}, title))));
}

function sources(links) {
  return el("div", { class: "aside" }, el("span", {}, t("conversation.sources")),
    el("ul", { class: "sources" }, links.map(({ url, title, language }) =>
      el("li", { lang: language }, outsideLink(url, title)))));
}
