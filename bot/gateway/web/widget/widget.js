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
      link.onerror = () => reject(new Error(`helpdesk widget: ${name} could not be loaded`));
      root.append(link);
    });
  }

  /** All modules side by side and checked, before the first of them runs. */
  async function loadModules() {
    if (!document.createElement("link").relList.supports("modulepreload")) return;
    const names = Object.keys(manifest.parts).filter((name) => name.endsWith(".js"));
    await Promise.all(names.map((name) => load("modulepreload", name, document.head)));
  }

  class HelpdeskWidgetElement extends HTMLElement {
    #session;
    #view;

    async connectedCallback() {
      if (this.shadowRoot) return; // moved within the page
      const root = this.attachShadow({ mode: "open" });
      await Promise.all([loadModules(), load("stylesheet", "widget.css", root)]);
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
      const view = new View(root, {
        home,
        open: () => this.open(),
        close: () => this.close(),
        send: (text) => session.send({ text }),
        draft: (text) => session.keepDraft(text),
        press: (entry, button) => session.press(entry, button),
        edit: (entry, text) => session.edit(entry, text),
        upload: (entry, files, onProgress) => session.upload(entry, files, onProgress),
        retry: (entry) => session.retry(entry),
        rate: (entry, helpful) => session.rate(entry, helpful),
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
        rest: () => session.rest(),
        back: () => session.recheckIdentity().then(() => session.wake()),
        offline: (isOffline) => session.setOffline(isOffline),
      });
      announceReady(this);
    }

    /** Opens the panel, starts the conversation if need be; `text` is put in the box, not sent. */
    open({ text } = {}) {
      const wasOpen = this.#session.isOpen;
      this.#session.isOpen = true;
      if (text !== undefined) this.#session.keepDraft(text);
      this.#session.markRead();
      this.#view.open();
      this.#session.start();
      if (!wasOpen) emit("open");
    }

    close() {
      if (!this.#session.isOpen) return;
      this.#session.isOpen = false;
      this.#view.close();
      emit("close");
    }

    identify(getToken) {
      return this.#session.identify(getToken);
    }

    signOut() {
      this.#session.signOut();
    }
  }

  customElements.define("helpdesk-widget", HelpdeskWidgetElement);

  window.HelpdeskWidget = Object.freeze({
    /** Says who is signed in; `getToken` is called again whenever a fresh JWT is needed. */
    identify: (getToken) => ready.then((widget) => widget.identify(getToken)),
    /** Forgets the person and the conversation; call it when the page signs its visitor out. */
    signOut: () => ready.then((widget) => widget.signOut()),
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
