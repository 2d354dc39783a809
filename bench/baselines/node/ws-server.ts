// Plain `ws` in one Node process: the work of a hand-written hub without storage. With a number of
// milliseconds as its argument it gathers publishes that long and sends them as one array frame.

import { type WebSocket, WebSocketServer } from "ws";
import { createPublishServer, listen } from "./publish-server.ts";

const gatherMs = Number(process.argv[2] ?? 0);
const followers = new Map<string, Set<WebSocket>>();
const gathered = new Map<string, Buffer[]>();

function broadcast(path: string, frame: Buffer): void {
  for (const socket of followers.get(path) ?? []) socket.send(frame, { binary: false });
}

function gather(path: string, body: Buffer): void {
  const waiting = gathered.get(path);
  if (waiting) {
    waiting.push(body);
    return;
  }
  const bodies = [body];
  gathered.set(path, bodies);
  setTimeout(() => {
    gathered.delete(path);
    broadcast(path, Buffer.from(`[${bodies.join(",")}]`));
  }, gatherMs);
}

const server = createPublishServer(gatherMs > 0 ? gather : broadcast);
const sockets = new WebSocketServer({ server });

sockets.on("connection", (socket, request) => {
  const path = request.url ?? "/";
  const set = followers.get(path) ?? new Set();
  followers.set(path, set.add(socket));
  socket.on("close", () => set.delete(socket));
  // `close` follows a dropped connection, and does all the work.
  socket.on("error", () => socket.terminate());
});

listen(server);
