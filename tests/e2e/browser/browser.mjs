// browser.mjs - starts Chromium for the test and the screenshots, and logs in.
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ARGUMENTS });
}

// A page of its own session. Errors of scripts and refusals of the content policy are collected.
export async function newPage(browser, { width = 1280, height = 800, theme = "light", language = "en-US" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: theme, locale: language, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(message.text());
  });
  return page;
}

export async function login(page, url, user, password) {
  await page.goto(url);
  await page.fill("#login-user", user);
  await page.fill("#login-password", password);
  await page.click(".login-form button[type=submit]");
  await page.waitForSelector("header.top");
}
