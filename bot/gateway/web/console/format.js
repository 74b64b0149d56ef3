// Times and durations, as they are written in Canada in French and in English.

import { serverNow } from "./api.js";
import { el } from "./dom.js";
import { language, t } from "./labels.js";

const DAY_MS = 86_400_000;

const locale = () => `${language()}-CA`;

export function clockTime(at) {
  return new Date(at).toLocaleTimeString(locale(), { hour: "numeric", minute: "2-digit" });
}

export function day(at) {
  const long = { weekday: "long", day: "numeric", month: "long" };
  return new Date(at).toLocaleDateString(locale(), long);
}

/** A date without a time of day (2025-06-30) is that day everywhere: no time zone may move it. */
export function date(at) {
  const zone = /^\d{4}-\d{2}-\d{2}$/.test(at) ? { timeZone: "UTC" } : {};
  return new Date(at).toLocaleDateString(locale(), { dateStyle: "medium", ...zone });
}

/** A month given as 2026-03. */
export function month(at) {
  const long = { month: "long", year: "numeric", timeZone: "UTC" };
  return new Date(`${at}-01`).toLocaleDateString(locale(), long);
}

export const dateAndTime = (at) => `${date(at)}, ${clockTime(at)}`;

/** The time of day for today, else the date: what fits in a list. */
export function briefly(at) {
  const isToday = new Date(at).toDateString() === new Date(serverNow()).toDateString();
  return isToday ? clockTime(at) : date(at);
}

// Whoever has waited longer than this is shown in red; the server says how long that is.
let waitGoal_ms = Infinity;

export function setWaitGoal(goal_s) {
  waitGoal_ms = goal_s * 1000;
}

/** Whether a wait since then is longer than the team wants any to be. */
export const isLate = (since) => serverNow() - Date.parse(since) > waitGoal_ms;

export const isSameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

export function timeNode(at, write = dateAndTime) {
  return el("time", { datetime: at, title: dateAndTime(at) }, write(at));
}

/** A waiting time that `tickWaits` keeps true. */
export function waitNode(since) {
  return el("time", { class: isLate(since) ? "wait late" : "wait", datetime: since,
    title: dateAndTime(since) }, waited(since));
}

/** Brings every waiting time on the page up to date; called once a second. */
export function tickWaits() {
  for (const node of document.querySelectorAll("time.wait")) {
    const text = waited(node.dateTime);
    if (node.textContent !== text) node.textContent = text;
    node.classList.toggle("late", isLate(node.dateTime));
  }
}

function waited(since) {
  const total_s = Math.max(0, Math.floor((serverNow() - Date.parse(since)) / 1000));
  const minutes = Math.floor(total_s / 60) % 60;
  const [days, hours] = [Math.floor((total_s * 1000) / DAY_MS), Math.floor(total_s / 3600) % 24];
  const two = (number) => String(number).padStart(2, "0");
  if (days) return `${days} ${t("unit.day")} ${hours} h`;
  if (hours) return `${hours} h ${two(minutes)} min`;
  // Thirty clocks that tick by the second are nothing to look at.
  return minutes ? `${minutes} min` : `${total_s} s`;
}

/** A length of time in seconds, as it is said: 45 s, 3 min, 1 h 20. */
export function duration(total_s) {
  if (total_s < 60) return `${Math.round(total_s)} s`;
  const minutes = Math.round(total_s / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

export const percent = (share) =>
  share.toLocaleString(locale(), { style: "percent", maximumFractionDigits: 0 });

export const figure = (number) => number.toLocaleString(locale());

export const money = (cents) =>
  (cents / 100).toLocaleString(locale(), { style: "currency", currency: "CAD" });
