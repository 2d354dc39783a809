// Socket.IO in one Node process: a room per address, WebSocket transport only. Its heartbeat is off
// while a row lasts, which flatters its idle cost a little.

import { Server } from "socket.io";
import { createPublishServer, listen } from "./publish-server.ts";

const HEARTBEAT_MS = 600_000;

const server = createPublishServer((path, body) => {
  io.to(path).emit("message", JSON.parse(body.toString()));
});

const io = new Server(server, {
  transports: ["websocket"],
  serveClient: false,
  pingInterval: HEARTBEAT_MS,
});

io.on("connection", (socket) => {
  const { address } = socket.handshake.query;
  if (typeof address === "string") socket.join(address);
});

listen(server);
