// Counts by day as charts. uPlot (MIT, web/vendor/uplot) draws them; it is fetched when first needed.
// Where the pointer is, the legend tells the numbers of that day; for whoever does not see lines, each
// chart has them beside it as a table.

import { el, redraw } from "./dom.js";
import { date, figure } from "./format.js";
import { language, t } from "./labels.js";

const HEIGHT = 190;
const DASHED = [5, 4];
// The third line of a chart is dashed: its colour alone would not tell it from the others.
const CHARTS = [
  { name: "volume", series: [["conversations", "--accent"], ["contained", "--good"],
    ["handed_off", "--warn", DASHED]] },
  { name: "answers", series: [["helpful", "--good"], ["not_helpful", "--bad"],
    ["abstained", "--warn", DASHED]] },
  { name: "waits", series: [["wait_min", "--accent"]], isSparse: true },
  { name: "satisfied", series: [["satisfaction", "--good"]], isSparse: true, range: [1, 5] },
];

let library = null;

export function chartsView() {
  const cards = CHARTS.map(cardOf);
  let isClosed = false;
  return {
    node: el("div", { class: "charts" }, cards.map(({ node }) => node)),
    /** Draws what the server counts by day; charts that are there already only change. */
    async show(days) {
      library ??= import("../vendor/uplot/uPlot.esm.js");
      const { default: UPlot } = await library;
      if (isClosed) return;
      const rows = days.map((day) => ({
        ...day, wait_min: day.wait_s === null ? null : Math.round(day.wait_s / 6) / 10,
      }));
      for (const card of cards) card.show(UPlot, rows);
    },
    /** Takes off what the charts listen for on the window, which would keep them alive. */
    close() {
      isClosed = true;
      for (const card of cards) card.close();
    },
  };
}

function cardOf(chart) {
  let plot = null;
  let rows = [];
  let ink = "";
  const pointed = el("li", { class: "pointed" });
  const values = chart.series.map(() => el("b"));
  const canvas = el("div", { class: "chart", "aria-hidden": "true" });
  const numbers = el("div");
  const node = el("section", { class: "card", id: `chart-${chart.name}` },
    el("h2", {}, t(`chart.${chart.name}`)),
    el("ul", { class: "legend", "aria-hidden": "true" },
      chart.series.map(([name, color, dash], number) =>
        el("li", { class: `key${color} ${dash ? "dashed" : ""}` }, t(`chart.${name}`), " ",
          values[number])), pointed),
    canvas,
    el("details", {}, el("summary", {}, t("chart.numbers")), numbers));
  new ResizeObserver(() => plot?.setSize({ width: canvas.clientWidth, height: HEIGHT }))
    .observe(canvas);

  /** The numbers of the day that is pointed at; of none, nothing. */
  function tell(at) {
    const row = rows[at];
    pointed.textContent = row ? date(row.day) : "";
    chart.series.forEach(([name], number) => {
      values[number].textContent = row ? figureOf(row[name]) : "";
    });
  }

  return {
    node,
    show(UPlot, counted) {
      rows = counted;
      redraw(numbers, table(chart, rows));
      if (plot && ink === colorOf("--text")) {
        plot.setData(data(chart, rows));
        return;
      }
      // The first time, and when day has become night.
      plot?.destroy();
      ink = colorOf("--text");
      const hooks = { setCursor: [({ cursor }) => tell(cursor.idx)] };
      plot = new UPlot({ ...options(UPlot, chart, canvas), hooks }, data(chart, rows), canvas);
    },
    close() {
      plot?.destroy();
      plot = null;
    },
  };
}

function table({ series }, rows) {
  const filled = rows.filter((row) => series.some(([name]) => row[name]));
  return el("table", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("chart.day")),
      series.map(([name]) => el("th", { scope: "col", class: "number" }, t(`chart.${name}`))))),
    el("tbody", {}, filled.map((row) => el("tr", {}, el("th", { scope: "row" }, date(row.day)),
      series.map(([name]) => el("td", { class: "number" }, figureOf(row[name])))))));
}

const figureOf = (value) => (value === null ? "–" : figure(value));

function data({ series }, rows) {
  const days = rows.map(({ day }) => Date.parse(`${day}T12:00:00`) / 1000);
  return [days, ...series.map(([name]) => rows.map((row) => row[name]))];
}

const colorOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(UPlot, { series, isSparse, range }, canvas) {
  const dayName = new Intl.DateTimeFormat(`${language()}-CA`, { day: "numeric", month: "short" });
  const axis = {
    stroke: colorOf("--muted"), font: "12px system-ui, sans-serif",
    grid: { stroke: colorOf("--line"), width: 1 }, ticks: { show: false },
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
    series: [{}, ...series.map(([name, variable, dash], number) => ({
      label: t(`chart.${name}`),
      stroke: colorOf(variable),
      fill: number || isSparse ? undefined : `${colorOf(variable)}22`,
      width: 2,
      dash,
      spanGaps: false,
      points: { show: Boolean(isSparse), size: 6, fill: colorOf(variable) },
      paths: isSparse ? undefined : UPlot.paths.linear(),
    }))],
  };
}
