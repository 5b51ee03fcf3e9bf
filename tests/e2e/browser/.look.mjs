import { launch, newPage, login } from "./browser.mjs";
const browser = await launch(); const url="http://127.0.0.1:18080/"; const O="/tmp/console/shots/";
let p = await newPage(browser,{language:"ja-JP"}); await p.goto(url); await p.waitForSelector(".login-form"); await p.screenshot({path:O+"login.png"});
p = await newPage(browser,{width:1280,height:800,theme:"dark"}); await login(p,url,"aki","correct horse battery"); await p.waitForSelector(".row"); await p.keyboard.press("?"); await p.screenshot({path:O+"help.png"}); await p.keyboard.press("Escape");
await p.goto(url+"#/alerts?text=traversal"); await p.locator(".row",{hasText:"traversal"}).first().click(); await p.waitForSelector(".pane h2"); await p.screenshot({path:O+"evil.png"});
await p.goto(url+"#/alerts?text=zzzz"); await p.waitForSelector(".empty"); await p.screenshot({path:O+"nomatch.png"});
await p.goto(url+"#/sensors"); await p.waitForSelector(".sensor"); await p.screenshot({path:O+"sensors-dark.png"});
p = await newPage(browser,{width:1024,height:700,language:"ja-JP"}); await login(p,url,"min-b","correct horse battery"); await p.waitForSelector(".row"); await p.locator(".row").first().click(); await p.waitForSelector(".pane h2"); await p.screenshot({path:O+"agency-1024.png"});
await browser.close();
