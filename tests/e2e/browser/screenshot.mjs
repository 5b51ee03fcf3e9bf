// screenshot.mjs - pictures of the console for the README and for looking at a design.
//
//   node screenshot.mjs URL USER PASSWORD-FILE FOLDER [--all]
//
// Without --all: alerts, incident and sensors, light, English, and alerts dark, Japanese.
// With --all: every view, light and dark, both languages, at 1280 and 1920 pixels.
import { readFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, newPage, login } from "./browser.mjs";

const [url, user, passwordFile, folder, all] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node screenshot.mjs URL USER PASSWORD-FILE FOLDER [--all]");
  process.exit(2);
}
const password = readFileSync(passwordFile, "utf8").split("\n")[0];
mkdirSync(folder, { recursive: true });

async function open(page, hash, selector) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.waitForSelector(selector);
}

// A row worth showing: an anomaly with its reasons, a grave campaign, a grave one, the first.
async function choose(page, list) {
  for (const kind of [".edge-1:has-text('beacon')", ".kind-campaign.edge-1", ".edge-1", ""]) {
    const rows = page.locator(`${list} .row${kind}`);
    if (await rows.count()) return rows.first().click();
  }
  throw new Error(`${list} is empty`);
}

const SHOTS = {
  async alerts(page) {
    await open(page, "#/alerts", ".row");
    await choose(page, ".rows-alerts");
    await page.waitForSelector(".pane .facts");
  },
  async list(page) {
    await open(page, "#/alerts?severity=3", ".row");
  },
  async rolled(page) {
    await open(page, "#/alerts?mode=rolled", ".rows-rolled .row");
  },
  async incidents(page) {
    await open(page, "#/incidents", ".rows-incidents .row, .empty");
  },
  async incident(page) {
    await open(page, "#/incidents", ".rows-incidents .row");
    await choose(page, ".rows-incidents");
    await page.waitForSelector(".incident .lanes");
  },
  async notices(page) {
    await open(page, "#/notices", ".rows-notices .row");
    await page.click(".rows-notices .row");
    await page.waitForSelector(".pane .letter");
  },
  async sensors(page) {
    await open(page, "#/sensors", ".sensor");
  },
  async audit(page) {
    await open(page, "#/audit", ".rows-audit .row");
  },
};

async function shoot(browser, name, view, options) {
  const page = await newPage(browser, options);
  await login(page, url, user, password);
  await SHOTS[view](page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.context().close();
  if (page.problems.length) throw new Error(`${name}: ${page.problems.join("; ")}`);
  console.log(join(folder, `${name}.png`));
}

const browser = await launch();
try {
  if (all === "--all") {
    for (const [theme, language] of [["light", "en-US"], ["dark", "ja-JP"], ["light", "ja-JP"], ["dark", "en-US"]])
      for (const width of [1280, 1920])
        for (const view of Object.keys(SHOTS))
          await shoot(browser, `${view}-${theme}-${language.slice(0, 2)}-${width}`, view,
            { theme, language, width, height: width === 1280 ? 800 : 1080 });
  } else {
    for (const view of ["alerts", "incident", "sensors"])
      await shoot(browser, view, view, { width: 1440, height: 900 });
    await shoot(browser, "alerts-ja-dark", "alerts", { width: 1440, height: 900, theme: "dark", language: "ja-JP" });
  }
} finally {
  await browser.close();
}
