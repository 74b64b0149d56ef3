// A sound and a desktop notification when somebody begins to wait or writes to this agent, for those
// who have asked for it. What was written is never shown outside the page.

import { el } from "./dom.js";
import { t } from "./labels.js";

const KEY = "console.alerts";
const BEEP_HZ = 660;
const BEEP_S = 0.18;

let sound = null;

const isOn = () => localStorage.getItem(KEY) === "on";

/** The button that turns alerts on and off. */
export function alertButton() {
  const button = el("button", { type: "button", class: "quiet", id: "alerts", onclick: toggle });

  async function toggle() {
    localStorage.setItem(KEY, isOn() ? "off" : "on");
    if (isOn()) {
      beep();
      if ("Notification" in window && Notification.permission === "default") {
        await Notification.requestPermission();
      }
    }
    draw();
  }

  function draw() {
    button.setAttribute("aria-pressed", String(isOn()));
    button.title = t(isOn() ? "alerts.on" : "alerts.off");
    button.textContent = t("alerts.label");
  }

  draw();
  return button;
}

/**
 * "waiting" (somebody new), "late" (a wait beyond the goal) or "message" (from one's own visitor); on
 * the page in front it is a sound alone.
 */
export function alertOf(kind) {
  if (!isOn()) return;
  beep();
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  if ("Notification" in window && Notification.permission === "granted") {
    // The same kind replaces the one before: a busy morning is no heap of cards.
    new Notification(t("app.title"), { body: t(`alerts.${kind}`), tag: kind });
  }
}

function beep() {
  // Before the page is touched no browser lets it sound, and what was begun then would sound later.
  if (!navigator.userActivation?.hasBeenActive) return;
  sound ??= new AudioContext();
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  tone.frequency.value = BEEP_HZ;
  volume.gain.setValueAtTime(0.12, sound.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + BEEP_S);
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + BEEP_S);
}
