// A knock, a breach or a lost sight that nobody can miss: the bar is the page's own; here are title, icon, notification
// and a sound every five seconds until it is acknowledged. Browsers keep sound off until the first tap.

import { secondsSinceInstant } from "./clock.js";
import { round } from "./rings.js";
import { SOUNDS } from "./sounds.js";
import { notify } from "./notify.js";

const EVERY = 5000;

const icon = document.getElementById("favicon");
const calm = { title: document.title, icon: icon.href };
let audio = null;
let ringing = new Map(); // alarm -> {kind, since, dealing, room}
let timer = null;

/** Reads the alarms that stand on the page. Returns the words of those that are new. */
export function readAlarms() {
  const standing = Array.from(document.querySelectorAll("[data-alarm]"));
  const former = ringing;
  ringing = new Map(standing.map((each) => [each.dataset.alarm, {
    kind: each.dataset.kind,
    since: each.dataset.since,
    dealing: each.hasAttribute("data-dealing"),
    room: each.querySelector("[data-room]").textContent,
  }]));
  const told = Array.from(ringing.values(), (each) => `${each.kind} – ${each.room}`);
  document.title = told.length ? `(!) ${Array.from(new Set(told)).join(", ")}` : calm.title;
  icon.href = told.length ? icon.dataset[worst().toLowerCase()] : calm.icon;
  notify(ringing);
  if (told.length && timer === null) {
    sound();
    timer = setInterval(sound, EVERY);
  } else if (!told.length && timer !== null) {
    clearInterval(timer);
    timer = null;
  } else if (standing.some((each) => !former.has(each.dataset.alarm))) {
    sound(); // a new one does not wait for the turn of those that ring already
  }
  const fresh = standing.filter((each) => !former.has(each.dataset.alarm)).map(words);
  return Array.from(new Set(fresh)); // many lost sights share one sentence
}

function words(alarm) {
  const said = alarm.querySelector(".alarm-words") || alarm.closest("section").querySelector(".alarm-words");
  return said.textContent.replace(/\s+/g, " ").trim();
}

const worst = () => ["BREACH", "KNOCK", "BLIND"].find((kind) => Array.from(ringing.values()).some((each) => each.kind === kind));

/** Whether an alarm stands that nobody has acknowledged. */
export const alarmed = () => ringing.size > 0;

/** Whether an alarm would be heard. */
export const audible = () => audio !== null && audio.state === "running";

/** Asks for sound, which a browser gives after a tap only. */
export async function unlock() {
  if (audio === null) audio = new AudioContext();
  if (audible()) return;
  await audio.resume(); // waits for the tap
  if (alarmed()) sound(); // what stands has been silent until now
}

/** Sounds one of `SOUNDS` once. `after`: in so many seconds. */
export function play(kind, loud = false, after = 0) {
  const root = document.documentElement;
  root.dataset.sounded = String(Number(root.dataset.sounded || 0) + 1);
  root.dataset.sound = `${kind}${loud ? " loud" : ""}`;
  if (audible()) SOUNDS[kind](audio, audio.currentTime + after, loud ? 1 : 0.5);
}

function sound() {
  const alarms = Array.from(ringing.values(), (each) => ({ ...each, age: secondsSinceInstant(each.since) }));
  for (const { kind, loud, after } of round(alarms)) play(kind, loud, after);
}
