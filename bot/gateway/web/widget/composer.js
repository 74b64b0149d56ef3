// The foot of the panel: the box one writes in, the line about patients, downloading and erasing.

import { el, icon } from "./dom.js";

const MOST_CHARACTERS = 4_000; // the gateway's limit
const WARN_BELOW = 300;

export class Composer {
  node;
  #box;
  #send;
  #left;
  #privacy;
  #download;
  #erase;
  #confirm;
  #words;

  /** @param {{send, draft, download, erase, say}} actions `erase` answers whether it was done */
  constructor(actions) {
    this.#box = el("textarea", {
      rows: "1", enterkeyhint: "send", "aria-describedby": "left privacy",
      on: {
        input: () => {
          this.#refresh();
          actions.draft(this.#box.value);
        },
        keydown: (event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          this.#submit(actions);
        },
      },
    });
    this.#send = el("button", { class: "send", type: "submit" }, icon("send"));
    this.#left = el("p", { class: "left", id: "left", role: "status" });
    this.#privacy = el("p", { id: "privacy" });
    this.#download = el("button", {
      class: "quiet", type: "button", on: { click: () => actions.download() },
    });
    this.#erase = el("button", {
      class: "quiet", type: "button", on: { click: () => this.#ask(true) },
    });
    this.#confirm = this.#confirmation(actions);
    this.node = el(
      "form",
      {
        class: "composer",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.#submit(actions);
          },
        },
      },
      el("div", { class: "box" }, this.#box, this.#send),
      this.#left,
      el("div", { class: "foot" }, this.#privacy, el("div", {}, this.#download, this.#erase)),
      this.#confirm.node,
    );
  }

  label(words) {
    this.#words = words;
    this.#box.placeholder = words.placeholder;
    this.#box.setAttribute("aria-label", words.box);
    this.#send.setAttribute("aria-label", words.send);
    this.#privacy.textContent = words.privacy;
    this.#download.textContent = words.download;
    this.#erase.textContent = words.erase;
    this.#confirm.question.textContent = words.eraseConfirm;
    this.#confirm.yes.textContent = words.eraseYes;
    this.#confirm.no.textContent = words.eraseNo;
    this.#refresh();
  }

  /** Without a conversation there is nothing to keep; without a connection, none can be erased. */
  allow({ erasing, downloading }) {
    this.#erase.disabled = !erasing;
    this.#download.disabled = !downloading;
  }

  focus() {
    this.#box.focus();
    this.#refresh(); // a hidden box has no height to measure
  }

  put(text) {
    if (this.#box.value === text) return; // or the cursor would jump
    this.#box.value = text;
    this.#refresh();
  }

  #submit(actions) {
    const text = this.#box.value.trim();
    if (text === "" || charactersLeft(text) < 0) return;
    this.put("");
    actions.draft("");
    this.#box.focus(); // the button that was pressed is disabled now, and would lose it
    actions.send(text);
  }

  #refresh() {
    const text = this.#box.value.trim();
    const left = charactersLeft(text);
    this.#send.disabled = text === "" || left < 0;
    this.#left.textContent = left < WARN_BELOW ? this.#words.left(left) : "";
    this.#left.classList.toggle("over", left < 0);
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight}px`;
  }

  #confirmation(actions) {
    const question = el("p", { id: "erase-question" });
    const yes = el("button", { class: "option danger", type: "button" });
    const no = el("button", { class: "option", type: "button" });
    const node = el(
      "div",
      { class: "confirm", role: "group", "aria-labelledby": "erase-question", hidden: true },
      question, yes, no,
    );
    no.addEventListener("click", () => this.#ask(false));
    yes.addEventListener("click", async () => {
      yes.disabled = true; // a second press would fall on the conversation after this one
      const isErased = await actions.erase();
      yes.disabled = false;
      if (isErased) return this.#ask(false);
      yes.focus();
      return actions.say(question.textContent = this.#words.eraseFailed);
    });
    return { node, question, yes, no };
  }

  #ask(isAsking) {
    this.#confirm.node.hidden = !isAsking;
    this.#confirm.question.textContent = this.#words.eraseConfirm;
    if (isAsking) this.#confirm.no.focus();
    else this.#box.focus();
  }
}

// Counted as the gateway counts: characters, not UTF-16 halves.
function charactersLeft(text) {
  return MOST_CHARACTERS - Array.from(text).length;
}
