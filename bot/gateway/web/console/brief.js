// A factual summary of a conversation, in the agent's language: what was asked, what was tried, what
// was found, what is open. Nothing is guessed: each line is something that stands in the record.

import { el } from "./dom.js";
import { hasLabel, label, t, topicLabel } from "./labels.js";

const MOST_QUESTIONS = 3;
const QUESTION_CHARS = 160;

export function briefNode(detail) {
  const parts = [
    ["asked", asked(detail)],
    ["tried", tried(detail)],
    ["found", found(detail)],
    ["open", open(detail)],
  ];
  return el("dl", { class: "brief" }, parts.filter(([, lines]) => lines.length).map(
    ([name, lines]) => el("div", {},
      el("dt", {}, t(`brief.${name}`)),
      el("dd", {}, lines.length === 1 ? lines[0]
        : el("ul", {}, lines.map((line) => el("li", {}, line)))))));
}

/** The visitor's last questions in full sentences; a press of a button is no question. */
function asked({ messages }) {
  const titles = new Set(messages.flatMap(({ buttons }) => buttons ?? []).map(({ title }) => title));
  return messages
    .filter((m) => m.author === "visitor" && !titles.has(m.text) && m.text.split(" ").length > 2)
    .slice(-MOST_QUESTIONS)
    .map((m) => el("span", { lang: m.language }, quoted(m)));
}

function tried({ messages }) {
  const shown = messages.filter(({ kind, topic }) => kind === "answer" && topic);
  const articles = [...new Set(shown.map(({ topic }) => topicLabel(topic)))];
  const abstained = messages.filter(({ kind }) => kind === "abstain").length;
  const failed = messages.filter(({ kind }) => kind === "error").length;
  return [
    ...articles.map((title) => t("brief.article", { title })),
    abstained ? t("brief.abstained", { count: abstained }) : null,
    failed ? t("brief.failed", { count: failed }) : null,
  ].filter(Boolean);
}

function found({ diagnosis, tickets }) {
  return [
    diagnosis?.finding ? label("finding", diagnosis.told_as ?? diagnosis.finding) : null,
    ...(tickets ?? []).map(({ reference, kind, state }) => el("span", {},
      `${label("ticketKind", kind)} `, el("span", { class: "reference" }, reference),
      ` (${label("ticketState", state).toLowerCase()})`)),
  ].filter(Boolean);
}

function open({ reason, slots, state, messages }) {
  const last = messages.findLast(({ author }) => author !== "system");
  return [
    reason && state !== "closed" && hasLabel("reason", reason) ? label("reason", reason) : null,
    Object.keys(slots ?? {}).length ? t("brief.unfinished") : null,
    state === "agent" && last?.author === "visitor" ? t("brief.unanswered") : null,
  ].filter(Boolean);
}

function quoted({ text, language }) {
  const line = shortened(text);
  return language === "fr" ? `«\u00a0${line}\u00a0»` : `“${line}”`;
}

function shortened(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= QUESTION_CHARS ? line : `${line.slice(0, QUESTION_CHARS - 1).trimEnd()}…`;
}
