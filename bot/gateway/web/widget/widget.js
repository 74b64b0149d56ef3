// The one script a page loads: <script src="…/widget.js" data-language="fr" defer></script>.
// Defines <helpdesk-widget>, adds one to the page if there is none, and offers
// window.HelpdeskWidget at once; calls made before the parts have loaded wait for them.
// A classic script, so that it knows its own address and hence its siblings' and the API's.

(() => {
  "use strict";

  if (window.HelpdeskWidget) return; // the page loaded the script twice

  // Filled in by the gateway: {version, parts: {file name: integrity}}.
  const manifest = /* manifest */ null;

  const script = document.currentScript ?? document.querySelector('script[src*="widget.js"]');
  // The gateway's own address, whether the page asks for the newest script or for a pinned one.
  const home = new URL(script.src.replace(/(widget\/[^/]+\/)?widget\.js.*$/, ""));
  const file = (name) => new URL(`widget/${manifest.version}/${name}`, home).href;

  const listeners = new EventTarget();
  const emit = (name, detail) => listeners.dispatchEvent(new CustomEvent(name, { detail }));

  let announceReady;
  const ready = new Promise((resolve) => { announceReady = resolve; });

  function language() {
    const asked = script.dataset.language ?? document.documentElement.lang;
    return asked.toLowerCase().startsWith("en") ? "en" : "fr";
  }

  /** Loads one part, of which the browser checks that it is what this script was served with. */
  function load(rel, name, root) {
    const link = document.createElement("link");
    Object.assign(link, {
      rel, href: file(name), integrity: manifest.parts[name], crossOrigin: "anonymous",
    });
    return new Promise((resolve, reject) => {
      link.onload = resolve;
      link.onerror = () => {
        link.remove();
        reject(new Error(`helpdesk widget: ${name} could not be loaded`));
      };
      root.append(link);
    });
  }

  /** These modules side by side, each checked before the first of them runs. */
  async function loadModules(names) {
    if (!document.createElement("link").relList.supports("modulepreload")) return;
    await Promise.all(names.map((name) => load("modulepreload", name, document.head)));
  }

  const AT_FIRST = ["launcher.js", "dom.js", "labels.js"];
  const LATER = Object.keys(manifest.parts)
    .filter((name) => name.endsWith(".js") && !AT_FIRST.includes(name));
  const AGAIN_MS = 5_000;
  const MOST_IDLE_MS = 2_000; // a page that never rests gets the rest of the widget all the same

  /** What `attempt` gives in the end; `onFailure` is called each time that it could not be had. */
  async function persist(attempt, onFailure = () => {}) {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        console.error(error);
        onFailure();
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      }
    }
  }

  class HelpdeskWidgetElement extends HTMLElement {
    #launcher;
    #session;
    #view;
    #whole = null; // promise of session and view
    #opening = null; // promise of the panel that the button was pressed for

    async connectedCallback() {
      if (this.shadowRoot) return; // moved within the page
      const root = this.attachShadow({ mode: "open" });
      const { Launcher } = await persist(async () => {
        await Promise.all([loadModules(AT_FIRST), load("stylesheet", "widget.css", root)]);
        return import(file("launcher.js"));
      });
      this.#launcher = new Launcher(() => this.#openInTheEnd());
      this.#launcher.render({ language: language(), unread: 0 });
      root.append(this.#launcher.node, this.#launcher.news);
      announceReady(this);
      const soon = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 200));
      soon(() => this.whole().catch(() => {}), { timeout: MOST_IDLE_MS });
    }

    // Whoever has pressed the button gets the panel, as soon as it can be had.
    #openInTheEnd() {
      const tell = (trouble) => {
        this.#launcher.render({ language: language(), unread: 0, trouble });
      };
      if (!this.#view) tell("opening");
      this.#opening ??= persist(() => this.open(), () => tell("out"))
        .finally(() => { this.#opening = null; });
    }

    /** Everything but the launcher, loaded once; a failed attempt is made again at the next call. */
    whole() {
      this.#whole ??= this.#build().catch((error) => {
        this.#whole = null;
        throw error;
      });
      return this.#whole;
    }

    async #build() {
      await loadModules(LATER);
      const [{ Session }, { View }, { takePulse }, { downloadTranscript }] = await Promise.all([
        import(file("session.js")), import(file("view.js")), import(file("pulse.js")),
        import(file("download.js")),
      ]);
      const session = new Session({
        home,
        language: language(),
        // Without query or fragment: a clinic's addresses may carry a patient there.
        pageUrl: location.origin + location.pathname,
        emit,
      });
      const view = new View(this.shadowRoot, this.#launcher, {
        home,
        open: () => this.open(),
        close: () => this.close(),
        send: (text) => session.send({ text }),
        draft: (text) => session.keepDraft(text),
        press: (entry, button) => session.press(entry, button),
        edit: (entry, text) => session.edit(entry, text),
        upload: (entry, files, onProgress) => session.upload(entry, files, onProgress),
        retry: (entry) => session.retry(entry),
        rate: (entry, vote) => session.rate(entry, vote),
        switchLanguage: () => session.switchLanguage(),
        restart: () => session.restart(),
        erase: () => session.erase(),
        download: () => downloadTranscript(session.snapshot()),
      });
      this.#session = session;
      this.#view = view;
      session.onChange = () => view.render(session.snapshot());
      session.onChange();
      session.resume();
      takePulse({
        wake: () => session.wake(),
        look: () => session.look(),
        rest: () => session.rest(),
        back: () => session.recheckIdentity().then(() => session.wake()),
        offline: (isOffline) => session.setOffline(isOffline),
      });
    }

    /** Opens the panel, starts the conversation if need be; `text` is put in the box, not sent. */
    async open({ text } = {}) {
      await this.whole();
      const wasOpen = this.#session.isOpen;
      this.#session.isOpen = true;
      if (text !== undefined) this.#session.keepDraft(text);
      this.#session.markRead();
      this.#view.open();
      this.#session.start();
      if (!wasOpen) emit("open");
    }

    close() {
      if (!this.#session?.isOpen) return;
      this.#session.isOpen = false;
      this.#view.close();
      emit("close");
    }

    async identify(getToken) {
      await this.whole();
      return this.#session.identify(getToken);
    }

    async signOut() {
      await this.whole();
      this.#session.signOut();
    }
  }

  customElements.define("helpdesk-widget", HelpdeskWidgetElement);

  window.HelpdeskWidget = Object.freeze({
    /** Says who is signed in; `getToken` is called again whenever a fresh JWT is needed. */
    identify: (getToken) => ready.then((widget) => widget.identify(getToken)),
    /** Forgets the person and the conversation; call it when the page signs its visitor out. */
    signOut: () => {
      // At once, for the parts may never come: what a tab keeps stands under the name in store.js,
      // and other tabs listen as tabs.js has it.
      try {
        sessionStorage.removeItem("helpdesk-widget");
      } catch {
        // forbidden: nothing was kept
      }
      const others = new BroadcastChannel("helpdesk-widget");
      others.postMessage({ type: "person", tag: "" });
      others.close();
      return ready.then((widget) => widget.signOut());
    },
    open: (options) => ready.then((widget) => widget.open(options)),
    close: () => ready.then((widget) => widget.close()),
    /**
     * Listens to "open", "close", "message" (the message), "state" (the new state) or
     * "identity-refused"; `options` are those of addEventListener, so a `signal` ends it.
     */
    on(name, listener, options) {
      listeners.addEventListener(name, (event) => listener(event.detail), options);
    },
  });

  // In a frame of a stranger's page, clicks may be meant for something else than they seem.
  function isFramedByStrangers() {
    try {
      return window.top.location.origin !== location.origin;
    } catch {
      return true;
    }
  }

  function addToPage() {
    if (isFramedByStrangers() && script.dataset.framed !== "allow") {
      console.warn("helpdesk widget: not shown in the frame of another site; see data-framed");
      return;
    }
    if (!document.querySelector("helpdesk-widget")) {
      document.body.append(document.createElement("helpdesk-widget"));
    }
  }
  if (document.body) addToPage();
  else document.addEventListener("DOMContentLoaded", addToPage);
})();
