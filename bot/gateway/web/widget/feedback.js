// "Was this helpful?" under an answer. After a "no", one may say what was missing; the vote counts
// without it.

import { el } from "./dom.js";

const MOST_CHARACTERS = 2_000; // the gateway's limit of a comment

/**
 * @param {object} entry the answer
 * @param {object} words
 * @param {{rate: (entry, vote) => Promise<boolean>, say}} actions
 * @returns {{node, isLast: true, update: (model) => void}} to stand below the time of the message
 */
export function feedbackRow(entry, words, actions) {
  const question = el("span", { text: words.wasHelpful });
  const buttons = [choice(true, words.yes), choice(false, words.no)];
  const thanks = el("span", { class: "thanks", tabindex: "-1", hidden: true });
  const comment = commentBox(words, give, () => {
    comment.node.hidden = true;
    thanks.focus();
  });
  const node = el("div", { class: "feedback" }, question, ...buttons, thanks, comment.node);

  function choice(helpful, text) {
    return el("button", {
      class: "rate", type: "button", text, "aria-label": `${words.wasHelpful} ${text}`,
      on: { click: () => vote(helpful) },
    });
  }

  async function vote(helpful) {
    for (const button of buttons) button.disabled = true;
    const isRecorded = await actions.rate(entry, { helpful });
    for (const button of buttons) button.disabled = false;
    if (!isRecorded) question.textContent = words.notRecorded;
    actions.say(isRecorded ? thanks.textContent : words.notRecorded);
    if (!isRecorded) return;
    comment.node.hidden = helpful;
    if (helpful) thanks.focus();
    else comment.focus();
  }

  async function give(text) {
    const isRecorded = await actions.rate(entry, { helpful: false, comment: text });
    if (isRecorded) {
      thanks.textContent = words.thanksComment;
      comment.node.hidden = true;
      thanks.focus();
    }
    actions.say(isRecorded ? words.thanksComment : words.notRecorded);
    return isRecorded;
  }

  return {
    node,
    isLast: true,
    update({ ratings }) {
      const helpful = ratings[entry.id];
      if (helpful === undefined || !thanks.hidden) return;
      thanks.textContent = helpful ? words.thanksHelpful : words.thanksUnhelpful;
      thanks.hidden = false;
      for (const part of [question, ...buttons]) part.hidden = true;
    },
  };
}

function commentBox(words, give, onSkip) {
  const box = el("textarea", {
    rows: "2", maxlength: MOST_CHARACTERS, "aria-label": words.whatWasMissing,
    placeholder: words.whatWasMissing,
  });
  const trouble = el("p", { class: "trouble", text: words.notRecorded, hidden: true });
  const send = el("button", { class: "rate", type: "submit", text: words.giveComment });
  const skip = el("button", {
    class: "quiet", type: "button", text: words.skipComment, on: { click: onSkip },
  });
  const node = el("form", { class: "comment", hidden: true }, box, trouble,
    el("div", {}, send, skip));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (text === "") return onSkip();
    send.disabled = true;
    trouble.hidden = await give(text);
    send.disabled = false;
    return undefined;
  });
  return {
    node,
    focus() {
      box.focus();
      node.scrollIntoView({ block: "nearest" });
    },
  };
}
