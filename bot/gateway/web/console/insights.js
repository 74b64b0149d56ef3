// The Insights tab: the server's counts as plain figures, and what the knowledge base lacks.

import { get } from "./api.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { dateAndTime, figure, percent, timeNode } from "./format.js";
import { label, t, topicLabel } from "./labels.js";
import { warnOf } from "./notices.js";

export function insightsView() {
  const node = el("div", { class: "insights" }, el("p", { class: "faint" }, t("app.loading")));

  const refresh = oneAtATime(async () => {
    try {
      redraw(node, page(await get("/agent/insights")));
    } catch (error) {
      if (error.status !== 401) warnOf(error);
    }
  });

  refresh();
  return { node, refresh, open() {}, receive() {}, setCounts() {}, close() {} };
}

function page(counts) {
  const { conversations, feedback } = counts;
  const rated = feedback.helpful + feedback.not_helpful;
  const ofAll = (count) => share("insights.share", count, conversations);
  const ofRated = (count) => share("insights.share-feedback", count, rated);
  return [
    el("h1", {}, t("insights.title")),
    el("dl", { class: "figures" },
      tile("conversations", conversations),
      tile("contained", counts.contained, ofAll(counts.contained)),
      tile("handed-off", counts.handed_off, ofAll(counts.handed_off)),
      tile("abstained", counts.abstained),
      tile("helpful", feedback.helpful, ofRated(feedback.helpful)),
      tile("not-helpful", feedback.not_helpful, ofRated(feedback.not_helpful))),
    el("div", { class: "tables" },
      el("section", { class: "card" }, el("h2", {}, t("insights.articles")),
        articles(counts.top_articles)),
      el("section", { class: "card" }, el("h2", {}, t("insights.unanswered")),
        unanswered(counts.unanswered))),
  ];
}

function tile(name, count, note = "") {
  return el("div", { class: "card" },
    el("dt", {}, t(`insights.${name}`)),
    el("dd", {}, el("b", {}, figure(count)), note ? el("small", {}, note) : null));
}

const share = (key, count, of) => (of ? t(key, { percent: percent(count / of) }) : "");

function articles(top) {
  if (!top.length) return el("p", { class: "faint" }, t("insights.no-articles"));
  return el("table", {},
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, t("insights.article")),
      el("th", { scope: "col", class: "number" }, t("insights.count")))),
    el("tbody", {}, top.map(({ slug, count }) => el("tr", {},
      el("th", { scope: "row", title: slug }, topicLabel(`faq/${slug}`)),
      el("td", { class: "number" }, figure(count))))));
}

function unanswered(questions) {
  if (!questions.length) return el("p", { class: "faint" }, t("insights.no-unanswered"));
  return el("ul", { class: "questions" }, questions.map(({ text, language, created_at }) =>
    el("li", {},
      el("span", { class: "badge", title: label("language", language) }, language.toUpperCase()),
      el("span", { lang: language }, text),
      timeNode(created_at, dateAndTime))));
}
