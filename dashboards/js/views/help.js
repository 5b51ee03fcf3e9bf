// help.js - the keys, in a dialog.
import { h } from "../dom.js";
import { t } from "../words.js";

const KEYS = [
  [["j", "k"], "k_move"], [["Enter"], "k_open"], [["Esc"], "k_close"], [["/"], "k_search"],
  [["p"], "k_pause"], [["n"], "k_top"], [["1", "2", "3", "0"], "k_sev"],
  [["g a", "g i", "g n", "g s"], "k_go"], [["?"], "k_help"],
];

export function show() {
  const dialog = h("dialog", { class: "help", "aria-label": t("help") },
    h("h2", {}, t("help")),
    h("dl", { class: "keys" }, KEYS.map(([keys, word]) => [
      h("dt", {}, keys.map((k) => [h("kbd", {}, k), " "])), h("dd", {}, t(word))])),
    h("form", {}, h("button", { type: "button", class: "button", autofocus: true,
      onclick: () => dialog.close() }, t("close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
