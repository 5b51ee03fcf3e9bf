import { launch, newPage, login } from "./browser.mjs"; import { readFileSync } from "node:fs";
const [url, pw] = process.argv.slice(2); const b = await launch(); const O="/tmp/console/demoshots/";
const p = await newPage(b,{width:1440,height:900}); await login(p,url,"admin",readFileSync(pw,"utf8").trim());
await p.waitForSelector(".row"); await p.screenshot({path:O+"list.png"});
await p.goto(url+"#/incidents"); await p.waitForSelector(".rows-incidents .row"); await p.screenshot({path:O+"incidents.png"});
await p.goto(url+"#/notices"); await p.waitForSelector(".rows-notices .row"); await p.locator(".rows-notices .row").nth(1).click(); await p.waitForSelector(".letter"); await p.screenshot({path:O+"notices.png"});
await b.close();
