// Counts by day as charts. uPlot (MIT, web/vendor/uplot) draws them; it is fetched when first needed.
// Each chart has its numbers beside it as a table, for whoever does not see lines.

import { el } from "./dom.js";
import { date, figure } from "./format.js";
import { language, t } from "./labels.js";

const HEIGHT = 190;
const CHARTS = [
  { name: "volume", series: [["conversations", "--accent"], ["contained", "--good"],
    ["handed_off", "--warn"]] },
  { name: "answers", series: [["helpful", "--good"], ["not_helpful", "--bad"],
    ["abstained", "--warn"]] },
  { name: "waits", series: [["wait_min", "--accent"]], isSparse: true },
  { name: "satisfied", series: [["satisfaction", "--good"]], isSparse: true, range: [1, 5] },
];

let library = null;
let drawn = [];

/** Draws the charts of `days` into `place`, in the place of those before. */
export async function drawCharts(place, days) {
  library ??= import("../vendor/uplot/uPlot.esm.js");
  const { default: UPlot } = await library;
  for (const { plot, watcher } of drawn) {
    watcher.disconnect();
    plot.destroy();
  }
  const rows = days.map((day) => ({
    ...day, wait_min: day.wait_s === null ? null : Math.round(day.wait_s / 6) / 10,
  }));
  const cards = CHARTS.map((chart) => cardOf(chart, rows));
  place.replaceChildren(...cards.map(({ node }) => node));
  drawn = cards.map(({ chart, canvas }) => {
    const plot = new UPlot(options(UPlot, chart, canvas), data(chart, rows), canvas);
    const watcher = new ResizeObserver(() =>
      plot.setSize({ width: canvas.clientWidth, height: HEIGHT }));
    watcher.observe(canvas);
    return { plot, watcher };
  });
}

function cardOf(chart, rows) {
  const canvas = el("div", { class: "chart", "aria-hidden": "true" });
  const title = t(`chart.${chart.name}`);
  return {
    chart,
    canvas,
    node: el("section", { class: "card" }, el("h2", {}, title),
      el("ul", { class: "legend", "aria-hidden": "true" }, chart.series.map(([name, color]) =>
        el("li", { class: `key${color}` }, t(`chart.${name}`)))),
      canvas,
      el("details", {}, el("summary", {}, t("chart.numbers")), table(chart, rows))),
  };
}

function table({ series }, rows) {
  const filled = rows.filter((row) => series.some(([name]) => row[name]));
  return el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("chart.day")),
      series.map(([name]) => el("th", { scope: "col", class: "number" }, t(`chart.${name}`))))),
    el("tbody", {}, filled.map((row) => el("tr", {}, el("th", { scope: "row" }, date(row.day)),
      series.map(([name]) => el("td", { class: "number" },
        row[name] === null ? "–" : figure(row[name])))))));
}

function data({ series }, rows) {
  const days = rows.map(({ day }) => Date.parse(`${day}T12:00:00`) / 1000);
  return [days, ...series.map(([name]) => rows.map((row) => row[name]))];
}

function options(UPlot, { series, isSparse, range }, canvas) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const dayName = new Intl.DateTimeFormat(`${language()}-CA`, { day: "numeric", month: "short" });
  const axis = {
    stroke: color("--muted"), font: "12px system-ui, sans-serif",
    grid: { stroke: color("--line"), width: 1 }, ticks: { show: false },
  };
  return {
    width: canvas.clientWidth || 400,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => range ?? [0, Math.max(4, high * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 60, size: 30,
        values: (_, moments) => moments.map((moment) => dayName.format(moment * 1000)) },
      { ...axis, size: 42, incrs: range ? [1] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        values: (_, numbers) => numbers.map(figure) },
    ],
    series: [{}, ...series.map(([name, variable], number) => ({
      label: t(`chart.${name}`),
      stroke: color(variable),
      fill: number || isSparse ? undefined : `${color(variable)}22`,
      width: 2,
      spanGaps: false,
      points: { show: Boolean(isSparse), size: 6, fill: color(variable) },
      paths: isSparse ? undefined : UPlot.paths.linear(),
    }))],
  };
}
