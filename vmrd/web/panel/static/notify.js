// Notifications of the desktop, where they were allowed: a bonus for whoever looks at another window. They name the room
// and no person, because a lock screen shows them to anybody.

const wording = document.getElementById("words").dataset;
const shown = new Map(); // alarm -> its notification

/** Whether the browser can still be asked. It is asked by a press only. */
export const canBeAsked = () => "Notification" in window && Notification.permission === "default";

export const askToNotify = () => Notification.requestPermission();

/** Shows the alarms that stand to somebody who does not look at this page, and takes back those that no longer do. */
export function notify(ringing) {
  for (const [alarm, note] of Array.from(shown)) {
    if (!ringing.has(alarm)) { note.close(); shown.delete(alarm); }
  }
  if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
  for (const [alarm, { kind, room }] of ringing) {
    if (shown.has(alarm)) continue;
    const note = new Notification(`${kind} – ${room}`, { body: wording[kind.toLowerCase()], tag: alarm, requireInteraction: true });
    note.onclick = () => window.focus();
    shown.set(alarm, note);
  }
}
