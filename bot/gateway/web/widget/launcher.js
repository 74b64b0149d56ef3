// The button in the corner of the page, with the count of unread messages. It is all of the widget
// that a page needs at first: the rest is loaded when the page has come to rest.

import { el, icon } from "./dom.js";
import { labels } from "./labels.js";

export class Launcher {
  node;
  #text = el("span", { class: "launcher-text" });
  #badge = el("span", { class: "badge", hidden: true });

  /** @param {() => void} onOpen */
  constructor(onOpen) {
    this.node = el("button", {
      class: "launcher", type: "button", "aria-haspopup": "dialog", on: { click: onOpen },
    }, icon("chat"), this.#text, this.#badge);
  }

  /** `isOut`: the rest of the widget could not be loaded, and is being tried again. */
  render({ language, unread, isOut = false }) {
    const words = labels(language);
    this.node.lang = words.locale;
    this.#text.textContent = isOut ? words.launcherOut : words.launcher;
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = unread;
    const name = this.#text.textContent;
    this.node.setAttribute("aria-label", unread ? `${name} ${words.unread(unread)}` : name);
  }
}
