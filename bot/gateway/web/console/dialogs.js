// The two questions asked before an action: to whom to transfer, and a note when resolving.
// A native <dialog> holds the focus, closes on Escape and gives the focus back.

import { get } from "./api.js";
import { el } from "./dom.js";
import { t } from "./labels.js";
import { warnOf } from "./notices.js";

/** The chosen agent `{id, name}`, or null when the dialog was left. */
export async function askAgent(me) {
  let agents;
  try {
    ({ agents } = await get("/agent/agents", { limit: 500 }));
  } catch (error) {
    warnOf(error);
    return null;
  }
  const others = agents.filter(({ id }) => id !== me.id);
  if (!others.length) {
    await ask({ title: t("transfer.title"), content: el("p", {}, t("transfer.alone")) });
    return null;
  }
  const choice = el("select", { id: "transfer-agent" },
    others.map(({ id, name }) => el("option", { value: id }, name)));
  const agreed = await ask({
    title: t("transfer.title"),
    content: el("label", { for: "transfer-agent" }, t("transfer.agent"), choice),
    action: t("conversation.transfer"),
  });
  return agreed ? others.find(({ id }) => id === choice.value) : null;
}

/** The note ("" when none was written), or null when the dialog was left. */
export async function askNote() {
  const note = el("textarea", { id: "resolve-note", rows: 4 });
  const agreed = await ask({
    title: t("resolve.title"),
    content: [
      el("p", {}, t("resolve.explain")),
      el("label", { for: "resolve-note" }, t("resolve.note"), note),
    ],
    action: t("conversation.resolve"),
  });
  return agreed ? note.value.trim() : null;
}

/** Whether the agent pressed `action`; without an action there is only a way out. */
function ask({ title, content, action }) {
  return new Promise((resolve) => {
    const dialog = el("dialog", {
      "aria-labelledby": "dialog-title",
      onclose() {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
      },
    },
    el("form", { method: "dialog" },
      el("h2", { id: "dialog-title" }, title),
      content,
      el("div", { class: "dialog-foot" },
        el("button", { value: "no", formnovalidate: true }, t(action ? "app.cancel" : "app.close")),
        action ? el("button", { value: "yes", class: "primary" }, action) : null)));
    // Enter alone is a new line in the note; Ctrl+Enter agrees, as it sends in the reply box.
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && action) dialog.close("yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("select, textarea, button")?.focus();
  });
}
