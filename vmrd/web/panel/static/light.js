// The light, lit here and nowhere else: by a view that says secure, for as long as it says, on a clock that never runs
// slow. Nobody has to send anything for it to go dark. Also the clocks that count between views.

import { businessNow, madeAt, secondsSince, secondsSinceInstant, span, ticks, wallTime } from "./clock.js";

const views = new Map(); // session -> {view, made, until}; `until` in ticks, 0 where it is not secure
const burnt = new Set(); // sessions whose light burnt when it was last painted
const LOST = ".gone-dark, .face-dark, .face-blind"; // not a breach, which is an alarm and said as one

/**
 * Takes a session's newest view; an older one than we have is dropped. Returns what of the page it makes stale: "all",
 * "alarms" (those of every room are on every screen) or nothing, when only time and eyes moved on, which paint shows.
 */
export function take(view) {
  const former = views.get(view.id);
  if (former && Date.parse(view.asOf) < Date.parse(former.view.asOf) && view.version <= former.view.version) return "";
  const made = madeAt(view.asOf);
  // Freshness is in real seconds, whatever the business clock's speed.
  const until = view.secure && view.secureUntil ? made + (Date.parse(view.secureUntil) - Date.parse(view.asOf)) : 0;
  views.set(view.id, { view, made, until });
  if (!former || alarms(former.view) !== alarms(view)) return "alarms";
  return kept(former.view) === kept(view) ? "" : "all";
}

const alarms = (view) => JSON.stringify([view.knocks, view.alerts]); // and who is dealing with each
const kept = (view) => `${view.version} ${view.secure} ${view.darkBecause}`;

/** The newest view of a session that came, or undefined. */
export const viewOf = (session) => (views.has(session) ? views.get(session).view : undefined);

/** Milliseconds until the next light goes dark, or null when none burns. */
export function nextDark() {
  const left = Array.from(views.values(), (each) => each.until - ticks()).filter((each) => each > 0);
  return left.length ? Math.min(...left) : null;
}

/**
 * Paints every light and clock on the page as they stand now. `live`: the line to vmrd holds. Returns what is to be said
 * of each light that burnt until now and has been lost.
 */
export function paint(live) {
  const lost = Array.from(document.querySelectorAll("[data-lamp]")).filter((lamp) => paintLamp(lamp, live));
  for (const each of Array.from(document.querySelectorAll("[data-clock]"))) paintClock(each);
  for (const each of Array.from(document.querySelectorAll("[data-evidence]"))) {
    const known = views.get(each.dataset.evidence);
    if (known) setText(each, known.view.evidence);
  }
  for (const each of Array.from(document.querySelectorAll("[data-asked]"))) {
    setText(each, `${Math.max(0, Math.trunc(secondsSinceInstant(each.dataset.asked)))} s`);
  }
  const wall = document.getElementById("wall-clock");
  if (wall) setText(wall, wallTime(businessNow()));
  return lost.map((lamp) => `${lamp.dataset.place}: ${lamp.querySelector("[data-words]").textContent}`);
}

/** Returns whether it was lost. */
function paintLamp(lamp, live) {
  const known = views.get(lamp.dataset.lamp);
  const wanted = lamp.dataset.litWords;
  // The page's own words may be older than the view: both must say secure.
  const burning = Boolean(live && wanted && known && known.view.secure && ticks() < known.until);
  setData(lamp, "burning", burning ? "yes" : "no");
  const faded = Boolean(wanted && known && !burning);
  lamp.classList.toggle("gone-dark", faded);
  const words = lamp.querySelector("[data-words]");
  setText(words, burning ? wanted : faded ? lamp.dataset.fadedWords : lamp.dataset.darkWords);
  const dated = lamp.querySelector("[data-dated]");
  if (dated && faded) setText(dated, dated.dataset.fadedWords);
  const before = burnt.delete(lamp.dataset.lamp);
  if (burning) burnt.add(lamp.dataset.lamp);
  return before && !burning && lamp.matches(LOST);
}

function paintClock(element) {
  const known = views.get(element.dataset.of);
  const told = known ? known.view.clocks[element.dataset.clock] : null;
  if (told === null || told === undefined) return;
  const left = told - secondsSince(known.made);
  const tail = left >= 0 ? element.dataset.ahead : element.dataset.behind;
  setText(element, tail ? `${span(left)} ${tail}` : span(Math.max(left, 0)));
}

// Writing what already stands there would wake screen readers for nothing.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setData(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}
