// Who is asking: radio buttons for the demo's ready-signed visitors, and for nobody in particular.
// Plays the part of a vendor's site that tells the widget who is signed in, on every page load.

const REMEMBERED = "demo-identity";
const ANONYMOUS = "";

const WORDS = {
  fr: {
    anonymous: ["Anonyme", "Sans compte"],
    site: "site",
    now: (who) => `Vous écrivez maintenant sous cette identité\u00a0: ${who}.`,
    none: "Les comptes de démonstration ne sont pas offerts ici\u00a0: vous écrivez sans compte.",
    linked: "Compte lié au DMÉ",
    unlinked_subscribed: "Avec licence, compte non lié",
    unlinked_unsubscribed: "Sans licence, compte non lié",
    no_subscription_site: "Site sans licence",
    delegate: "Déléguée clinique",
    non_admin: "Sans accès administrateur",
    admin: "Administratrice du site",
  },
  en: {
    anonymous: ["Anonymous", "No account"],
    site: "site",
    now: (who) => `You are now writing as: ${who}.`,
    none: "The demo accounts are not available here: you are writing without an account.",
    linked: "Account linked to the EMR",
    unlinked_subscribed: "Licensed, account not linked",
    unlinked_unsubscribed: "Not licensed, account not linked",
    no_subscription_site: "Site without a licence",
    delegate: "Clinical delegate",
    non_admin: "Without admin access",
    admin: "Site admin",
  },
};

export async function showIdentities({ form, news, language }) {
  const words = WORDS[language];
  const identities = await fetchIdentities().catch(() => []);
  if (identities.length === 0) {
    news.textContent = words.none;
    return;
  }
  const people = [
    { name: ANONYMOUS, label: words.anonymous[0], detail: words.anonymous[1] },
    ...identities.map((identity) => describe(identity, words)),
  ];
  const before = sessionStorage.getItem(REMEMBERED) ?? ANONYMOUS;
  const chosen = people.some(({ name }) => name === before) ? before : ANONYMOUS;
  for (const person of people) form.append(choice(person, person.name === chosen));

  form.addEventListener("change", async ({ target }) => {
    const person = people.find(({ name }) => name === target.value);
    sessionStorage.setItem(REMEMBERED, person.name);
    await tellWidget(person.name);
    news.textContent = words.now([person.label, person.detail].filter(Boolean).join(", "));
  });
  if (chosen !== ANONYMOUS) await tellWidget(chosen);
}

/** Says on a page without the choice who was chosen before. */
export async function tellWhoIsAsking() {
  const chosen = sessionStorage.getItem(REMEMBERED) ?? ANONYMOUS;
  if (chosen !== ANONYMOUS) await tellWidget(chosen);
}

function tellWidget(name) {
  if (name === ANONYMOUS) return window.HelpdeskWidget.signOut();
  // Asked for anew each time: the tokens live for minutes only.
  return window.HelpdeskWidget.identify(async () => {
    const identities = await fetchIdentities();
    return identities.find((one) => one.name === name).identity;
  });
}

async function fetchIdentities() {
  const response = await fetch("/api/v1/demo/identities", { cache: "no-store" });
  if (!response.ok) throw new Error(`demo identities: ${response.status}`);
  return (await response.json()).identities;
}

function describe({ name, identity, description }, words) {
  const { name: person, site_number: site } = claims(identity);
  return {
    name,
    label: words[name] ?? description ?? name,
    detail: [person, site && `${words.site} ${site}`].filter(Boolean).join(" · "),
  };
}

function claims(jwt) {
  const base64 = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function choice({ name, label, detail }, isChosen) {
  const radio = Object.assign(document.createElement("input"), {
    type: "radio", name: "identity", value: name, checked: isChosen,
  });
  const text = document.createElement("span");
  text.append(
    Object.assign(document.createElement("b"), { textContent: label }),
    Object.assign(document.createElement("small"), { textContent: detail }),
  );
  const node = document.createElement("label");
  node.append(radio, text);
  return node;
}
