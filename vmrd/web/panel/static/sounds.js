// The four sounds, made on the spot: no file, no licence. No two can be taken for each other, and none is quiet for long
// enough to be missed. Each is given the context to sound in and when, in that context's seconds.

/** Two raps on wood: a short low tone that dies at once, twice. */
export function knock(context, at, loudness) {
  for (const delay of [0, 0.22]) tone(context, "triangle", 240, 90, at + delay, 0.14, loudness);
}

/** High and low in turn, three times: the one that means run. */
export function breach(context, at, loudness) {
  for (const delay of [0, 0.5, 1]) {
    tone(context, "square", 880, 880, at + delay, 0.22, loudness);
    tone(context, "square", 587, 587, at + delay + 0.25, 0.22, loudness);
  }
}

/** One long tone that sinks, like something going out. */
export function blind(context, at, loudness) {
  tone(context, "sawtooth", 440, 150, at, 1.2, loudness);
}

/** One soft tone, once: somebody new is waiting. Nothing is wrong. */
export function arrival(context, at, loudness) {
  tone(context, "sine", 660, 660, at, 0.5, loudness * 0.3);
}

export const SOUNDS = { KNOCK: knock, BREACH: breach, BLIND: blind, ARRIVAL: arrival };

function tone(context, shape, from, to, at, length, loudness) {
  const source = context.createOscillator();
  const volume = context.createGain();
  source.type = shape;
  source.frequency.setValueAtTime(from, at);
  source.frequency.exponentialRampToValueAtTime(to, at + length);
  volume.gain.setValueAtTime(loudness, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + length);
  source.connect(volume);
  volume.connect(context.destination);
  source.start(at);
  source.stop(at + length);
}
