// console.test.mjs - what an analyst does in the console, in a real browser against the real
// analyzer, with alerts that come over Redis.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { start } from "./world.mjs";
import { launch, newPage, login } from "./browser.mjs";
import { complaints } from "./audit.mjs";

const EVIL = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>\u202e\u0007`;
let world, browser;

before(async () => {
  world = await start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (world) assert.equal(await world.stop(), 0, "the analyzer ends with status 0");
});

async function enter(options, user = world.user) {
  const page = await newPage(browser, options);
  await login(page, world.url, user, world.password);
  return page;
}

async function leave(page, allowed = []) {
  const problems = page.problems.filter((p) => !allowed.some((a) => p.includes(a)));
  await page.context().close();
  assert.deepEqual(problems, []);
}

const row = (page, text) => page.locator(".row", { hasText: text });

test("an empty console says what to do", async () => {
  const page = await enter();
  await page.locator(".empty-title", { hasText: "No alerts yet" }).waitFor();
  await page.click("nav >> text=Incidents");
  await page.locator(".empty-title", { hasText: "No incidents" }).waitFor();
  await page.click("nav >> text=Sensors");
  await page.locator(".sensors .empty-title").waitFor();
  await leave(page);
});

test("a wrong password is refused in words, and nothing is shown", async () => {
  const page = await newPage(browser);
  await page.goto(world.url);
  await page.fill("#login-user", "aki");
  await page.fill("#login-password", "not the password");
  await page.keyboard.press("Enter");
  await page.locator(".login-message", { hasText: "wrong" }).waitFor();
  assert.equal(await page.locator("header.top").count(), 0);
  await leave(page, ["401"]);
});

test("alerts appear live, newest on top, and say their severity in words", async () => {
  const page = await enter();
  await page.locator(".live-open").waitFor();
  await world.send("ministry-a", { signature: "first to come", severity: 2 });
  await row(page, "first to come").waitFor();
  await world.send("ministry-b", { signature: "second to come", severity: 1 });
  await row(page, "second to come").waitFor();
  const texts = await page.locator(".row .c-sig").allTextContents();
  assert.ok(texts.indexOf("second to come") < texts.indexOf("first to come"));
  assert.equal(await row(page, "second to come").locator(".sev").textContent(), "1 High");
  assert.equal(await row(page, "first to come").locator(".c-org").textContent(), "Ministry A");
  await leave(page);
});

test("a paused list stays still and counts what waits", async () => {
  const page = await enter();
  await row(page, "second to come").waitFor();
  await page.keyboard.press("p");
  await world.send("ministry-a", { signature: "came while paused" });
  await page.locator("button", { hasText: "1 new" }).waitFor();
  assert.equal(await row(page, "came while paused").count(), 0);
  await page.keyboard.press("p");
  await row(page, "came while paused").waitFor();
  await leave(page);
});

test("filters narrow the list, live ones too, and stand in the address", async () => {
  const page = await enter();
  await row(page, "first to come").waitFor();
  await page.selectOption("select[aria-label=Organisation]", "ministry-b");
  await row(page, "first to come").waitFor({ state: "detached" });
  await row(page, "second to come").waitFor();
  await page.click(".segment >> text=High");
  await page.waitForFunction(() => location.hash.includes("severity=1") && location.hash.includes("org=ministry-b"));
  await page.locator(".live-open").waitFor();
  await world.send("ministry-b", { signature: "too low to show", severity: 3 });
  await world.send("ministry-b", { signature: "grave enough", severity: 1 });
  await row(page, "grave enough").waitFor();
  assert.equal(await row(page, "too low to show").count(), 0);
  await page.keyboard.press("/");
  await page.keyboard.type("GRAVE");
  await row(page, "second to come").waitFor({ state: "detached" });
  const address = page.url();
  const other = await enter();
  await other.goto(address);
  await row(other, "grave enough").waitFor();
  assert.equal(await other.locator(".row").count(), 1);
  assert.equal(await other.inputValue(".search"), "GRAVE");
  await leave(other);
  await leave(page);
});

test("a filter without a match says how to widen it", async () => {
  const page = await enter();
  await page.goto(`${world.url}#/alerts?text=no-such-thing-anywhere`);
  await page.locator(".empty-title", { hasText: "Nothing matches" }).waitFor();
  await page.click("text=Clear filter");
  await row(page, "first to come").waitFor();
  await leave(page);
});

test("an alert opens with its facts, reasons, protocol and payload", async () => {
  const page = await enter();
  await world.send("ministry-a", { signature: "Beacon at a steady interval", gid: 3000, sid: 201, severity: 1,
    extra: { tls: { sni: "beat.example", version: "TLS 1.3" }, payload: Buffer.from("GET /x\u0000\u0001").toString("base64") },
    own: { detector: "beacon", score: 0.9,
      reasons: [{ term: "interval_regularity", value: 0.97, baseline: 0.35, points: 0.6 }] } });
  await row(page, "Beacon at a steady").click();
  const pane = page.locator(".pane");
  await pane.locator("h2", { hasText: "Beacon at a steady interval" }).waitFor();
  await pane.locator("td", { hasText: "interval regularity" }).waitFor();
  await pane.locator("dd", { hasText: "beat.example" }).first().waitFor();
  const dump = await pane.locator("section .dump").first().textContent();
  assert.match(dump, /^0000 {2}47 45 54 20 2f 78 00 01 .* GET \/x\.\.$/);
  await page.click("nav >> text=Audit");
  await page.locator(".row", { hasText: "payload" }).first().waitFor();
  await leave(page);
});

test("names from the wire are text wherever they stand", async () => {
  const page = await enter();
  await world.send("ministry-a", { signature: `evil ${EVIL}`, severity: 1, app_proto: "http",
    extra: { http: { hostname: EVIL, url: `/${EVIL}`, http_user_agent: EVIL, [EVIL]: EVIL },
      payload: Buffer.from(EVIL).toString("base64") },
    own: { detector: EVIL.slice(0, 20), reasons: [{ term: EVIL, value: EVIL, baseline: EVIL, points: EVIL }] } });
  await row(page, "evil").click();
  await page.locator(".pane h2", { hasText: "evil" }).waitFor();
  assert.match(await page.locator(".pane h2").textContent(), /<img src=x onerror=.*<script>.*\\u202e\\u0007/);
  await page.locator(".raw summary").click();
  await page.goto(`${world.url}#/alerts?text=${encodeURIComponent(EVIL)}&org=${encodeURIComponent(EVIL)}&mode=rolled`);
  await page.locator(".empty").waitFor();
  await page.goto(`${world.url}#/alerts?mode=rolled`);
  await row(page, "evil").waitFor();
  await page.goto(`${world.url}#/alerts/${encodeURIComponent(EVIL)}`);
  await page.locator(".failed").waitFor();
  await page.goto(`${world.url}#/${encodeURIComponent(EVIL)}`);
  await page.locator(".empty").waitFor();
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator("main img, main script").count(), 0);
  await leave(page, ["404", "400"]); // there is no such alert, and no such path
});

test("markup from a script is refused by the browser itself", async () => {
  const page = await enter();
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = "<b>x</b>";
      return false;
    } catch {
      return true;
    }
  });
  assert.equal(refused, true);
  await leave(page, ["TrustedHTML", "Trusted"]);
});

test("the keyboard alone is enough", async () => {
  const page = await enter();
  await row(page, "evil").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  const rows = page.locator(".row");
  assert.equal(await page.locator(".row.chosen").getAttribute("aria-rowindex"), "2");
  await page.keyboard.press("Enter");
  await page.locator(".pane h2").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".pane").waitFor({ state: "hidden" });
  await page.keyboard.press("?");
  await page.locator("dialog.help").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog.help").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.waitForFunction(() => location.hash === "#/sensors");
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await rows.first().waitFor();
  await leave(page);
});

test("language, theme and zone switch and are kept", async () => {
  const page = await enter();
  await row(page, "first to come").waitFor();
  await page.click("[data-tool=language]");
  await page.locator("nav", { hasText: "アラート" }).waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "ja");
  assert.equal(await row(page, "first to come").locator(".c-org").textContent(), "甲省");
  assert.equal(await row(page, "second to come").locator(".sev").textContent(), "1 高");
  const jst = await row(page, "first to come").locator("time").textContent();
  await page.click("[data-tool=zone]");
  await page.waitForFunction((was) => [...document.querySelectorAll(".row")]
    .some((r) => r.textContent.includes("first to come") && r.querySelector("time").textContent !== was), jst);
  await page.click("[data-tool=theme]");
  await page.click("[data-tool=theme]");
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  await page.reload();
  await page.locator("nav", { hasText: "アラート" }).waitFor();
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  await leave(page);
});

test("a Japanese browser is greeted in Japanese", async () => {
  const page = await newPage(browser, { language: "ja-JP" });
  await page.goto(world.url);
  await page.locator("button", { hasText: "ログイン" }).waitFor();
  await leave(page);
});

test("one indicator at two organisations becomes a campaign that can be opened and closed", async () => {
  const page = await enter();
  await page.click("nav >> text=Incidents");
  for (const [org, src] of [["ministry-a", "192.0.2.20"], ["ministry-b", "198.51.100.20"]])
    await world.send(org, { signature: "Command channel", sid: 2600777, severity: 1, category: "Malware Command and Control Activity Detected", src_ip: src, dest_ip: "203.0.113.77",
      app_proto: "tls", extra: { tls: { sni: "c2.bad.example" } } });
  await page.locator(".rows-incidents .row").first().waitFor();
  await page.locator(".rows-incidents").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".incident .lanes svg").waitFor();
  const text = await page.locator(".incident").textContent();
  assert.match(text, /Why it was found/);
  assert.match(text, /Ministry A/);
  assert.match(text, /Ministry B/);
  assert.ok((await page.locator(".incident .lanes rect").count()) >= 2);
  await page.click("text=Close incident");
  await page.locator(".incident-head .chip", { hasText: "Closed" }).waitFor();
  await page.locator(".story li", { hasText: "aki" }).waitFor();
  await page.click("nav >> text=Notices");
  await page.locator(".rows-notices .row").first().click();
  await page.locator(".pane .letter").waitFor();
  await leave(page);
});

test("a sensor's books are shown, and what is missing is said", async () => {
  const page = await enter();
  await page.click("nav >> text=Sensors");
  await world.sendStats("ministry-a", 0);
  await world.sendStats("ministry-b", 5);
  const whole = page.locator(".sensor", { hasText: "gw-ministry-a" });
  await whole.locator(".chip-good").waitFor();
  assert.match(await whole.textContent(), /100,000 seen.*99,990 inspected.*8 ignored.*2 dropped/);
  assert.doesNotMatch(await whole.textContent(), /missing/);
  await page.locator(".sensor", { hasText: "gw-ministry-b" }).locator(".term-bad", { hasText: "5 missing" }).waitFor();
  await leave(page);
});

for (const theme of ["light", "dark"]) {
  test(`every text can be read and every control has a name, ${theme}`, async () => {
    const page = await enter({ theme });
    await row(page, "evil").click();
    await page.locator(".pane .facts").first().waitFor();
    assert.deepEqual(await complaints(page), []);
    for (const [view, ready] of [["incidents", ".rows-incidents .row"], ["incidents/1", ".incident .lanes"],
      ["notices", ".rows-notices .row"], ["sensors", ".sensor"], ["audit", ".rows-audit .row"]]) {
      await page.goto(`${world.url}#/${view}`);
      await page.locator(ready).first().waitFor();
      assert.deepEqual(await complaints(page), [], view);
    }
    await leave(page);
  });
}

test("an agency's user sees its own organisation and no other", async () => {
  const page = await enter({}, world.agency);
  await row(page, "second to come").waitFor();
  assert.equal(await row(page, "first to come").count(), 0);
  await page.locator(".live-open").waitFor();
  await world.send("ministry-a", { signature: "not for b" });
  await world.send("ministry-b", { signature: "only for b" });
  await row(page, "only for b").waitFor();
  assert.doesNotMatch(await page.locator("body").textContent(), /Ministry A|not for b/);
  await leave(page);
});

test("ten thousand rows scroll with a screenful of nodes", async () => {
  const page = await enter();
  await row(page, "second to come").waitFor();
  const sends = [];
  for (let i = 0; i < 3000; i++)
    sends.push(world.send(i % 2 ? "ministry-a" : "ministry-b", { signature: `flood ${i}`, severity: 4, src_port: 1000 + i }));
  await Promise.all(sends);
  await world.send("ministry-a", { signature: "needle in the flood", severity: 1 });
  await row(page, "needle in the flood").waitFor();
  await page.goto(`${world.url}#/alerts?severity=4&text=flood`);
  await row(page, "flood").first().waitFor();
  const list = page.locator(".rows");
  await page.waitForFunction(() => {
    const rows = document.querySelector(".rows");
    rows.scrollTop = rows.scrollHeight;
    return Number(rows.getAttribute("aria-rowcount")) > 3000;
  }, null, { polling: 100 });
  assert.ok((await page.locator(".row").count()) < 120);
  assert.ok((await list.evaluate((n) => n.scrollTop)) > 50000);
  await page.keyboard.press("n");
  await page.waitForFunction(() => document.querySelector(".rows").scrollTop === 0);
  await leave(page);
});

test("a lost connection is told, and mends by itself", async () => {
  const page = await enter();
  await page.goto(`${world.url}#/alerts?severity=1`);
  await row(page, "needle in the flood").waitFor();
  assert.equal(await world.stopAnalyzer(), 0);
  await page.locator(".banner", { hasText: "Connection to the analyzer lost" }).waitFor();
  await world.send("ministry-a", { signature: "came while it was away", severity: 1 });
  await world.startAnalyzer();
  await page.locator(".live-open").waitFor();
  await page.locator(".banner").waitFor({ state: "hidden" });
  await row(page, "came while it was away").waitFor();
  await leave(page, ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"]);
});

test("logging out ends the session", async () => {
  const page = await enter();
  await page.locator(".row").first().waitFor();
  await page.click("[data-tool=logout]");
  await page.locator(".login-form").waitFor();
  await page.goBack().catch(() => {});
  await page.goto(`${world.url}#/sensors`);
  await page.reload();
  await page.locator(".login-form").waitFor();
  await leave(page);
});
