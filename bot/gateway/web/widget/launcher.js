// The button in the corner of the page, with the count of unread messages. It is all of the widget
// that a page needs at first: the rest is loaded when the page has come to rest.

import { el, icon } from "./dom.js";
import { labels } from "./labels.js";

export class Launcher {
  node;
  news = el("p", { class: "spoken", role: "status" }); // a button's new name is not read aloud
  #text = el("span", { class: "launcher-text" });
  #badge = el("span", { class: "badge", hidden: true });

  /** @param {() => void} onOpen */
  constructor(onOpen) {
    this.node = el("button", {
      class: "launcher", type: "button", "aria-haspopup": "dialog", on: { click: onOpen },
    }, icon("chat"), this.#text, this.#badge);
  }

  /**
   * `trouble`: "opening" while the rest of the widget is on its way, "out" when it could not be had
   * and is being tried again; else nothing of the launcher's concern.
   */
  render({ language, unread, trouble = null }) {
    const words = labels(language);
    this.node.lang = words.locale;
    const out = words.launcherTrouble[trouble];
    const news = out ?? (unread ? words.unread(unread) : "");
    this.news.lang = words.locale;
    if (this.news.textContent !== news) this.news.textContent = news;
    this.#text.textContent = out ?? words.launcher;
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = unread;
    const name = this.#text.textContent;
    this.node.setAttribute("aria-label", unread ? `${name} ${words.unread(unread)}` : name);
  }
}
