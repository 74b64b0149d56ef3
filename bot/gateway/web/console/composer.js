// The reply box. What is typed is kept in this tab, per agent and conversation, until the server has
// it: a reload, an ended session or a refused message loses nothing. A message is sent under an id
// of its own, again and again until the server answers, so that it arrives once.

import { post } from "./api.js";
import { el } from "./dom.js";
import { t } from "./labels.js";
import { writingAids } from "./writing.js";

const TYPING_EVERY_MS = 3_000;
const RETRY_MS = 3_000;

/**
 * `send(id, {text, clientId, isAgain})` says it in the conversation `id`, whichever is on screen, and
 * resolves to "done", "refused" or "unknown" (the server did not answer).
 */
export function composerView({ agent, send, note }) {
  let shown = null;
  // The conversations of which a message is under way: no silence in one holds up another.
  const sending = new Set();
  let lastTyping = 0;

  const box = el("textarea", {
    id: "reply", rows: 3, "aria-describedby": "reply-keys",
    oninput: keep,
    onkeydown(event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        submit();
      } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !box.value) {
        event.preventDefault();
        aids.openReplies();
      }
    },
  });
  const status = el("span", { class: "faint", role: "status" });
  const button = el("button", { type: "submit", class: "primary" }, t("reply.send"));
  const locked = el("p", { class: "locked", hidden: true });
  const aids = writingAids({ agent, box, insert });
  const noteButton = el("button", { type: "button", class: "quiet", id: "reply-note",
    onclick: keepNote }, t("reply.as-note"));
  const form = el("form", {
    class: "composer",
    onsubmit(event) {
      event.preventDefault();
      submit();
    },
  },
  aids.suggestions,
  el("label", { for: "reply", class: "unseen" }, t("reply.label")), box, aids.preview,
  el("div", { class: "composer-foot" },
    aids.buttons, noteButton, status,
    el("span", { id: "reply-keys", class: "faint keys" }, t("reply.keys")), button));

  const key = (id) => `console.draft.${agent.id}.${id}`;
  const outKey = (id) => `console.outbox.${agent.id}.${id}`;

  function keep() {
    if (box.value) sessionStorage.setItem(key(shown.id), box.value);
    else sessionStorage.removeItem(key(shown.id));
    status.textContent = box.value ? t("reply.draft") : "";
    aids.changed();
    if (box.value && Date.now() - lastTyping > TYPING_EVERY_MS) {
      lastTyping = Date.now();
      signal(shown, { typing: true });
    } else if (!box.value && lastTyping) {
      lastTyping = 0;
      signal(shown, { typing: false });
    }
  }

  function insert(text) {
    const before = box.value.slice(0, box.selectionStart);
    const after = box.value.slice(box.selectionEnd);
    const gap = before && !before.endsWith("\n") ? "\n\n" : "";
    box.value = before + gap + text + after;
    box.focus();
    box.setSelectionRange((before + gap + text).length, (before + gap + text).length);
    keep();
  }

  /** Sends what is in the box, or goes on sending what a reload or a cut network left. */
  async function submit() {
    const id = shown.id;
    const text = box.value.trim();
    if (sending.has(id) || !text) return;
    const kept = JSON.parse(sessionStorage.getItem(outKey(id)) ?? "null");
    // The same words again are the same message, until the server has taken them.
    const out = kept?.text === text ? kept : { text, clientId: crypto.randomUUID() };
    sessionStorage.setItem(outKey(id), JSON.stringify(out));
    sending.add(id);
    drawSending(id, t("reply.sending"));
    const typed = box.value;
    let outcome = await send(id, out);
    while (outcome === "unknown") {
      drawSending(id, t("reply.uncertain"));
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
      outcome = await send(id, { ...out, isAgain: true });
    }
    sending.delete(id);
    drawSending(id, t("reply.draft"));
    sessionStorage.removeItem(outKey(id));
    if (outcome === "done") forget(id, typed);
  }

  /** How the message of a conversation fares, if that conversation is on screen. */
  function drawSending(id, words) {
    if (id !== shown.id) return;
    button.disabled = sending.has(id);
    status.textContent = words;
  }

  async function keepNote() {
    const { id } = shown;
    const typed = box.value;
    const text = typed.trim();
    if (text && await note(text)) forget(id, typed);
    else box.focus();
  }

  function forget(id, typed) {
    // The agent may have typed on, or gone to another conversation, while this was on its way.
    if (sessionStorage.getItem(key(id)) === typed) sessionStorage.removeItem(key(id));
    if (id !== shown.id || box.value !== typed) return;
    box.value = "";
    keep();
  }

  return {
    node: el("div", {}, form, locked),
    /** Shows the box of `detail`, or, when it may not be answered, the reason `lockedText`. */
    show(detail, lockedText) {
      const isOther = detail.id !== shown?.id;
      shown = detail;
      if (isOther) {
        lastTyping = 0;
        box.value = sessionStorage.getItem(key(detail.id)) ?? "";
        drawSending(detail.id, sending.has(detail.id) ? t("reply.sending")
          : box.value ? t("reply.draft") : "");
      }
      box.lang = detail.language;
      box.placeholder = t(`reply.hint-${detail.language}`);
      form.hidden = Boolean(lockedText);
      locked.hidden = !lockedText;
      locked.textContent = lockedText;
      aids.show(detail, { isOther, isOpen: !lockedText });
      if (isOther && !lockedText && sessionStorage.getItem(outKey(detail.id))) submit();
    },
    focus: () => box.focus(),
  };
}

/** Tells the visitor that the agent types or has read; of no consequence if it does not arrive. */
export function signal({ id }, what) {
  post(`/agent/conversations/${encodeURIComponent(id)}/signals`, what).catch(() => null);
}
