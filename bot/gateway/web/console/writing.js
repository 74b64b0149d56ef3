// What helps with a reply: sections that may answer, canned replies searched by keyboard, and the text
// as the visitor will see it.

import { get, post } from "./api.js";
import { afterPause, el, redraw } from "./dom.js";
import { t } from "./labels.js";
import { warnOf } from "./notices.js";

const PREVIEW_PAUSE_MS = 400;

export function writingAids({ agent, box, insert }) {
  let shown = null;
  let asked = "";
  const suggestions = el("div", { class: "suggestions", hidden: true });
  const preview = el("div", { class: "preview body", hidden: true, "aria-label": t("reply.preview"),
    role: "region" });
  const previewButton = el("button", { type: "button", class: "quiet", id: "reply-preview",
    "aria-pressed": "false", onclick: togglePreview }, t("reply.preview"));
  const repliesButton = el("button", { type: "button", class: "quiet", id: "reply-canned",
    "aria-keyshortcuts": "/", onclick: openReplies }, t("reply.canned"));

  const drawPreview = afterPause(PREVIEW_PAUSE_MS, async () => {
    if (preview.hidden || !box.value.trim()) {
      preview.replaceChildren();
      return;
    }
    const text = box.value;
    const answer = await post("/agent/preview", { text }).catch(() => null);
    // The server renders and sanitises it, as it does every message.
    if (answer && text === box.value) preview.innerHTML = answer.html;
  });

  function togglePreview() {
    preview.hidden = !preview.hidden;
    previewButton.setAttribute("aria-pressed", String(!preview.hidden));
    drawPreview();
  }

  /** A dialog with a search box: type, arrows, Enter. */
  async function openReplies() {
    let replies;
    try {
      ({ replies } = await get("/agent/replies"));
    } catch (error) {
      warnOf(error);
      return;
    }
    const list = el("ul", { class: "canned", role: "listbox", id: "canned-list",
      "aria-label": t("reply.canned") });
    let found = [];
    let at = 0;
    const search = el("input", {
      type: "search", id: "canned-search", role: "combobox", "aria-expanded": "true",
      "aria-controls": "canned-list", "aria-label": t("reply.canned-search"),
      placeholder: t("reply.canned-search"),
      oninput() { at = 0; draw(); },
      onkeydown(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
          event.preventDefault();
          at = (at + step + found.length) % (found.length || 1);
          draw();
        } else if (event.key === "Enter") {
          event.preventDefault();
          if (found[at]) choose(found[at]);
        }
      },
    });
    const dialog = el("dialog", { class: "wide", "aria-label": t("reply.canned"),
      onclose: () => dialog.remove() },
    el("form", { method: "dialog" }, el("h2", {}, t("reply.canned")), search, list,
      el("div", { class: "dialog-foot" }, el("button", { value: "no" }, t("app.close")))));

    function draw() {
      const words = plain(search.value).split(" ").filter(Boolean);
      found = replies.filter((reply) => {
        const text = plain(`${reply.key} ${reply.fr} ${reply.en}`);
        return words.every((word) => text.includes(word));
      });
      redraw(list, found.map((reply, number) => el("li", {
        id: `canned-${reply.key}`, role: "option", "aria-selected": String(number === at),
        onclick: () => choose(reply), lang: shown.language,
      }, filled(reply))));
      search.setAttribute("aria-activedescendant", found[at] ? `canned-${found[at].key}` : "");
      list.children[at]?.scrollIntoView({ block: "nearest" });
    }

    function choose(reply) {
      dialog.close();
      insert(filled(reply));
    }

    document.body.append(dialog);
    dialog.showModal();
    draw();
    search.focus();
  }

  /** The reply in the visitor's language with its placeholders filled in; what is not known goes. */
  function filled(reply) {
    const french = shown.language === "fr";
    const values = {
      agent: agent.name,
      visitor: shown.visitor ? ` ${shown.visitor}` : "",
      site: shown.site ? ` ${shown.site}` : "",
    };
    return reply[french ? "fr" : "en"].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  async function suggest() {
    const { id } = shown;
    const path = `/agent/conversations/${encodeURIComponent(id)}/suggestions`;
    const answer = await get(path).catch(() => ({ suggestions: [] }));
    if (shown.id !== id) return;
    suggestions.hidden = !answer.suggestions.length;
    redraw(suggestions, el("span", { class: "faint" }, t("reply.suggested")),
      el("ol", {}, answer.suggestions.map((section, number) => el("li", {},
        el("button", {
          type: "button", class: "chip", id: `suggestion-${number + 1}`, lang: section.language,
          title: `${section.title} (Alt+${number + 1})`, "aria-keyshortcuts": `Alt+${number + 1}`,
          onclick: () => insert(section.text),
        }, el("kbd", {}, String(number + 1)), section.heading)))));
  }

  return {
    suggestions,
    preview,
    buttons: [repliesButton, previewButton],
    openReplies,
    changed: drawPreview,
    /** Follows the conversation on screen; asks for sections when the visitor has written anew. */
    show(detail, { isOther, isOpen }) {
      shown = detail;
      const last = detail.messages.findLast((m) => m.author === "visitor")?.id ?? "";
      const question = `${detail.id} ${last}`;
      if (isOther) {
        suggestions.hidden = true;
        preview.replaceChildren();
        drawPreview();
      }
      if (!isOpen || question === asked) return;
      asked = question;
      suggest();
    },
  };
}

/** One key inserts a suggested section, from wherever the focus is in the conversation. */
document.addEventListener("keydown", (event) => {
  if (!event.altKey || !/^Digit[1-3]$/.test(event.code)) return;
  const button = document.getElementById(`suggestion-${event.code.slice(-1)}`);
  if (!button?.offsetParent) return;
  event.preventDefault();
  button.click();
});

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
