// How the paths of API calls are written short.

const ORGANIZATION = /\/admin\/(v\d)\/orgs\/[^/?]+/;
const LONG_ID = /\b(?:\d{6}:)?([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f-]{27}/gi;

/** The path without what repeats on every line: the base, the organization, and most of each long id. */
export function shorten(path = "") {
  return decoded(path)
    .replace(/^\/atlassian/, "")
    .replace(ORGANIZATION, "/$1")
    .replace(/\/directories\/[^/?]+/, "/dir")
    .replace(LONG_ID, "$1…")
    .replace(/([?&]cursor=)[^&]+/, "$1…");
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
