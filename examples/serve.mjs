// The backend of page.html: serves the page, and mints its tokens. In your application this is a route of
// your own that knows the logged-in user; the API key never leaves the server.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const {
  HUB = "http://127.0.0.1:8787",
  KEY,
  WHO = "ada",
  PORT = "8080",
  TTL = "3600",
} = process.env;
// `npm start` leaves a key for development here.
const KEY_FILE = new URL("../.dev.key", import.meta.url);
if (KEY === undefined && !existsSync(KEY_FILE)) {
  console.error("Run npm start first, which leaves a key, or set KEY and HUB.");
  process.exit(2);
}
const key = KEY ?? readFileSync(KEY_FILE, "utf8").trim();
const page = readFileSync(new URL("page.html", import.meta.url));

async function giveToken(response) {
  const minted = await fetch(`${HUB}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ user: WHO, ttl: Number(TTL) }),
  });
  const { token } = await minted.json();
  response.writeHead(token === undefined ? 502 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ hub: HUB.replace("http", "ws"), token }));
}

const server = createServer((request, response) => {
  if (request.url === "/token")
    giveToken(response).catch(() => response.writeHead(502).end("the hub cannot be reached"));
  else if (request.url === "/")
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  else response.writeHead(404).end();
});
server.once("error", ({ message }) => {
  console.error(`The page cannot be served: ${message}. Choose another port: PORT=8081`);
  process.exitCode = 1;
});
server.listen(Number(PORT), "127.0.0.1", () =>
  console.log(`${WHO}'s page is at http://127.0.0.1:${server.address().port}`),
);
