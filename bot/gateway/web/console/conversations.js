// The Conversations tab: the list, the conversation and its panel side by side, kept in step.

import { conversationView } from "./conversation.js";
import { el } from "./dom.js";
import { t } from "./labels.js";
import { queueView } from "./queue.js";
import { setOpen } from "./unread.js";

export function conversationsView({ agent, onChange }) {
  const queue = queueView({ agent });
  const conversation = conversationView({
    agent,
    onAction(action, succeeded) {
      // The list follows a conversation that was claimed, so that it is seen among one's own.
      if (action === "claim" && succeeded) queue.goTo("agent");
      else queue.refresh();
      onChange();
    },
  });
  let opened = null;

  queue.refresh();
  return {
    node: el("div", { class: "desk" }, el("h1", { class: "unseen" }, t("app.conversations")),
      queue.node, conversation.node, conversation.panel),
    async open(id) {
      const isOther = id !== opened;
      opened = id;
      setOpen(id);
      queue.select(id);
      await conversation.open(id);
      if (isOther && opened === id) conversation.focus();
    },
    refresh() {
      queue.refresh();
      conversation.refresh();
    },
    receive: conversation.receive,
    signal: conversation.signal,
    setCounts: queue.setCounts,
    close() {
      setOpen(null);
      conversation.close();
    },
  };
}
