// main.js - the frame: session, header, the view that the address names, connection state.
import { h, replace } from "./dom.js";
import { t, tv } from "./words.js";
import * as settings from "./settings.js";
import * as api from "./api.js";
import * as live from "./live.js";
import * as router from "./router.js";
import * as keys from "./keys.js";
import * as names from "./names.js";
import * as format from "./format.js";
import * as login from "./views/login.js";
import * as alerts from "./views/alerts.js";
import * as incidents from "./views/incidents.js";
import * as notices from "./views/notices.js";
import * as sensors from "./views/sensors.js";
import * as audit from "./views/audit.js";
import * as help from "./views/help.js";
import * as badges from "./views/badges.js";

const VIEWS = { alerts, incidents, notices, sensors, audit };
const app = document.getElementById("app");
let me = null;
let view = null;
let frame = null; // {main, links, banner, clock, state}

// ---- tools that stand on every page
const THEMES = ["system", "light", "dark"];

function tools() {
  const theme = settings.get("theme"), zone = settings.get("zone");
  return [
    h("button", { type: "button", class: "tool", title: t("language_hint"), "data-tool": "language",
      lang: settings.get("lang") === "ja" ? "en" : "ja",
      onclick: () => settings.set("lang", settings.get("lang") === "ja" ? "en" : "ja") }, t("language")),
    h("button", { type: "button", class: "tool", title: t("theme_hint", { theme: t(`theme_${theme}`) }),
      "aria-label": t("theme_hint", { theme: t(`theme_${theme}`) }), "data-tool": "theme",
      onclick: () => settings.set("theme", THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]) },
    { system: "◐", light: "☀", dark: "☾" }[theme]),
    me && h("button", { type: "button", class: "tool clock", title: t("zone_hint", { zone }), "data-tool": "zone",
      onclick: () => settings.set("zone", zone === "JST" ? "UTC" : "JST") }),
  ];
}

function tick() {
  const clock = document.querySelector(".clock");
  if (clock) clock.textContent = `${format.clock(Date.now())} ${settings.get("zone")}`;
}

// ---- the frame around a view
function link(name) {
  return h("a", { class: "tab", href: `#/${name}`, "data-view": name }, t(name), h("span", { class: "badge", hidden: true }));
}

function buildFrame() {
  const links = ["alerts", "incidents", "notices", "sensors"].map(link);
  if (me.may.audit) links.push(link("audit"));
  const main = h("main", { id: "main", tabindex: "-1" });
  const banner = h("div", { class: "banner", role: "alert", hidden: true });
  const state = h("span", { class: "live" });
  replace(app,
    h("a", { class: "skip", href: "#/", onclick: (e) => { e.preventDefault(); main.focus(); } }, t("skip")),
    h("header", { class: "top" },
      h("a", { class: "brand", href: "#/alerts", title: t("tagline") }, h("span", { class: "brand-mark" }), "Sekisho",
        h("span", { class: "brand-ja", lang: "ja" }, "関所")),
      h("nav", { "aria-label": t("main_nav") }, links),
      h("span", { class: "spring" }), state, tools(),
      h("button", { type: "button", class: "tool", title: `${t("help")} (?)`, "aria-label": t("help"), onclick: help.show }, "?"),
      h("span", { class: "me" }, h("b", {}, me.user), ` ${tv("role_", me.role)}`),
      h("button", { type: "button", class: "tool", "data-tool": "logout", onclick: logout }, t("logout"))),
    banner, main);
  frame = { main, links, banner, state };
  drawState(live.current());
  badges.draw(links);
  tick();
}

function drawState(state) {
  if (!frame) return;
  frame.state.className = `live live-${state}`;
  replace(frame.state, h("span", { class: "live-dot" }), t(`live_${state}`));
  frame.banner.hidden = state !== "lost";
  frame.banner.textContent = state === "lost" ? t("lost_banner") : "";
}

// ---- views
function show(route) {
  if (!me) return;
  view?.close();
  view = null;
  frame.main.replaceChildren();
  for (const a of frame.links) {
    if (a.dataset.view === route.view) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  const module = VIEWS[route.view];
  if (!module) {
    frame.main.append(h("p", { class: "empty" }, t("not_found")));
    return;
  }
  document.title = `${t(route.view)} · Sekisho`;
  view = module.open(frame.main, { ...route, me, onKeys: keys.bindView });
  keys.bindView(view.keys);
}

// ---- session
async function enter(who) {
  me = who;
  try {
    await names.load();
  } catch {
    // Without the directory ids stand for names; the views tell what fails.
  }
  buildFrame();
  live.open();
  badges.start(frame.links);
  show(router.parse(location.hash));
}

function leave(ended) {
  if (!me && frame === null && app.firstChild) return;
  me = null;
  view?.close();
  view = null;
  frame = null;
  keys.bindView({});
  live.close();
  badges.stop();
  document.title = `${t("login")} · Sekisho`;
  app.replaceChildren();
  login.open(app, { ended, done: enter, chrome: tools() });
}

async function logout() {
  await api.post("logout").catch(() => {}); // whatever it answers, we leave
  leave(false);
}

function bindKeys() {
  for (const [key, name] of [["a", "alerts"], ["i", "incidents"], ["n", "notices"], ["s", "sensors"]])
    keys.bind(`g ${key}`, () => me && router.go(name));
  keys.bind("?", () => me && help.show());
}

// A new language or zone draws everything anew; the address keeps what was looked at.
function redraw(name) {
  if (!me) {
    app.replaceChildren();
    login.open(app, { ended: false, done: enter, chrome: tools() });
  } else if (name === "theme") {
    document.querySelector("[data-tool=theme]").replaceWith(tools()[1]);
  } else {
    buildFrame();
    show(router.parse(location.hash));
  }
}

async function start() {
  settings.load();
  settings.onChange(redraw);
  api.whenLoggedOut(() => me && leave(true));
  live.onState(drawState);
  bindKeys();
  setInterval(tick, 1000);
  let who = { user: null };
  try {
    who = await api.get("me");
  } catch {
    // The login form will say what is wrong when it is used.
  }
  if (who.user) await enter(who);
  else leave(false);
  router.start(show);
}

start();
