// Watches an inbox or a topic with nothing but Node's own WebSocket (Node 22 and later). It misses
// nothing: after any loss of the connection it goes on from its cursor.
//
//   node examples/watch.mjs user:ada [cursor]
//   node examples/watch.mjs topic:builds [cursor]

import { existsSync, readFileSync } from "node:fs";

if (globalThis.WebSocket === undefined) {
  console.error(
    `This needs Node 22, and this is ${process.version}. Here: npx node examples/watch.mjs`,
  );
  process.exit(2);
}

const { HUB = "http://127.0.0.1:8787", KEY } = process.env;
// `npm start` leaves a key for development here.
const KEY_FILE = new URL("../.dev.key", import.meta.url);
if (KEY === undefined && !existsSync(KEY_FILE)) {
  console.error("Run npm start first, which leaves a key, or set KEY and HUB.");
  process.exit(2);
}
const key = KEY ?? readFileSync(KEY_FILE, "utf8").trim();
const [address = "user:ada", begin] = process.argv.slice(2);
const [kind, name] = address.split(/:(.*)/s);
const isTopic = kind === "topic";

let cursor = begin ?? null;
let spreadMs = 5_000;
let attempts = 0;
/** The parts of a frame that is not complete yet. */
let parts = [];

async function getToken() {
  const caps = isTopic ? { [address]: ["subscribe"] } : {};
  const response = await fetch(`${HUB}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ user: isTopic ? "watcher" : name, ttl: 3600, caps }),
  });
  const answer = await response.json();
  if (response.ok) return answer.token;
  // Only a temporary refusal is worth another try.
  console.error(`${answer.title}: ${answer.fix}`);
  if (!answer.temporary) process.exit(1);
  throw new Error(answer.code);
}

async function connect() {
  const token = await getToken();
  const path = isTopic ? `/v1/topics/${name}/connect` : "/v1/connect";
  const since = cursor === null ? "" : `?since=${cursor}`;
  const ws = new WebSocket(HUB.replace("http", "ws") + path + since, [
    "belfry.v1",
    `bearer.${token}`,
  ]);
  parts = [];
  let heard = true;
  let pings;
  let refresh;
  const refreshBefore = (expiresIn) => {
    clearTimeout(refresh);
    // Without a new token the hub closes with 4002, and the client reconnects with a new one.
    refresh = setTimeout(() => renew(ws).catch(() => undefined), expiresIn * 800);
  };
  // Called for a `disconnect` frame, or for the close after it, which may come late or never.
  const lost = (code, reason) => {
    ws.onmessage = ws.onclose = null;
    ws.close();
    clearInterval(pings);
    clearTimeout(refresh);
    console.log(`closed with ${code} ${reason}`);
    // The code decides: below 4500 come back, from 4500 on stay away.
    if (code < 4500) return comeBack();
    console.log(`not coming back; the cursor is ${cursor}`);
    process.exit(1);
  };
  ws.onmessage = ({ data }) => {
    heard = true;
    const frame = JSON.parse(data);
    switch (frame.type) {
      case "connected":
        attempts = 0;
        spreadMs = frame.reconnect_spread * 1000;
        console.log(`connected to ${address}`);
        if (!frame.recovered) console.log("what was missed is kept no more: the newest follow");
        pings = setInterval(() => {
          // Nothing heard since the last ping: the line is dead.
          if (!heard) return lost(1006, "silent");
          heard = false;
          ws.send("ping");
        }, frame.ping * 1000);
        refreshBefore(frame.expires_in);
        break;
      case "messages":
        if (!apply(frame)) lost(1006, "a frame is missing");
        break;
      case "reply":
        refreshBefore(frame.expires_in);
        break;
      case "error":
        console.error(`${frame.code}: ${frame.fix}`);
        break;
      case "disconnect":
        lost(frame.code, frame.reason);
        break;
    }
  };
  ws.onclose = ({ code, reason }) => lost(code, reason);
}

/** Prints the messages of a frame. Returns false if it does not follow the cursor: then reconnect. */
function apply(frame) {
  // The cursor of a log that was empty is `0:0`; its first message brings the epoch.
  const isNext = [`${frame.epoch}:${frame.since}`, `0:${frame.since}`].includes(cursor);
  if (!frame.snapshot && !isNext) return false;
  parts.push(...frame.messages);
  if (frame.more) return true;
  for (const { offset, source, type, notification, data } of parts)
    console.log(
      `${offset} ${source} ${notification?.title ?? type ?? ""} ${JSON.stringify(data) ?? ""}`,
    );
  parts = [];
  cursor = `${frame.epoch}:${frame.to}`;
  return true;
}

async function renew(ws) {
  ws.send(JSON.stringify({ type: "refresh", id: 1, token: await getToken() }));
}

/** Waits within the spread that the hub asks for at first, then with full jitter up to half a minute. */
function comeBack() {
  const maxMs = attempts === 0 ? spreadMs : Math.min(30_000, 1_000 * 2 ** attempts);
  attempts += 1;
  setTimeout(start, Math.random() * maxMs);
}

function start() {
  connect().catch(({ message, cause }) => {
    console.error(`${cause?.code ?? message}: trying again`);
    comeBack();
  });
}

start();
