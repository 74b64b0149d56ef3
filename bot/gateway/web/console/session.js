// Who is signed in: restoring a session on reload, the sign-in page, signing out.

import { ApiError, get, post, remove, setCsrfToken } from "./api.js";
import { el } from "./dom.js";
import { setWaitGoal } from "./format.js";
import { otherLanguage, t } from "./labels.js";

/** The agent whose session this browser holds, or null. */
export async function restore() {
  try {
    return entered(await get("/agent/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function signOut() {
  await remove("/agent/session");
  // The computer may be shared: drafts and read marks go with the session.
  sessionStorage.clear();
}

/** The sign-in page. `onEntered(agent)` is called once; `reason` is shown above the form. */
export function signInPage({ reason, onEntered, onLanguage }) {
  const trouble = el("p", { class: "form-error", role: "alert" }, reason);
  const email = input("email", { type: "email", autocomplete: "username" });
  const password = input("password", { type: "password", autocomplete: "current-password" });
  const submit = el("button", { class: "primary", type: "submit" }, t("sign-in.submit"));
  const demo = el("div", { class: "demo", hidden: true });

  async function enter(credentials) {
    trouble.textContent = "";
    submit.disabled = true;
    try {
      onEntered(entered(await post("/agent/session", credentials)));
    } catch (error) {
      trouble.textContent = error.status === 401 ? t("sign-in.wrong") : error.sentence;
      password.focus();
      password.select();
    } finally {
      submit.disabled = false;
    }
  }

  const form = el("form", {
    onsubmit(event) {
      event.preventDefault();
      enter({ email: email.value.trim(), password: password.value });
    },
  }, field("sign-in.email", email), field("sign-in.password", password), trouble, submit);

  offerDemo(demo, enter);
  return el("main", { class: "sign-in" },
    el("section", { class: "card", "aria-labelledby": "sign-in-title" },
      el("div", { class: "brand" },
        el("img", { src: "/static/console/icon.svg", alt: "", width: 32, height: 32 }),
        el("span", {}, "Ocean ", el("small", {}, t("app.name")))),
      el("h1", { id: "sign-in-title" }, t("sign-in.title")),
      form, demo),
    el("button", { type: "button", class: "quiet", id: "language", lang: otherLanguage(),
      onclick: onLanguage }, t("app.other-language")));
}

/** Fills `place` with one button per demo agent; outside demo mode it stays hidden. */
async function offerDemo(place, enter) {
  const { agents } = await get("/demo/agents").catch(() => ({ agents: [] }));
  if (!agents.length) return;
  place.hidden = false;
  place.append(el("h2", {}, t("sign-in.demo")), ...agents.map(({ name, email, password }) =>
    el("button", { type: "button", onclick: () => enter({ email, password }) },
      t("sign-in.demo-as", { name }))));
}

function entered({ agent, csrf_token, wait_goal_s }) {
  setCsrfToken(csrf_token);
  setWaitGoal(wait_goal_s);
  return agent;
}

function input(name, attributes) {
  return el("input", { id: `sign-in-${name}`, name, required: true, ...attributes });
}

function field(key, control) {
  return el("label", { for: control.id }, t(key), control);
}
