// A file below a message: pictures are shown, everything else is a link by which it is saved.

import * as api from "./api.js";
import { h, icon } from "./dom.js";
import * as store from "./store.js";

/** The node of one of a message's files, as the person at the screen sees it. */
export function drawFile(file) {
  const address = api.fileAddress(store.get().me?.key, file.id);
  return file.mimetype?.startsWith("image/") ? picture(file, address) : link(file, address);
}

const title = (file) => file.title || file.name || "File";

function picture(file, address) {
  const image = h("img", { src: address, alt: file.alt_txt || title(file) });
  const whole = h("a", { href: address, target: "_blank", rel: "noopener" }, image);
  return h("figure", { class: "file-picture", "data-testid": "file", "data-file": file.id }, h("figcaption", {}, title(file)), whole);
}

function link(file, address) {
  return h(
    "a",
    { class: "file-link", href: address, download: file.name, "data-testid": "file", "data-file": file.id },
    h("span", { class: "file-icon" }, icon("file", 20)),
    h(
      "span",
      { class: "file-words" },
      h("span", { class: "file-title" }, title(file)),
      h("span", { class: "file-kind" }, `${file.pretty_type || ""} · ${size(file.size || 0)}`),
    ),
  );
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
