import { launch, newPage, login } from "./browser.mjs";
const browser = await launch();
const page = await newPage(browser, { width: 1440, height: 900 });
const cdp = await page.context().newCDPSession(page); await cdp.send("Performance.enable"); const met = async()=>Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map(m=>[m.name,m.value]));
const url = "http://127.0.0.1:18080/";
await login(page, url, "aki", "correct horse battery");
await page.locator(".row").first().waitFor();
// reload to measure paint with session
await page.reload(); await page.locator(".row").first().waitFor();
console.log("FCP", await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime), "rows at", await page.evaluate(()=>performance.now()));
// load all rows
await page.keyboard.press("p");
await page.waitForFunction(() => { const r=document.querySelector(".rows"); r.scrollTop=r.scrollHeight; return Number(r.getAttribute("aria-rowcount"))>9900; }, null, {polling:50, timeout:60000});
console.log("rows", await page.getAttribute(".rows","aria-rowcount"));
async function frames(label, step){ const a=await met();
 const r = await page.evaluate(async (step) => { const rows=document.querySelector(".rows"); rows.scrollTop=0; const t=[]; let last=performance.now();
  for(let i=0;i<240;i++){ rows.scrollTop += step; await new Promise(requestAnimationFrame); const n=performance.now(); t.push(n-last); last=n; }
  t.sort((a,b)=>a-b); return {p50:t[120],p95:t[228],max:t[239]}; }, step);
 const b=await met(); console.log(label, r, "ms per frame: script", ((b.ScriptDuration-a.ScriptDuration)/0.24).toFixed(2), "layout", ((b.LayoutDuration-a.LayoutDuration)/0.24).toFixed(2), "style", ((b.RecalcStyleDuration-a.RecalcStyleDuration)/0.24).toFixed(2));
}
await frames("scroll paused 400px/frame", 400);
await page.keyboard.press("p");
await frames("scroll live 400px/frame", 400);
const long = await page.evaluate(() => new Promise((done) => { const l=[]; new PerformanceObserver((x)=>l.push(...x.getEntries().map(e=>e.duration))).observe({type:"longtask"}); setTimeout(()=>done(l),5000); }));
console.log("long tasks in 5 s live at the top:", long);
console.log("note:", await page.locator(".note").allTextContents(), await page.locator(".counted").textContent());
await browser.close();
