// The page of sounds and keys: each sound to be heard, each key to be tried, and both to be turned on or off.

import { play, unlock } from "./alarm.js";
import { keysOn, meaning, turnKeys } from "./keys.js";
import { askToNotify, canBeAsked } from "./notify.js";

const byId = (id) => document.getElementById(id);
const officer = () => byId("live").dataset.officer;

/** Once for every page: what the presses of that page do. */
export function listenToHelp() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.play) unlock().then(() => play(button.dataset.play));
    else if (button.id === "notify-on") askToNotify().then(showHelp);
    else if (button.id === "keys-toggle") { turnKeys(officer(), !keysOn(officer())); showHelp(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "keys-try" || event.key === "Tab") return;
    event.preventDefault();
    const wording = byId("keys-said").dataset;
    const [means, number] = (meaning(event.key) || "nothing").split(" ");
    const words = wording.pressed.replace("{key}", event.key).replace("{meaning}", wording[means]);
    byId("keys-said").textContent = words.replace("{number}", number);
  });
}

/** What this browser can do, as it stands now. */
export function showHelp() {
  const notify = byId("notify-on");
  const toggle = byId("keys-toggle");
  if (notify) notify.hidden = !canBeAsked();
  if (!toggle) return;
  const words = keysOn(officer()) ? toggle.dataset.on : toggle.dataset.off;
  toggle.hidden = false;
  if (toggle.textContent !== words) toggle.textContent = words;
}
