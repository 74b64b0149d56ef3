// The Team tab: one's own password and sessions; for leads, the accounts of all agents.

import { get, patch, post, put, remove } from "./api.js";
import { el, oneAtATime, redraw } from "./dom.js";
import { dateAndTime, timeNode } from "./format.js";
import { codes, label, t } from "./labels.js";
import { clearNotices, tell, warn, warnOf } from "./notices.js";

export function teamView({ agent }) {
  const sessions = el("section", { class: "card", "aria-labelledby": "team-sessions" });
  const accounts = el("section", { class: "card wide", "aria-labelledby": "team-accounts" });
  const node = el("div", { class: "insights team", tabindex: 0, role: "region",
    "aria-label": t("app.team") },
  el("h1", {}, t("app.team")),
  el("div", { class: "tables" }, passwordCard(agent), sessions,
    agent.role === "lead" ? accounts : null));

  const refresh = oneAtATime(async () => {
    try {
      redraw(sessions, ...sessionNodes((await get("/agent/sessions")).sessions, refresh));
      if (agent.role !== "lead") return;
      redraw(accounts, ...accountNodes((await get("/agent/accounts")).accounts, agent, refresh));
    } catch (error) {
      if (error.status !== 401) warnOf(error);
    }
  });

  refresh();
  // Not at every event of the queue: what is being typed into a form here must stay.
  return { node, refresh() {}, open() {}, receive() {}, signal() {}, setCounts() {}, close() {} };
}

function passwordCard(agent) {
  const current = field("password-current", { type: "password", autocomplete: "current-password" });
  const next = field("password-new", { type: "password", autocomplete: "new-password",
    minlength: 12, "aria-describedby": "password-hint" });
  const form = el("form", {
    async onsubmit(event) {
      event.preventDefault();
      clearNotices();
      try {
        await put("/agent/password", { current: current.value, new: next.value });
        form.reset();
        tell(t("team.password-changed"));
      } catch (error) {
        if (error.status === 403) warn(t("team.password-wrong"));
        else if (error.status === 422) warn(t("team.password-weak"));
        else warnOf(error);
      }
    },
  },
  // A password manager wants to know whose password it is.
  el("input", { type: "email", autocomplete: "username", value: agent.email, hidden: true }),
  labelled("team.password-current", current), labelled("team.password-new", next),
  el("p", { id: "password-hint", class: "faint" }, t("team.password-hint")),
  el("button", { type: "submit", class: "primary" }, t("team.password-change")));
  return el("section", { class: "card", "aria-labelledby": "team-password" },
    el("h2", { id: "team-password" }, t("team.password")), form);
}

function sessionNodes(found, refresh) {
  return [
    el("h2", { id: "team-sessions" }, t("team.sessions")),
    el("ul", { class: "sessions" }, found.map(({ started_at, device, is_this }) => el("li", {},
      el("strong", {}, browserName(device)),
      is_this ? el("span", { class: "badge yours" }, t("team.this-session")) : null,
      started_at ? timeNode(started_at, dateAndTime) : null))),
    found.length > 1
      ? el("button", {
        type: "button", id: "team-end-others",
        async onclick() {
          try {
            await remove("/agent/sessions");
            tell(t("team.others-ended"));
          } catch (error) {
            warnOf(error);
          }
          refresh();
        },
      }, t("team.end-others"))
      : null,
  ].filter(Boolean);
}

function accountNodes(found, me, refresh) {
  async function change(id, what) {
    clearNotices();
    try {
      await patch(`/agent/accounts/${encodeURIComponent(id)}`, what);
      tell(t("team.saved"));
    } catch (error) {
      warnOf(error);
    }
    refresh();
  }

  const row = (account) => {
    const { id, name, email, role, is_disabled, seen_at } = account;
    const isMe = id === me.id;
    const choice = el("select", {
      id: `role-${id}`, "aria-label": t("team.role-of", { name }), value: role,
      onchange: () => change(id, { role: choice.value }),
    }, codes("agentRole").map((code) => el("option", { value: code }, label("agentRole", code))));
    choice.disabled = isMe;
    return el("tr", { class: is_disabled ? "disabled" : "" },
      el("th", { scope: "row" }, el("strong", {}, name), el("small", {}, email)),
      el("td", {}, choice),
      el("td", {}, seen_at ? timeNode(seen_at, dateAndTime) : t("team.never-seen")),
      el("td", { class: "actions" },
        el("button", { type: "button", id: `password-${id}`, onclick: () => newPassword(account) },
          t("team.new-password")),
        isMe ? null : el("button", { type: "button", id: `access-${id}`,
          onclick: () => change(id, { is_disabled: !is_disabled }) },
        t(is_disabled ? "team.enable" : "team.disable"))));
  };

  function newPassword({ id, name }) {
    const input = field("account-password", { type: "text", minlength: 12, autocomplete: "off" });
    dialogOf(t("team.new-password-for", { name }), [labelled("team.password-new", input),
      el("p", { class: "faint" }, t("team.tell-password"))],
    async () => {
      await patch(`/agent/accounts/${encodeURIComponent(id)}`, { password: input.value });
      tell(t("team.saved"));
    });
  }

  function addAgent() {
    const name = field("account-name", {});
    const email = field("account-email", { type: "email", autocomplete: "off" });
    const password = field("account-password", { type: "text", minlength: 12, autocomplete: "off" });
    const role = el("select", { id: "account-role" },
      codes("agentRole").map((code) => el("option", { value: code }, label("agentRole", code))));
    dialogOf(t("team.add"), [
      labelled("team.name", name), labelled("team.email", email), labelled("team.role", role),
      labelled("team.password-new", password), el("p", { class: "faint" }, t("team.tell-password")),
    ], async () => {
      await post("/agent/accounts", { name: name.value, email: email.value, role: role.value,
        password: password.value });
      tell(t("team.added", { name: name.value }));
      refresh();
    });
  }

  return [
    el("div", { class: "gaps-head" }, el("h2", { id: "team-accounts" }, t("team.accounts")),
      el("button", { type: "button", id: "team-add", class: "primary", onclick: addAgent },
        t("team.add"))),
    el("table", { class: "accounts" },
      el("thead", {}, el("tr", {},
        ["team.name", "team.role", "team.seen", "team.actions"].map((key) =>
          el("th", { scope: "col" }, t(key))))),
      el("tbody", {}, found.map(row))),
  ];
}

// What of a new account or password can be wrong that the form itself does not see.
const REFUSALS = { 409: "team.email-taken", 422: "team.password-weak" };

/** A form over the page; `save` may fail, and then all that was typed is still there. */
function dialogOf(title, content, save) {
  const trouble = el("p", { class: "form-error", role: "alert" });
  const submit = el("button", { class: "primary" }, t("team.save"));
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    el("form", {
      async onsubmit(event) {
        event.preventDefault();
        submit.disabled = true;
        try {
          await save();
          dialog.close();
        } catch (error) {
          trouble.textContent = REFUSALS[error.status] ? t(REFUSALS[error.status])
            : error.sentence ?? t("error.other");
          submit.disabled = false;
        }
      },
    }, el("h2", { id: "dialog-title" }, title), content, trouble,
    el("div", { class: "dialog-foot" },
      el("button", { type: "button", onclick: () => dialog.close() }, t("app.cancel")),
      submit)));
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input")?.focus();
}

/** The browser and system in what a browser says of itself; all of it says too much. */
function browserName(device) {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(device ?? "")?.[1];
  const system = /(Windows|Macintosh|Android|iPhone|iPad|Linux)/.exec(device ?? "")?.[1];
  const names = { Edg: "Edge", OPR: "Opera", Macintosh: "macOS" };
  return [browser, system].filter(Boolean).map((name) => names[name] ?? name).join(", ")
    || t("team.unknown-device");
}

const field = (id, attributes) => el("input", { id, required: true, ...attributes });

function labelled(key, control) {
  return el("label", { for: control.id }, t(key), control);
}
