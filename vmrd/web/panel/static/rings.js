// What is to be heard of the alarms that stand, and who has come to wait. No page and no clock in here.

const LOUDER_AFTER = 30;
const TAKES = { BREACH: 1.6, KNOCK: 0.6, BLIND: 1.4 };
const UNHEARD = new Set(["own", "phone", "recorder", "endpoint"]);

/**
 * The sounds of one round, in order: `{kind, loud, after}` with `after` in seconds. Each kind that stands is heard, so
 * none is swallowed by a worse one. `alarms`: `{kind, age, dealing}`, the age in seconds. What an officer is dealing with
 * is quiet meanwhile, save a breach: nobody's word makes that good.
 */
export function round(alarms) {
  const heard = [];
  let after = 0;
  for (const kind of ["BREACH", "KNOCK", "BLIND"]) {
    const these = alarms.filter((each) => each.kind === kind && (kind === "BREACH" || !each.dealing));
    if (!these.length) continue;
    heard.push({ kind, loud: these.some((each) => each.age >= LOUDER_AFTER), after });
    after += TAKES[kind];
  }
  return heard;
}

/** How many people in `view` wait who did not in `former`, an earlier view of the same session. A knock is not one. */
export function arrived(former, view) {
  if (!former) return 0;
  const before = new Set(former.participants.filter((each) => each.where === "waiting").map((each) => each.id));
  const knocking = new Set(view.knocks.map((each) => each.participant));
  return view.participants.filter((each) =>
    each.where === "waiting" && !UNHEARD.has(each.kind) && !before.has(each.id) && !knocking.has(each.id)).length;
}
