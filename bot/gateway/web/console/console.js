// The agents' console, served at /console: who is signed in, which tab is shown, what is live.
// The address after # says where one is (#/conversations/<id>, #/tickets/<reference>, #/insights),
// so that the browser's back button, a reload and a copied link all work.

import { alertButton, alertOf } from "./alerts.js";
import { get, session } from "./api.js";
import { conversationsView } from "./conversations.js";
import { afterPause, el, oneAtATime } from "./dom.js";
import { isLate, tickWaits } from "./format.js";
import { insightsView } from "./insights.js";
import { keysButton } from "./keys.js";
import { language, otherLanguage, switchLanguage, t } from "./labels.js";
import { follow } from "./live.js";
import { clearNotices, warnOf } from "./notices.js";
import { restore, signInPage, signOut } from "./session.js";
import { teamView } from "./team.js";
import { ticketsView } from "./tickets.js";
import { isUnread, markRead, markUnread } from "./unread.js";

const TABS = {
  conversations: conversationsView, tickets: ticketsView, insights: insightsView, team: teamView,
};
const COUNTED_ROWS = 200;
// One action of one agent can make several queue events at once.
const BURST_MS = 200;
const NOTHING = { waiting: "", unread: 0, late: 0 };

const app = document.getElementById("app");

let agent = null;
let tab = null;
let view = null;
let main = null;
let liveState = "connecting";
let counts = NOTHING;
// Who was waiting when last looked, so that only who is new makes a sound; null before the first.
let known = null;
let stopFollowing = () => {};

async function start() {
  showLanguage();
  try {
    agent = await restore();
  } catch (error) {
    app.replaceChildren(el("main", { class: "sign-in" }, el("section", { class: "card" },
      el("p", {}, error.sentence ?? t("error.other")),
      el("button", { type: "button", class: "primary", onclick: start }, t("app.retry")))));
    return;
  }
  if (agent) enter(agent);
  else showSignIn();
}

function showSignIn(reason = "") {
  app.replaceChildren(signInPage({
    reason,
    onEntered: enter,
    onLanguage() {
      changeLanguage();
      showSignIn(reason && t("sign-in.ended"));
    },
  }));
  document.getElementById("sign-in-email").focus();
}

function enter(who) {
  agent = who;
  clearNotices();
  liveState = "connecting";
  showConsole();
  stopFollowing = follow({
    status: showLive,
    queue: refreshSoon,
    missed: refreshSoon,
    visitor(conversation, signal) {
      view.signal(conversation, signal);
    },
    message(conversation, message) {
      if (message.author === "visitor") {
        markUnread(conversation);
        alertOf("message");
      }
      view.receive(conversation, message);
      refreshSoon();
    },
  });
  refreshCounts();
}

function leave(reason) {
  if (!agent) return;
  agent = null;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  stopFollowing();
  view.close();
  view = tab = null;
  counts = NOTHING;
  known = null;
  showTitle();
  clearNotices();
  showSignIn(reason);
}

function showConsole() {
  main = el("main", { id: "main", tabindex: -1 });
  app.replaceChildren(
    el("a", { class: "skip", href: "#main", onclick: skip }, t("app.skip")),
    headNode(),
    el("p", { id: "offline", role: "alert", hidden: true }),
    main);
  view?.close();
  view = tab = null;
  route();
  showLive(liveState);
  showCounts();
}

function headNode() {
  return el("header", { class: "top" },
    el("span", { class: "brand" },
      el("img", { src: "/static/console/icon.svg", alt: "", width: 28, height: 28 }),
      el("span", {}, "Ocean ", el("small", {}, t("app.name")))),
    el("nav", { "aria-label": t("app.tabs") }, Object.keys(TABS).map((name) =>
      el("a", { id: `tab-${name}`, href: `#/${name}` }, t(`app.${name}`)))),
    el("span", { id: "live", role: "status" }),
    el("button", { type: "button", class: "quiet", id: "language", lang: otherLanguage(),
      onclick() {
        changeLanguage();
        showConsole();
        document.getElementById("language").focus();
      } }, t("app.other-language")),
    alertButton(),
    keysButton(),
    el("span", { class: "me", title: agent.email }, agent.name),
    el("button", { type: "button", class: "quiet", id: "sign-out", onclick: signOutNow },
      t("app.sign-out")));
}

function route() {
  if (!agent) return;
  const [, name, id = ""] = location.hash.split("/").map(decode);
  const wanted = Object.hasOwn(TABS, name ?? "") ? name : "conversations";
  if (wanted !== tab) {
    view?.close();
    tab = wanted;
    view = TABS[tab]({ agent, onChange: refreshCounts });
    main.replaceChildren(view.node);
    view.setCounts(counts);
    for (const other of Object.keys(TABS)) {
      const link = document.getElementById(`tab-${other}`);
      if (other === tab) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  view.open(id || null);
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a hand-typed address with a lone %
  }
}

function skip(event) {
  // Following the link would change the address, which says where one is.
  event.preventDefault();
  main.focus();
}

const refreshCounts = oneAtATime(async () => {
  const ask = (state) => get("/agent/conversations", { state, limit: COUNTED_ROWS });
  try {
    const [waiting, taken] = await Promise.all([ask("waiting"), ask("agent")]);
    if (!agent) return;
    // Whatever list is shown beside it, the conversation on screen is read.
    markRead(taken.conversations);
    if (known && waiting.conversations.some(({ id }) => !known.has(id))) alertOf("waiting");
    known = new Set(waiting.conversations.map(({ id }) => id));
    const late = waiting.conversations.filter((row) => isLate(row.waiting_since)).length;
    // Told once for each time that the goal is missed, not for each look at the queue.
    if (late > counts.late) alertOf("late");
    counts = {
      late,
      waiting: `${waiting.conversations.length || ""}${waiting.next ? "+" : ""}`,
      unread: taken.conversations.filter((row) => isUnread(row, agent)).length,
    };
    showCounts();
  } catch {
    // The list beside them tells of the trouble; the counts just stay as they were.
  }
});

const refreshSoon = afterPause(BURST_MS, () => {
  if (!agent) return;
  view.refresh();
  refreshCounts();
});

function showCounts() {
  view.setCounts(counts);
  document.getElementById("tab-conversations").replaceChildren(t("app.conversations"),
    counts.waiting ? el("b", { class: `count waiting ${counts.late ? "late" : ""}` }, counts.waiting,
      el("span", { class: "unseen" }, ` ${t("queue.waiting")}`)) : "");
  showTitle();
}

function showTitle() {
  const marks = [counts.waiting, counts.unread ? "●" : ""].filter(Boolean).join(" ");
  document.title = marks ? `(${marks}) ${t("app.title")}` : t("app.title");
}

function showLive(state) {
  liveState = state;
  if (!agent) return;
  const live = document.getElementById("live");
  live.className = state;
  live.textContent = t(`live.${state}`);
  const banner = document.getElementById("offline");
  banner.hidden = state !== "offline";
  banner.replaceChildren(...(state === "offline"
    ? [el("strong", {}, t("live.offline")), " ", t("live.explain")] : []));
}

function showLanguage() {
  document.documentElement.lang = language();
  showTitle();
}

function changeLanguage() {
  switchLanguage();
  clearNotices();
  showLanguage();
}

async function signOutNow() {
  try {
    await signOut();
    leave("");
  } catch (error) {
    warnOf(error);
  }
}

session.addEventListener("ended", () => leave(t("sign-in.ended")));
window.addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
  // A computer that slept may have missed events without the stream's having noticed.
  if (document.visibilityState === "visible") refreshSoon();
});
setInterval(tickWaits, 1_000);
start();
