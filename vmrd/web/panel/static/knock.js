// A knock that nobody can miss: red bar (the page's own), title, icon, and a sound every five seconds until it is
// acknowledged. Browsers keep sound off until the first tap, so while it is off a bar says so.

const EVERY = 5000;
const LOUDER_AFTER = 30000;

const icon = document.getElementById("favicon");
const calm = { title: document.title, icon: icon ? icon.href : "" };
let audio = null;
let ringing = new Map(); // knock -> when we first heard of it
let timer = null;

/** Reads the knocks that stand on the page. Returns the words of those that are new. */
export function readKnocks() {
  const standing = Array.from(document.querySelectorAll("[data-knock]")).filter((each) => each.tagName === "LI");
  const former = ringing;
  ringing = new Map(standing.map((each) => [each.dataset.knock, former.get(each.dataset.knock) || Date.now()]));
  const rooms = Array.from(new Set(standing.map((each) => each.querySelector("[data-room]").textContent)));
  document.title = standing.length ? `(!) KNOCK – ${rooms.join(", ")}` : calm.title;
  if (icon) icon.href = standing.length ? icon.dataset.knock : calm.icon;
  if (standing.length && timer === null) {
    sound();
    timer = setInterval(sound, EVERY);
  } else if (!standing.length && timer !== null) {
    clearInterval(timer);
    timer = null;
  }
  return standing
    .filter((each) => !former.has(each.dataset.knock))
    .map((each) => each.querySelector(".knock-words").textContent.replace(/\s+/g, " ").trim());
}

/** Whether a knock would be heard. */
export const audible = () => audio !== null && audio.state === "running";

/** After a tap: browsers allow sound from now on. `test` plays it once. */
export function unlock(test) {
  if (audio === null && window.AudioContext) audio = new AudioContext();
  if (audio === null) return Promise.resolve();
  return audio.resume().then(() => { if (test) play(0.5); });
}

function sound() {
  document.documentElement.dataset.knocked = String(Number(document.documentElement.dataset.knocked || 0) + 1);
  if (!audible()) return;
  const longest = Math.max(...Array.from(ringing.values(), (since) => Date.now() - since));
  play(longest > LOUDER_AFTER ? 1 : 0.5);
}

/** Two raps on wood: a short low tone that dies at once, twice. */
function play(loudness) {
  for (const delay of [0, 0.22]) {
    const at = audio.currentTime + delay;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = "triangle";
    tone.frequency.setValueAtTime(240, at);
    tone.frequency.exponentialRampToValueAtTime(90, at + 0.09);
    volume.gain.setValueAtTime(loudness, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.14);
    tone.connect(volume);
    volume.connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.16);
  }
}
