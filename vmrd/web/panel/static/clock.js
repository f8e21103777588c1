// Two clocks. `ticks()` never runs slow: it is what "still true" is measured by. The business clock is vmrd's own, which
// a rehearsal may run fast; every page and every view tells it, and the latest reading that can be true is believed.

const born = { steady: performance.now(), wall: Date.now() };

/** Milliseconds that have passed. The steady clock stops while a laptop sleeps, so the wall's may overrule it. */
export const ticks = () => Math.max(performance.now() - born.steady, Date.now() - born.wall);

const clock = { server: 0, at: 0, rate: 1 };

/** A page made at `server` was asked for at `asked`: it cannot be older, so reading it as made then is the safe side. */
export function readPage(server, rate, asked) {
  clock.server = Date.parse(server);
  clock.at = asked;
  clock.rate = rate;
}

/** When, in ticks, a view of business time `asOf` was made: never later than now, when it is here. */
export function madeAt(asOf) {
  const now = ticks();
  const made = clock.at + (Date.parse(asOf) - clock.server) / clock.rate;
  if (made <= now) return made;
  clock.server = Date.parse(asOf);
  clock.at = now;
  return now;
}

/** Business time at so many ticks. */
export const businessAt = (at) => clock.server + (at - clock.at) * clock.rate;

/** Business time now. */
export const businessNow = () => businessAt(ticks());

/** Seconds of business time since `at` ticks. */
export const secondsSince = (at) => ((ticks() - at) * clock.rate) / 1000;

/** Real seconds since an instant of business time. */
export const secondsSinceInstant = (moment) => (businessNow() - Date.parse(moment)) / 1000 / clock.rate;

const london = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/** `10:02:14`, as the clock on the wall. */
export const wallTime = (milliseconds) => london.format(new Date(milliseconds));

/** `27:46`, or `1:02:03` from an hour on. */
export function span(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.trunc(whole / 60) % 60;
  const hours = Math.trunc(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
