// The live panel. vmrd sends views; a changed view means: fetch this page's live part again and make the page like it.
// Everything also works without this script, by plain forms and reloading. ES2019; Chrome 87 or newer.

import { alarmed, audible, play, readAlarms, unlock } from "./alarm.js";
import { businessAt, readPage, ticks, wallTime } from "./clock.js";
import { listenToHelp, showHelp } from "./help.js";
import { holding, listenToHolds } from "./hold.js";
import { listenToRest, restIfDue } from "./idle.js";
import { asked, keysOn, target } from "./keys.js";
import { nextDark, paint, take, viewOf } from "./light.js";
import { morph } from "./morph.js";
import { arrived } from "./rings.js";

const LOST_AFTER = 5000;
const SILENCE = 2000; // a quiet line is asked whether it still holds
const LOOK_ANYWAY = 15000; // a change we were not told of shows by then
const SIGNED_OUT = 4401; // the code a socket is closed with when its sign-in has ended
const STORE_AWAY = 1013; // and when vmrd has lost its database
const PRESS = 1000; // a finger that never seems to come up again counts as up
const HELD = 2500; // and so does one on a button that takes a hold
const ANSWER_WITHIN = 2500;
const SETTLE = 1000; // a button that has just moved takes no press for so long
const LEAVES_WITHIN = 5000;
const REVEALED_FOR = 10000;
const SAID_FOR = 20000; // who reads through the page must not come upon an alarm that is over

const live = document.getElementById("live");
const byId = (id) => document.getElementById(id);
const wording = byId("words").dataset;
let proved = ticks(); // when vmrd last answered
let storeAway = false; // vmrd has said that it has lost its database
let socket = null;
let heard = ticks(); // when the socket last said anything
let looked = 0; // when the page was last fetched
let pressedAt = -PRESS; // when a finger or mouse button came down that is still down
let wanted = false; // the page must be fetched again
let fetching = false;
let darkTimer = null;
let said = null; // what vmrd was told of our sound
let urgent = []; // to be said at once, when all of it is known
let leavingUntil = 0; // the browser itself carries out a form

document.documentElement.classList.add("script");
readPage(byId("wall-clock").dataset.now, Number(byId("wall-clock").dataset.rate), 0);

/** To the sign-in form, which comes back to this screen; unless this page's own form is just leading there. */
function signedOut() {
  if (ticks() > leavingUntil) location.reload();
}

const pressing = () => ticks() - pressedAt < (holding() ? HELD : PRESS);
const ready = (button) => Number(button.dataset.settled || 0) <= ticks();
const lineHolds = () => !storeAway && ticks() - proved < LOST_AFTER;

function proof() {
  storeAway = false;
  proved = ticks();
  repaint();
}

function repaint() {
  sayNow(paint(lineHolds()));
  const left = nextDark();
  clearTimeout(darkTimer);
  if (left !== null) darkTimer = setTimeout(repaint, left + 5); // dark to the moment, not at the next tick
}

// The line

function connect() {
  const address = new URL("/v1/live", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(address.href);
  heard = ticks();
  said = null;
  socket.addEventListener("open", look);
  socket.addEventListener("message", (event) => {
    heard = ticks();
    if (event.data !== "pong") {
      const view = JSON.parse(event.data);
      if (arrived(viewOf(view.id), view)) play("ARRIVAL");
      const stale = take(view);
      const about = live.dataset.session;
      if (stale === "alarms" || (stale && (!about || about === view.id))) refresh();
    }
    proof();
  });
  socket.addEventListener("close", (event) => {
    socket = null;
    if (event.code === STORE_AWAY) { storeAway = true; look(); }
    if (event.code === SIGNED_OUT) signedOut();
    else setTimeout(connect, 500 + Math.random() * 1500);
  });
}

async function ask(address, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ANSWER_WITHIN);
  try {
    return await fetch(address, { ...options, signal: stop.signal, credentials: "same-origin", cache: "no-store" });
  } finally {
    clearTimeout(timer);
  }
}

/** While there is no socket, views are asked for; a proxy that swallows sockets must not blind the panel. */
async function askForViews() {
  const answer = await ask("/v1/sessions");
  hearOfStore(answer);
  if (answer.ok) (await answer.json()).sessions.forEach(take);
}

/** A proxy that has lost vmrd answers 503 too, and not with a problem of ours. */
function hearOfStore(answer) {
  if (answer.status === 503 && (answer.headers.get("Content-Type") || "").startsWith("application/problem+json")) storeAway = true;
}

async function refresh() {
  wanted = true;
  if (fetching || pressing()) return;
  fetching = true;
  try {
    while (wanted && !pressing()) {
      wanted = false;
      const asked = ticks();
      const answer = await ask(live.dataset.fragment);
      if (answer.status === 401) { signedOut(); return; }
      hearOfStore(answer);
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (pressing()) { wanted = true; break; } // nothing moves, and nothing comes to mean something else, under a finger
      readPage(answer.headers.get("X-Now"), Number(byId("wall-clock").dataset.rate), asked);
      live.lang = answer.headers.get("Content-Language");
      show(text);
      looked = ticks();
      proof();
    }
  } catch (lost) {
    wanted = true; // asked again in a second; the veil says so once it lasts
  } finally {
    fetching = false;
  }
}

// The page

function show(text) {
  const fresh = new DOMParser().parseFromString(`<div id="live">${text}</div>`, "text/html").getElementById("live");
  const buttons = () => new Map(Array.from(live.querySelectorAll(".govuk-button[id]"), (b) => [b, b.getBoundingClientRect()]));
  const before = buttons();
  const focused = document.activeElement;
  for (const { name, value } of Array.from(live.attributes)) fresh.setAttribute(name, value);
  morph(live, fresh);
  repaint(); // before anything is measured: the fresh text knows nothing of the light
  for (const [button, now] of buttons()) settle(button, before.get(button), now);
  keepFocus(focused);
  hear(readAlarms());
  look();
}

/** Whoever works by keyboard stays where they were, or if that is gone, at the top of the page's matter. */
function keepFocus(focused) {
  if (!focused || focused === document.body || focused === document.activeElement) return;
  if (focused.isConnected) focused.focus({ preventScroll: true }); // changing places took it
  else byId("main").focus();
}

/** A button that came or moved under a finger already on its way must not take its press. */
function settle(button, then, now) {
  if (then && Math.abs(then.top - now.top) < 4 && Math.abs(then.left - now.left) < 4) return;
  button.classList.add("settling");
  button.dataset.settled = String(ticks() + SETTLE);
  setTimeout(() => button.classList.remove("settling"), SETTLE);
}

function hear(alarms) {
  sayNow(alarms);
  const light = document.querySelector("#light [data-words]");
  if (light && byId("say-soon").textContent !== light.textContent) byId("say-soon").textContent = light.textContent;
}

/** What interrupts a screen reader: a knock, a breach, a light that was lost. All that happens at once is said together. */
function sayNow(words) {
  if (!words.length) return;
  if (!urgent.length) Promise.resolve().then(speak);
  urgent.push(...words);
}

function speak() {
  const now = byId("say-now");
  const told = urgent.join(". ");
  urgent = [];
  now.textContent = told;
  setTimeout(() => { if (now.textContent === told) now.textContent = ""; }, SAID_FOR);
}

function say(words) {
  byId("said").hidden = !words;
  byId("said-words").textContent = words;
  if (words) byId("said-words").focus();
}

// Presses

document.addEventListener("pointerdown", () => { pressedAt = ticks(); unlock(); });
for (const end of ["pointerup", "pointercancel", "blur"]) {
  window.addEventListener(end, () => { pressedAt = -PRESS; if (wanted) setTimeout(refresh, 0); });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".govuk-button");
  if (button && !ready(button) && event.detail > 0) event.preventDefault();
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !live.contains(form) || form.hasAttribute("data-whole")) { leavingUntil = ticks() + LEAVES_WITHIN; return; }
  event.preventDefault();
  if (form.dataset.sending) return;
  press(form, event.submitter || form.querySelector("button"));
});

listenToHolds(ready, (form) => press(form, null));

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-seen-all]")) return;
  for (const seen of Array.from(event.target.closest(".blind-banner").querySelectorAll("[data-key=seen]"))) seen.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("keydown", (event) => {
  const wanted = keysOn(live.dataset.officer) ? asked(event) : "";
  const meant = wanted ? target(wanted, ready) : null;
  if (!meant) return;
  event.preventDefault();
  if (wanted === "next" || wanted === "before") meant.focus();
  else meant.click();
});

async function press(form, button) {
  const body = new URLSearchParams(new FormData(form));
  form.dataset.sending = "yes";
  if (button) button.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = answer.status === 204 ? {} : await answer.json();
    if (told.revealed) reveal(form, told.revealed);
    if (told.go) { location.assign(told.go); return; }
    say(answer.ok ? "" : told.detail);
  } catch (lost) {
    say(wording.unanswered);
  } finally {
    delete form.dataset.sending;
    if (button) button.removeAttribute("aria-busy");
  }
  refresh();
}

function reveal(form, words) {
  const shown = document.createElement("p");
  shown.className = "revealed";
  shown.setAttribute("data-hold", "");
  shown.setAttribute("role", "status");
  shown.textContent = words;
  form.after(shown);
  setTimeout(() => shown.remove(), REVEALED_FOR);
}

// What the officer must know of the panel itself

byId("sound-on").addEventListener("click", () => unlock().then(() => { play("KNOCK"); look(); }));
listenToHelp();
listenToRest(ticks, unlock);

// A page that slept in a hidden tab or a closed laptop says at once how old it is, before anybody believes it.
document.addEventListener("visibilitychange", wake);
for (const name of ["pageshow", "focus"]) window.addEventListener(name, wake);

function wake() {
  look();
  if (!lineHolds()) refresh();
}

function look() {
  repaint();
  restIfDue(ticks(), alarmed());
  tellSound();
  showHelp();
  const holds = lineHolds();
  document.documentElement.classList.toggle("lost", !holds);
  byId("veil").hidden = holds;
  if (!holds) {
    write("veil-words", (storeAway ? wording.storeAway : wording.notLive).replace("{time}", wallTime(businessAt(proved))));
  }
  byId("line").dataset.line = holds ? "live" : "lost";
  write("line-words", holds ? wording.live : wording.lost);
  byId("sound").dataset.sound = audible() ? "on" : "off";
  write("sound-words", audible() ? wording.sound : wording.silence);
  byId("sound-bar").hidden = audible() || alarmed(); // an alarm takes its very place
}

/** vmrd counts the panels that would be heard. */
function tellSound() {
  const told = audible() ? "sound on" : "sound off";
  if (told === said || socket === null || socket.readyState !== WebSocket.OPEN) return;
  socket.send(told);
  said = told;
  document.documentElement.dataset.toldSound = audible() ? "on" : "off";
}

// Writing what already stands there would wake screen readers for nothing.
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

async function poll() {
  try {
    const open = socket !== null && socket.readyState === WebSocket.OPEN;
    if (open && ticks() - heard > LOST_AFTER) socket.close(); // gone without a word; a new one is made
    else if (open && ticks() - heard > SILENCE) socket.send("ping");
    if (!open) await askForViews();
    if (wanted || !open || ticks() - looked > LOOK_ANYWAY) await refresh();
  } catch (lost) {
    // No answer: the veil says so once it lasts.
  }
  setTimeout(poll, 1000);
}

connect();
hear(readAlarms());
unlock().then(look); // allowed at once where the officer has already tapped another of our pages
setInterval(look, 250);
look();
setTimeout(poll, 1000);
