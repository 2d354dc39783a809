// The server at the address that `npm start` prints: it serves the page, and passes all other requests on to
// the hub unchanged, sockets and streams included, except those to the tools of the platform's own server.

import {
  createServer,
  type IncomingMessage,
  request as requestTo,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";
import { createConsole } from "./console.ts";
import { answerChallenge } from "./proof.ts";
import { leadsToTools } from "./tools.ts";

export interface FrontOptions {
  /** The address of `wrangler dev`. */
  hubUrl: string;
  /** The development API key. */
  key: string;
  host: string;
  port: number;
  /** Whether to listen on any free port when `port` is taken. */
  isFlexible: boolean;
}

/** Starts to listen; returns the address. */
export async function startFront(options: FrontOptions): Promise<string> {
  const { hubUrl, key, host, port, isFlexible } = options;
  const answer = await createConsole({ url: hubUrl, key });
  const { hostname, port: hubPort } = new URL(hubUrl);
  const hub = { host: hostname, port: Number(hubPort) };
  const server = createServer((request, response) => {
    if (leadsToTools(request.url ?? "")) refuse(response);
    else if (!answerChallenge(key, request, response) && !answer(request, response))
      passOn(hub, request, response);
  });
  server.on("upgrade", (request, socket, head) => {
    if (leadsToTools(request.url ?? "")) socket.end(REFUSED_UPGRADE);
    else passSocket(hub, request, socket, head);
  });
  // No time limit: an event stream stays open for as long as its reader likes.
  server.requestTimeout = 0;
  await listen(server, port, host).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EADDRINUSE" || !isFlexible) throw cause;
    return listen(server, 0, host);
  });
  return `http://${nameOf(host)}:${(server.address() as AddressInfo).port}`;
}

/** Returns the host for a URL on this machine: the loopback address for `0.0.0.0` and `::`. */
function nameOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host.includes(":") ? `[${host === "::" ? "::1" : host}]` : host;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

const REFUSED_UPGRADE = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

function refuse(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "text/plain", connection: "close" });
  response.end("There is no hub here: /cdn-cgi/ is of the development server's own tools.\n");
}

interface Place {
  host: string;
  port: number;
}

function passOn(hub: Place, request: IncomingMessage, response: ServerResponse): void {
  const { method = "GET", url = "/", rawHeaders } = request;
  const upstream = requestTo({ ...hub, method, path: url, headers: rawHeaders });
  upstream.on("response", (passed) => {
    response.writeHead(passed.statusCode ?? 502, passed.rawHeaders);
    response.flushHeaders();
    // Either side may close early. The pipeline then ends the other one, so the error is ignored.
    pipeline(passed, response, () => undefined);
  });
  upstream.on("error", () => {
    if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
    response.end();
  });
  response.on("close", () => upstream.destroy());
  request.pipe(upstream);
}

function passSocket(hub: Place, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const upstream = connect(hub.port, hub.host, () => {
    const headers = rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    upstream.write(`${method} ${url} HTTP/${httpVersion}\r\n${headers.join("")}\r\n`);
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  const end = () => {
    upstream.destroy();
    socket.destroy();
  };
  for (const side of [upstream, socket]) side.on("error", end).on("close", end);
}
