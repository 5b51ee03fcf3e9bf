// login.js - the form before everything else.
import { h } from "../dom.js";
import { t } from "../words.js";
import * as api from "../api.js";

function explain(error) {
  if (error.status === 401) return t("login_wrong");
  if (error.status === 429) return t("login_wait", { n: error.retryAfter });
  return t("failed", { why: error.status === 0 ? t("unreachable") : error.message });
}

// Calls done(me) after a login. ended: a session was there and is over.
export function open(root, { ended, done, chrome }) {
  const user = h("input", { id: "login-user", name: "user", autocomplete: "username",
    autocapitalize: "none", spellcheck: "false", maxlength: 63, required: true });
  const password = h("input", { id: "login-password", name: "password", type: "password",
    autocomplete: "current-password", maxlength: 256, required: true });
  const message = h("p", { class: "login-message", role: "alert" }, ended ? t("login_ended") : "");
  const submit = h("button", { type: "submit", class: "button primary" }, t("login"));
  const form = h("form", { class: "login-form", onsubmit: async (event) => {
    event.preventDefault();
    submit.disabled = true;
    submit.textContent = t("login_busy");
    message.textContent = "";
    try {
      done(await api.post("login", { user: user.value.trim(), password: password.value }));
    } catch (error) {
      message.textContent = explain(error);
      password.select();
    } finally {
      submit.disabled = false;
      submit.textContent = t("login");
    }
  } },
  h("label", { for: "login-user" }, t("user")), user,
  h("label", { for: "login-password" }, t("password")), password, message, submit,
  h("p", { class: "hint" }, t("login_hint")));
  root.append(h("main", { class: "login" },
    h("div", { class: "login-card" },
      h("h1", {}, h("span", { class: "brand-mark" }), "Sekisho ", h("span", { class: "brand-ja", lang: "ja" }, "関所")),
      h("p", { class: "tagline" }, t("tagline")), form),
    h("div", { class: "login-tools" }, chrome)));
  user.focus();
}
