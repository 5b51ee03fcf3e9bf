// world.mjs - a centre for the test: a private Redis, the real analyzer, one user, and a way to put
// alerts on the wire as a sensor does. Everything lives in a folder of its own.
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUILD = resolve(ROOT, process.env.BUILD ?? "build");
const PASSWORD = "correct horse battery staple";

const ORGS = `centres:
  - {id: nisc, name: {ja: 第一監視センター, en: First Centre}, contacts: []}
organisations:
  - {id: ministry-a, name: {ja: 甲省, en: Ministry A}, kind: ministry, centre: nisc, state: monitored,
     consent: none, networks: [192.0.2.0/24], contacts: [{lane: working, language: ja, name: CSIRT, email: csirt@a.example}]}
  - {id: ministry-b, name: {ja: 乙省, en: Ministry B}, kind: ministry, centre: nisc, state: monitored,
     consent: none, networks: [198.51.100.0/24], contacts: [{lane: working, language: en, name: CSIRT, email: csirt@b.example}]}
`;

// ---- Redis, as little of it as is needed
function encode(args) {
  const parts = args.map((a) => Buffer.from(String(a)));
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`),
    ...parts.flatMap((p) => [Buffer.from(`$${p.length}\r\n`), p, Buffer.from("\r\n")])]);
}

class Redis {
  constructor(socket) {
    this.socket = socket;
    this.waiting = [];
    createInterface({ input: socket }).on("line", (line) => this.line(line));
  }

  // Only simple answers are asked for: a status, or a bulk string of one line.
  line(line) {
    if (line.startsWith("$")) return;
    const { done, fail } = this.waiting.shift();
    if (line.startsWith("-")) fail(new Error(line));
    else done(line);
  }

  command(...args) {
    return new Promise((done, fail) => {
      this.waiting.push({ done, fail });
      this.socket.write(encode(args));
    });
  }
}

async function redisStart(dir) {
  const path = join(dir, "redis.sock");
  const child = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--dir", dir, "--save", "",
    "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes("ready to accept connections") || line.includes("Ready to accept connections")) break;
  child.stdout.resume();
  const socket = connect(path);
  await once(socket, "connect");
  return { child, path, redis: new Redis(socket) };
}

// ---- the analyzer
// A port that no outgoing connection can be given, so that it is still free when the analyzer comes
// back to it: below Linux' range of 32768 and up.
async function quietPort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    const server = createServer().listen(port, "127.0.0.1");
    const free = await Promise.race([once(server, "listening").then(() => true), once(server, "error").then(() => false)]);
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

async function analyzerStart(dir, redisPath, listen) {
  const child = spawn(join(BUILD, "sekisho-analyzer"), ["--redis", `unix:${redisPath}`,
    "--orgs", join(dir, "orgs.yaml"), "--data", join(dir, "data"), "--listen", listen,
    "--rules", join(ROOT, "rules/correlation"), "--console", join(ROOT, "dashboards"), "--name", "browser-test"],
  { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^console: (http:\S+)/.exec(line);
    if (found) return { child, url: found[1] };
  }
  throw new Error("the analyzer ended before it listened");
}

async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

export async function start() {
  const dir = mkdtempSync(join(tmpdir(), "sekisho-browser-"));
  writeFileSync(join(dir, "orgs.yaml"), ORGS);
  writeFileSync(join(dir, "password"), `${PASSWORD}\n`, { mode: 0o600 });
  const server = await redisStart(dir);
  for (const user of [["aki", "--role", "admin"], ["min-b", "--role", "agency", "--org", "ministry-b"]])
    execFileSync(join(BUILD, "sekisho"), ["users", "add", ...user, "--data", join(dir, "data"),
      "--password-file", join(dir, "password")]);
  const listen = `127.0.0.1:${await quietPort()}`;
  let analyzer = await analyzerStart(dir, server.path, listen);
  const epoch = Date.now() * 1000;
  const seqs = new Map();

  function stamp(org, own) {
    const sensor = `gw-${org}`;
    const seq = (seqs.get(sensor) ?? 0) + 1;
    seqs.set(sensor, seq);
    return { org, sensor, centre: "nisc", epoch, seq, ...own };
  }

  const now = () => new Date().toISOString().replace("Z", "000+0000");

  // Puts one alert on the wire; fields given replace the plain ones.
  function send(org, { severity = 3, category = "Misc activity", signature = "plain signature", sid = 2600001, gid = 1,
    extra = {}, own = {}, ...fields } = {}) {
    const sekisho = stamp(org, own);
    const eve = { timestamp: now(), flow_id: sekisho.seq, event_type: "alert", src_ip: "192.0.2.10", src_port: 40000,
      dest_ip: "203.0.113.9", dest_port: 443, proto: "TCP", app_proto: "tls", ...fields,
      alert: { action: "allowed", gid, signature_id: sid, rev: 1, signature, category, severity }, ...extra, sekisho };
    return server.redis.command("XADD", `sk:{${org}}:alerts`, "*", "eve", JSON.stringify(eve));
  }

  // What a sensor says of itself; `lost` records were numbered and never sent.
  function sendStats(org, lost) {
    const sekisho = stamp(org, { packets: { seen: 100000, inspected: 99990, ignored: { not_ip: 8 }, dropped: 2 } });
    sekisho.ledger = { sensor: sekisho.sensor, epochs: [{ epoch, generated: sekisho.seq + lost, sent: sekisho.seq, spooled: 0,
      shed: { spool_full: 0, spool_error: 0 } }] };
    const eve = { timestamp: now(), event_type: "stats", stats: { uptime: 60 }, sekisho };
    return server.redis.command("XADD", `sk:{${org}}:stats`, "*", "eve", JSON.stringify(eve));
  }

  return {
    url: analyzer.url, user: "aki", agency: "min-b", password: PASSWORD, send, sendStats,
    // The analyzer goes away and comes back at the same address.
    async stopAnalyzer() {
      analyzer.child.kill("SIGTERM");
      return ended(analyzer.child);
    },
    async startAnalyzer() {
      analyzer = await analyzerStart(dir, server.path, listen);
    },
    async stop() {
      analyzer.child.kill("SIGTERM");
      const status = await ended(analyzer.child);
      server.child.kill("SIGTERM");
      await ended(server.child);
      rmSync(dir, { recursive: true });
      return status;
    },
  };
}
