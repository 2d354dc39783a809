// The backend's part of page.html: serves the page, and gives it tokens. In your application this is
// a route of your own that knows who is logged in; the API key never leaves the server.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const {
  HUB = "http://127.0.0.1:8787",
  KEY,
  WHO = "ada",
  PORT = "8080",
  TTL = "3600",
} = process.env;
// `npm start` leaves a key for development here.
const key = KEY ?? readFileSync(new URL("../.dev.key", import.meta.url), "utf8").trim();
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
server.listen(Number(PORT), "127.0.0.1", () =>
  console.log(`${WHO}'s page is at http://127.0.0.1:${server.address().port}`),
);
