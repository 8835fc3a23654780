// Times as people read them. The world has a clock of its own, so "now" is the browser's plus an offset.

let offsetMs = 0;

/** Take over the world's clock: *now* is ISO text or seconds since 1970. */
export function setNow(now) {
  const at = instant(now);
  if (at) offsetMs = at.getTime() - Date.now();
}

/** The world's present moment. */
export const now = () => new Date(Date.now() + offsetMs);

/** A Date from ISO text, seconds since 1970 (number or "123.456"), or null. */
export function instant(value) {
  if (value === null || value === undefined || value === "") return null;
  const date = /^\d+(\.\d+)?$/.test(String(value)) ? new Date(Number(value) * 1000) : new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** "2:05 PM" or "14:05", by the reader's locale. */
export const clockTime = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

const dayNumber = (date) => Math.floor((date.getTime() - date.getTimezoneOffset() * 60000) / 86400000);

/** "Today", "Yesterday" or the date, for the line between two days. */
export function dayLabel(date, today = now()) {
  return pretty(date, today) || date.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

function pretty(date, today) {
  const days = dayNumber(date) - dayNumber(today);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] || "";
}

const STEPS = [
  [60, "second"],
  [3600, "minute", 60],
  [86400, "hour", 3600],
  [86400 * 30, "day", 86400],
  [86400 * 365, "month", 86400 * 30.44],
];

/** "3 hours ago", "in 2 days", "just now". */
export function ago(date, from = now()) {
  const seconds = (date.getTime() - from.getTime()) / 1000;
  if (Math.abs(seconds) < 45) return "just now";
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit) || [0, "year", 86400 * 365.25];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / (size || 1)), unit);
}

/** "5 mo", "12 d", "3 h": the same in a table's cell. */
export function shortAgo(date, from = now()) {
  const seconds = Math.max(0, (from.getTime() - date.getTime()) / 1000);
  if (seconds < 90) return "now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86400 * 1.5) return `${Math.round(seconds / 3600)} h`;
  if (seconds < 86400 * 60) return `${Math.round(seconds / 86400)} d`;
  if (seconds < 86400 * 700) return `${Math.round(seconds / (86400 * 30.44))} mo`;
  return `${Math.round(seconds / (86400 * 365.25))} y`;
}

const ordinal = (day) => day + (["th", "st", "nd", "rd"][day % 100 > 10 && day % 100 < 14 ? 0 : day % 10] || "th");
const month = (date, length) => date.toLocaleDateString("en-US", { month: length });

const TOKENS = {
  date_num: (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`,
  date_slash: (d) => `${d.getMonth() + 1}/${d.getDate()}/${d.getFullYear()}`,
  date: (d) => `${month(d, "long")} ${ordinal(d.getDate())}, ${d.getFullYear()}`,
  date_short: (d) => `${month(d, "short")} ${d.getDate()}, ${d.getFullYear()}`,
  date_long: (d) => `${d.toLocaleDateString("en-US", { weekday: "long" })}, ${TOKENS.date(d)}`,
  date_long_full: (d) => TOKENS.date_long(d),
  time: (d) => clockTime(d),
  time_secs: (d) => d.toLocaleTimeString([], { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: (d) => ago(d),
};

/** The text of Slack's `<!date^seconds^format>` in the reader's zone; `_pretty` tokens say today, yesterday, tomorrow. */
export function slackDate(seconds, format, today = now()) {
  const date = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name, at) => {
    const near = name.endsWith("_pretty") && pretty(date, today);
    if (near) return at === 0 ? near : near.toLowerCase();
    const write = TOKENS[name.replace(/_pretty$/, "")];
    return write ? write(date) : whole;
  });
}
