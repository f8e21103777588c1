// A knock or breach that nobody can miss: red bar (the page's own), title, icon, and a sound every five seconds until it
// is acknowledged. Browsers keep sound off until the first tap, so while it is off a bar says so.

const EVERY = 5000;
const LOUDER_AFTER = 30000;

const icon = document.getElementById("favicon");
const calm = { title: document.title, icon: icon.href };
let audio = null;
let ringing = new Map(); // alarm -> {kind, since}
let timer = null;

/** Reads the alarms that stand on the page. Returns the words of those that are new. */
export function readAlarms() {
  const standing = Array.from(document.querySelectorAll("[data-alarm]"));
  const former = ringing;
  ringing = new Map(standing.map((each) => [each.dataset.alarm, {
    kind: each.dataset.kind,
    since: former.has(each.dataset.alarm) ? former.get(each.dataset.alarm).since : Date.now(),
  }]));
  const told = standing.map((each) => `${each.dataset.kind} – ${each.querySelector("[data-room]").textContent}`);
  document.title = told.length ? `(!) ${Array.from(new Set(told)).join(", ")}` : calm.title;
  icon.href = told.length ? icon.dataset.knock : calm.icon;
  if (told.length && timer === null) {
    sound();
    timer = setInterval(sound, EVERY);
  } else if (!told.length && timer !== null) {
    clearInterval(timer);
    timer = null;
  }
  return standing
    .filter((each) => !former.has(each.dataset.alarm))
    .map((each) => each.querySelector(".alarm-words").textContent.replace(/\s+/g, " ").trim());
}

/** Whether an alarm stands that nobody has acknowledged. */
export const alarmed = () => ringing.size > 0;

/** Whether an alarm would be heard. */
export const audible = () => audio !== null && audio.state === "running";

/** Asks for sound, which a browser gives after a tap only. `test` plays the knock once. */
export async function unlock(test) {
  if (audio === null) audio = new AudioContext();
  await audio.resume(); // waits for the tap
  if (test) knock(0.5);
}

function sound() {
  const root = document.documentElement;
  root.dataset.sounded = String(Number(root.dataset.sounded || 0) + 1);
  if (!audible()) return;
  const alarms = Array.from(ringing.values());
  const louder = alarms.some((each) => Date.now() - each.since > LOUDER_AFTER);
  if (alarms.some((each) => each.kind === "BREACH")) breach();
  else knock(louder ? 1 : 0.5);
}

/** Two raps on wood: a short low tone that dies at once, twice. */
function knock(loudness) {
  for (const delay of [0, 0.22]) tone("triangle", 240, 90, delay, 0.14, loudness);
}

/** High and low in turn: not to be taken for a knock. */
function breach() {
  for (const delay of [0, 0.5, 1]) {
    tone("square", 880, 880, delay, 0.22, 0.5);
    tone("square", 587, 587, delay + 0.25, 0.22, 0.5);
  }
}

function tone(shape, from, to, delay, length, loudness) {
  const at = audio.currentTime + delay;
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.type = shape;
  source.frequency.setValueAtTime(from, at);
  source.frequency.exponentialRampToValueAtTime(to, at + length);
  volume.gain.setValueAtTime(loudness, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + length);
  source.connect(volume);
  volume.connect(audio.destination);
  source.start(at);
  source.stop(at + length);
}
