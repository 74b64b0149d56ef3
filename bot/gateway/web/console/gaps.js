// What the knowledge base lacks: questions without an answer, those that mean the same together, with
// what comes nearest. A draft can be taken away to be written, and the questions played again after.

import { get, post } from "./api.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { briefly, timeNode } from "./format.js";
import { label, language, t } from "./labels.js";
import { warnOf } from "./notices.js";

const SHOWN_QUESTIONS = 4;
// Each question is read by the encoder, and played by the bot: that takes longer than a click.
const SLOW_MS = 120_000;

export function gapsView() {
  let gaps = [];
  let replayed = new Map();
  const list = el("div", { class: "gaps" }, el("p", { class: "faint" }, t("app.loading")));
  const result = el("p", { role: "status", class: "faint" });
  const button = el("button", { type: "button", id: "gaps-replay", onclick: replay },
    t("gaps.replay"));
  const node = el("section", { class: "card", "aria-labelledby": "gaps-title" },
    el("div", { class: "gaps-head" },
      el("div", {}, el("h2", { id: "gaps-title" }, t("gaps.title")),
        el("p", { class: "faint" }, t("gaps.explain"))),
      button),
    result, list);

  const refresh = oneAtATime(async () => {
    try {
      ({ gaps } = await get("/agent/insights/gaps", { language: language() }, SLOW_MS));
      draw();
    } catch (error) {
      if (error.status !== 401) warnOf(error);
    }
  });

  async function replay() {
    button.disabled = true;
    result.textContent = t("gaps.replaying");
    try {
      const answer = await post("/agent/insights/gaps/replay", {}, SLOW_MS);
      replayed = new Map(answer.gaps.map((gap) => [gap.id, gap]));
      const closed = answer.gaps.filter(({ state }) => state === "closed").length;
      result.textContent = t("gaps.replayed", { closed, count: answer.gaps.length });
      draw();
    } catch (error) {
      result.textContent = "";
      warnOf(error);
    } finally {
      button.disabled = false;
    }
  }

  function draw() {
    if (!gaps.length) {
      redraw(list, el("p", { class: "faint" }, t("gaps.none")));
      return;
    }
    redraw(list, el("ol", {}, gaps.map(gapNode)));
  }

  function gapNode({ id, questions, nearest }) {
    const state = replayed.get(id)?.state;
    return el("li", { class: `gap ${state ?? ""}` },
      el("div", { class: "gap-head" },
        el("span", { class: "count", title: t("gaps.asked", { count: questions.length }) },
          String(questions.length)),
        languageBadge(questions[0]),
        el("strong", { lang: questions[0].language }, questions[0].text),
        state ? el("span", { class: `badge gap-${state}` }, t(`gaps.${state}`)) : null),
      questions.length > 1 ? el("ul", { class: "gap-questions" },
        questions.slice(1, SHOWN_QUESTIONS).map((question) => el("li", {},
          languageBadge(question),
          el("span", { lang: question.language }, question.text))),
        questions.length > SHOWN_QUESTIONS
          ? el("li", { class: "faint" }, t("gaps.more", { count: questions.length - SHOWN_QUESTIONS }))
          : null) : null,
      el("p", { class: "gap-foot" },
        nearest ? el("span", {}, t("gaps.nearest"), " ",
          el("a", { href: nearest.url, target: "_blank", rel: "noopener noreferrer" },
            `${nearest.title} › ${nearest.heading}`)) : el("span", {}, t("gaps.nothing-near")),
        timeNode(questions[0].created_at, briefly),
        el("a", { class: "button", href: `/api/v1/agent/insights/gaps/${id}/draft`,
          download: `article-${id}.md` }, t("gaps.draft"))));
  }

  return { node, refresh };
}

const languageBadge = (question) =>
  el("span", { class: "badge", title: label("language", question.language) },
    question.language.toUpperCase());
