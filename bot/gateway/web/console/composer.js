// The reply box. What is typed is kept in this tab, per agent and conversation, until the server
// has it: a reload, an ended session or a refused message loses nothing.

import { el } from "./dom.js";
import { t } from "./labels.js";

/** `send(text)` resolves to whether the server took the message. */
export function composerView({ agent, send }) {
  let conversation = null;
  let isSending = false;

  const box = el("textarea", {
    id: "reply", rows: 3, "aria-describedby": "reply-keys",
    oninput: keep,
    onkeydown(event) {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      submit();
    },
  });
  const kept = el("span", { class: "faint", hidden: true }, t("reply.draft"));
  const button = el("button", { type: "submit", class: "primary" }, t("reply.send"));
  const locked = el("p", { class: "locked", hidden: true });
  const form = el("form", {
    class: "composer",
    onsubmit(event) {
      event.preventDefault();
      submit();
    },
  },
  el("label", { for: "reply", class: "unseen" }, t("reply.label")), box,
  el("div", { class: "composer-foot" },
    el("span", { class: "faint", id: "reply-keys" }, t("reply.keys")), kept, button));

  const key = (id) => `console.draft.${agent.id}.${id}`;

  function keep() {
    if (box.value) sessionStorage.setItem(key(conversation), box.value);
    else sessionStorage.removeItem(key(conversation));
    kept.hidden = !box.value;
  }

  async function submit() {
    const text = box.value.trim();
    if (!text || isSending) return;
    const [sentIn, sentValue] = [conversation, box.value];
    isSending = true;
    form.setAttribute("aria-busy", "true");
    try {
      if (await send(text)) forget(sentIn, sentValue);
    } finally {
      isSending = false;
      form.removeAttribute("aria-busy");
    }
  }

  function forget(id, sentValue) {
    // The agent may have typed on, or gone to another conversation, while this was on its way.
    if (sessionStorage.getItem(key(id)) === sentValue) sessionStorage.removeItem(key(id));
    if (id === conversation && box.value === sentValue) {
      box.value = "";
      kept.hidden = true;
    }
  }

  return {
    node: el("div", {}, form, locked),
    /** Shows the box of `detail`, or, when it may not be answered, the reason `lockedText`. */
    show(detail, lockedText) {
      if (detail.id !== conversation) {
        conversation = detail.id;
        box.value = sessionStorage.getItem(key(conversation)) ?? "";
        kept.hidden = !box.value;
      }
      box.lang = detail.language;
      box.placeholder = t(`reply.hint-${detail.language}`);
      form.hidden = Boolean(lockedText);
      locked.hidden = !lockedText;
      locked.textContent = lockedText;
    },
    focus: () => box.focus(),
  };
}
