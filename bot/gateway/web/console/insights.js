// The Insights tab: figures, charts over time, what failed, and what the knowledge base lacks.

import { get } from "./api.js";
import { chartsView } from "./charts.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { dateAndTime, duration, figure, percent, timeNode } from "./format.js";
import { gapsView } from "./gaps.js";
import { label, t, topicLabel } from "./labels.js";
import { warnOf } from "./notices.js";

const SPANS = [7, 30, 90];
const SPAN_KEY = "console.insights.days";

export function insightsView() {
  const chosen = Number(sessionStorage.getItem(SPAN_KEY)) || 30;
  const span = el("select", {
    id: "insights-days", "aria-label": t("insights.span"), value: String(chosen),
    onchange() {
      sessionStorage.setItem(SPAN_KEY, span.value);
      refresh();
    },
  }, SPANS.map((days) => el("option", { value: String(days) }, t("insights.days", { days }))));
  const figures = el("div", { class: "insights-part" },
    el("p", { class: "faint" }, t("app.loading")));
  const tables = el("div", { class: "tables" });
  const charts = chartsView();
  const gaps = gapsView();
  const node = el("div", { class: "insights", tabindex: 0, role: "region",
    "aria-label": t("insights.title") },
  el("div", { class: "insights-head" }, el("h1", {}, t("insights.title")), span),
  figures, charts.node, tables, gaps.node);
  let drawn = "";

  const refresh = oneAtATime(async () => {
    try {
      const counts = await get("/agent/insights", { days: span.value });
      const news = JSON.stringify(counts);
      // What has not changed stays as it is, with whatever is being read or pointed at in it.
      if (news === drawn) return;
      drawn = news;
      redraw(figures, tiles(counts));
      redraw(tables, cards(counts));
      await charts.show(counts.report.days);
    } catch (error) {
      if (error.status !== 401) warnOf(error);
    }
  });

  refresh();
  gaps.refresh();
  return { node, refresh, open() {}, receive() {}, signal() {}, setCounts() {}, close: charts.close };
}

function tiles({ report }) {
  const sum = (name) => report.days.reduce((total, day) => total + day[name], 0);
  const conversations = sum("conversations");
  const rated = sum("helpful") + sum("not_helpful");
  const share = (key, count, of) => (of ? t(key, { percent: percent(count / of) }) : "");
  const ofAll = (name) => share("insights.share", sum(name), conversations);
  return el("dl", { class: "figures" },
    tile("conversations", figure(conversations)),
    tile("contained", figure(sum("contained")), ofAll("contained")),
    tile("handed-off", figure(sum("handed_off")), ofAll("handed_off")),
    tile("abstained", figure(sum("abstained"))),
    tile("wait", report.median_wait_s === null ? "–" : duration(report.median_wait_s),
      report.long_wait_s === null ? ""
        : t("insights.long-wait", { wait: duration(report.long_wait_s) })),
    tile("satisfaction", report.satisfaction === null ? "–"
      : report.satisfaction.toLocaleString(document.documentElement.lang,
        { maximumFractionDigits: 1 }), t("insights.of-five", {
      count: figure(Object.values(report.scores).reduce((a, b) => a + b, 0)) })),
    tile("helpful", figure(sum("helpful")), share("insights.share-feedback", sum("helpful"), rated)),
    tile("not-helpful", figure(sum("not_helpful")),
      share("insights.share-feedback", sum("not_helpful"), rated)));
}

function cards({ report, top_articles }) {
  const reasons = Object.entries(report.reasons).sort(([, a], [, b]) => b - a);
  return [
    card("reasons", bars(reasons.map(([code, count]) => [label("reason", code), count]))),
    card("scores", bars([5, 4, 3, 2, 1].map((score) => [String(score), report.scores[score]]))),
    card("articles", bars(top_articles
      .map(({ slug, count }) => [topicLabel(`faq/${slug}`), count]))),
    card("failing", bars(report.failing_articles.map(({ slug, shown, not_helpful }) => [
      topicLabel(`faq/${slug}`), not_helpful,
      t("insights.of-shown", { count: figure(not_helpful), shown: figure(shown) }),
    ]))),
    report.comments.length ? card("comments", comments(report.comments), "wide") : null,
  ];
}

function tile(name, value, note = "") {
  return el("div", { class: "card" },
    el("dt", {}, t(`insights.${name}`)),
    el("dd", {}, el("b", {}, value), note ? el("small", {}, note) : null));
}

function card(name, content, look = "") {
  return el("section", { class: `card ${look}` }, el("h2", {}, t(`insights.${name}`)), content);
}

/** Rows with a bar each: `[name, count, note?]`. */
function bars(rows) {
  const most = Math.max(0, ...rows.map(([, count]) => count));
  if (!most) return el("p", { class: "faint" }, t("insights.nothing"));
  return el("table", { class: "bars" }, el("tbody", {}, rows.map(([name, count, note]) =>
    el("tr", {},
      el("th", { scope: "row" }, name),
      el("td", {}, el("meter", { min: 0, max: most, value: count, "aria-hidden": "true" })),
      el("td", { class: "number" }, note ?? figure(count))))));
}

function comments(found) {
  return el("ul", { class: "questions", tabindex: 0, "aria-label": t("insights.comments") }, found.map(({ score, comment, rated_at }) =>
    el("li", {},
      el("span", { class: "badge" }, score === null ? "–" : `${score}/5`),
      el("span", {}, comment),
      rated_at ? timeNode(rated_at, dateAndTime) : null)));
}
