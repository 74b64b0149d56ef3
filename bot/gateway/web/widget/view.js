// The panel: header, log and what stands around them. Draws what session.snapshot() says and turns
// clicks and keys into the actions it was given; decides nothing itself.

import { createCard } from "./card.js";
import { Composer } from "./composer.js";
import { el, icon } from "./dom.js";
import { day, labels, otherLanguage } from "./labels.js";

const SMALL = "(max-width: 479px)"; // full screen; the same number stands in widget.css

export class View {
  #actions;
  #launcher; // which gives way to the panel
  #language;
  #isAtEnd = true; // of the log, by the visitor's own scrolling
  #cards = new WeakMap(); // by entry
  #cardsBefore = this.#cards; // those in the words of the other language
  #dayLines = new Map();
  #hushed; // timer
  #saidTyping = { text: null, at: null }; // last said aloud, after how many messages
  #small = matchMedia(SMALL);
  #parts;
  #composer;

  constructor(root, launcher, actions) {
    this.#launcher = launcher;
    this.#actions = {
      ...actions,
      press: (entry, button) => {
        actions.press(entry, button);
        this.#settleFocus(); // the button pressed is about to be disabled under the focus
      },
      edit: (entry, text) => {
        actions.edit(entry, text);
        this.#settleFocus();
      },
      retry: (entry) => {
        actions.retry(entry);
        this.#settleFocus();
      },
      say: (text) => { this.#parts.spokenStatus.textContent = text; },
    };
    this.#composer = new Composer(this.#actions);
    this.#parts = this.#build();
    root.append(this.#parts.panel);
    globalThis.visualViewport?.addEventListener("resize", () => this.#makeRoomForKeyboard());
    globalThis.visualViewport?.addEventListener("scroll", () => this.#makeRoomForKeyboard());
    this.#small.addEventListener("change", () => this.#parts.panel.open && this.#show());
    this.#stayAtEnd(this.#parts.log);
  }

  open() {
    if (!this.#parts.panel.open) this.#show();
    this.#launcher.node.hidden = true;
    this.#composer.focus();
    this.#scrollTo(this.#parts.log.scrollHeight);
  }

  close() {
    this.#parts.panel.close();
    this.#launcher.node.hidden = false;
    this.#launcher.node.focus();
  }

  render(model) {
    const words = labels(model.language);
    const isRelabelled = this.#language !== model.language;
    if (isRelabelled) this.#label(model.language, words);
    this.#renderHeader(model, words);
    this.#renderQueue(model, words);
    this.#renderTyping(model, words);
    const newestRecap = model.entries.findLast(({ kind }) => kind === "recap")?.id;
    this.#renderLog({ ...model, newestRecap }, words, isRelabelled);
    this.#launcher.render(model);
    this.#composer.allow({
      erasing: model.isLive && model.trouble === null,
      downloading: model.entries.length > 0,
    });
    this.#composer.put(model.draft); // as it stands there, unless a reload or a sign-out came
  }

  // ---- building

  #build() {
    const parts = {
      title: el("h2", { id: "title" }),
      state: el("p", { class: "state", role: "status" }),
      language: el("button", {
        class: "language", type: "button", on: { click: () => this.#actions.switchLanguage() },
      }),
      close: el("button", {
        class: "round", type: "button", on: { click: () => this.#actions.close() },
      }, icon("close")),
      banner: el("p", { class: "banner", role: "status", hidden: true }),
      queue: el("div", { class: "queue", hidden: true }),
      rank: el("span", { class: "rank", "aria-hidden": "true" }),
      place: el("strong"),
      wait: el("span"),
      log: el("div", {
        class: "log", role: "log", tabindex: "0",
        "aria-live": "polite", "aria-relevant": "additions",
      }),
      typing: el("div", { class: "typing", "aria-hidden": "true", hidden: true }),
      whoTypes: el("span"),
      spokenStatus: el("p", { class: "spoken", role: "status" }),
      ended: el("p", { class: "ended", hidden: true }),
      endedText: el("span"),
      restart: el("button", {
        class: "option", type: "button", on: { click: () => this.#restart() },
      }),
    };
    parts.ended.append(parts.endedText, parts.restart);
    parts.queue.append(parts.rank, el("p", {}, parts.place, parts.wait));
    parts.typing.append(parts.whoTypes, el("i"), el("i"), el("i"));
    parts.log.append(parts.typing);
    parts.panel = el("dialog", { class: "panel", "aria-labelledby": "title" },
      el("div", { class: "header" },
        el("div", {}, parts.title, parts.state), parts.language, parts.close),
      parts.banner, parts.queue, parts.log, parts.spokenStatus, parts.ended, this.#composer.node);
    parts.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // or a modal dialog would close behind our back
      this.#actions.close();
    });
    // From outside, keys pressed in here seem pressed on no text box: a page's shortcuts would act.
    for (const name of ["keydown", "keypress", "keyup"]) {
      parts.panel.addEventListener(name, (event) => event.stopPropagation());
    }
    // A phone's back gesture closes a modal dialog by itself. The event comes late: look again.
    parts.panel.addEventListener("close", () => parts.panel.open || this.#actions.close());
    return parts;
  }

  #label(language, words) {
    const { panel, title, close, log, restart, endedText } = this.#parts;
    this.#language = language;
    panel.lang = words.locale;
    title.textContent = words.title;
    close.setAttribute("aria-label", words.close);
    log.setAttribute("aria-label", words.log);
    restart.textContent = words.restart;
    endedText.textContent = words.closed;
    this.#parts.language.textContent = words.otherLanguage;
    this.#parts.language.lang = labels(otherLanguage(language)).locale;
    this.#composer.label(words);
    this.#cardsBefore = this.#cards;
    this.#cards = new WeakMap();
  }

  // ---- drawing

  // Status lines are read aloud when they change: each is set only to something new.
  #renderHeader({ state, agent, trouble }, words) {
    const { banner, ended } = this.#parts;
    const owner = agent ? words.answers(agent) : words.state[state] ?? "";
    this.#parts.state.dataset.state = state;
    if (this.#parts.state.textContent !== owner) this.#parts.state.textContent = owner;
    banner.lang = words.locale;
    banner.hidden = trouble === null;
    const news = trouble === null ? "" : words[trouble];
    if (banner.textContent !== news) banner.textContent = news;
    ended.hidden = state !== "closed";
  }

  // The place is there to be looked up at any time; only its coming to the front is news.
  #renderQueue({ queue }, words) {
    const { rank, place, wait, spokenStatus } = this.#parts;
    const { dataset } = this.#parts.queue;
    const before = dataset.place;
    this.#parts.queue.hidden = !queue;
    dataset.place = queue?.place ?? "";
    if (!queue) return;
    rank.textContent = queue.place;
    place.textContent = words.place(queue.place);
    wait.textContent = expectation(queue.within, words);
    if (Number(before) > 1 && queue.place === 1) spokenStatus.textContent = words.place(1);
  }

  // Said once between two messages, however often somebody pauses over theirs.
  #renderTyping({ isTyping, isAgentTyping, agent, entries }, words) {
    const { typing, whoTypes, spokenStatus } = this.#parts;
    whoTypes.textContent = isAgentTyping ? words.isTyping(agent) : "";
    typing.hidden = !isTyping && !isAgentTyping;
    const news = isAgentTyping ? whoTypes.textContent : isTyping ? words.typing : "";
    const said = this.#saidTyping;
    if (news === "" && spokenStatus.textContent === said.text) spokenStatus.textContent = "";
    if (news === "" || said.at === entries.length) return;
    this.#saidTyping = { text: news, at: entries.length };
    spokenStatus.textContent = news;
  }

  #renderLog(model, words, isRelabelled) {
    const { log, typing } = this.#parts;
    const fresh = [];
    const wanted = [];
    let lastDay = day(new Date(), words); // today needs no heading of its own
    for (const entry of model.entries) {
      const entryDay = day(entry.createdAt, words);
      if (entryDay !== lastDay) wanted.push(this.#dayLine(entryDay));
      lastDay = entryDay;
      if (!this.#cards.has(entry)) {
        this.#cards.set(entry, createCard(entry, words, this.#actions));
        fresh.push(entry);
      }
      const card = this.#cards.get(entry);
      card.update(model);
      wanted.push(card.node);
    }
    // A whole transcript, or one in new words, is not news to read aloud.
    if (this.#parts.panel.open && (isRelabelled || fresh.length > 3)) this.#hush();
    place(log, [...wanted, typing]);
    if (log.getAttribute("aria-live") === "off") this.#sayNewOf(fresh);
    if (isRelabelled) this.#scrollTo(log.scrollHeight);
    else this.#follow(fresh, model.isTyping || model.isAgentTyping);
  }

  // An answer that comes while the log is hushed, as one that brings the new words, is news still.
  #sayNewOf(entries) {
    const isNew = (entry) => entry.author !== "visitor" && !this.#cardsBefore.has(entry);
    const news = entries.filter(isNew);
    if (!this.#parts.panel.open || news.length === 0 || news.length > 3) return;
    this.#actions.say(news.map((entry) => this.#cards.get(entry).node.innerText).join("\n"));
  }

  // After an answer longer than the log, its beginning is in view; otherwise the end.
  #follow(fresh, isTyping) {
    const { log } = this.#parts;
    const isOwn = fresh.some((entry) => entry.author === "visitor");
    if (!isOwn && !this.#isAtEnd) return;
    const first = fresh[0] && this.#cards.get(fresh[0]).node;
    const top = first && !isOwn ? first.offsetTop - 12 : Infinity;
    if (first || isTyping) this.#scrollTo(Math.min(top, log.scrollHeight - log.clientHeight));
  }

  #dayLine(text) {
    if (!this.#dayLines.has(text)) this.#dayLines.set(text, el("p", { class: "day", text }));
    return this.#dayLines.get(text);
  }

  #hush() {
    this.#parts.log.setAttribute("aria-live", "off");
    clearTimeout(this.#hushed);
    this.#hushed = setTimeout(() => this.#parts.log.setAttribute("aria-live", "polite"), 500);
  }

  // ---- moving about

  // The banner, the foot and a growing box take room from the log; its end stays in view.
  #stayAtEnd(log) {
    let height = 0;
    log.addEventListener("scroll", () => {
      if (log.clientHeight !== height) return; // moved by a new height, not by the visitor
      this.#isAtEnd = log.scrollHeight - log.scrollTop - height < 60;
    });
    new ResizeObserver(() => {
      height = log.clientHeight;
      if (this.#isAtEnd || this.#comment()) this.#scrollTo(log.scrollHeight);
    }).observe(log);
  }

  #show() {
    const { panel } = this.#parts;
    if (panel.open) panel.close();
    if (this.#small.matches) panel.showModal();
    else panel.show();
    this.#makeRoomForKeyboard();
  }

  // A phone's keyboard covers the page and does not shrink it: the panel takes what is left.
  #makeRoomForKeyboard() {
    const { panel } = this.#parts;
    const view = globalThis.visualViewport;
    const isCovered = panel.open && this.#small.matches && view && view.scale === 1;
    panel.style.height = isCovered ? `${view.height}px` : "";
    panel.style.top = isCovered ? `${view.offsetTop}px` : "";
  }

  #restart() {
    this.#actions.restart();
    this.#composer.focus();
  }

  // Back to the box, but not where that would raise a keyboard over the answer.
  #settleFocus() {
    if (matchMedia("(pointer: coarse)").matches) this.#parts.log.focus();
    else this.#composer.focus();
  }

  #scrollTo(top) {
    const comment = this.#comment();
    if (comment) comment.scrollIntoView({ block: "nearest" });
    else this.#parts.log.scrollTop = top;
  }

  // The comment that is being written within the log: nothing new may push it out of sight.
  #comment() {
    return this.#parts.log.querySelector("textarea:focus")?.form;
  }
}

/** What may be said of the wait; `within` in minutes, null where nobody knows. */
function expectation(within, words) {
  if (within === null) return words.waitUnknown;
  if (within > 60) return words.waitLong;
  return within <= 1 ? words.waitShort : words.wait(within);
}

/**
 * Makes `nodes` the children of `parent`, moving as little as it takes: what is moved is read aloud
 * again. So one that was passed gives way, and those that passed it stay.
 */
function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of Array.from(parent.childNodes)) if (!wanted.has(child)) child.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (at !== node && at?.nextSibling === node) at.remove();
    else if (at !== node) parent.insertBefore(node, at);
    at = node.nextSibling;
  }
}
