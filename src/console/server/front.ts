// The address that `npm start` prints: the page, and behind it the hub as it is. The front passes on what
// is not the page's, sockets and streams too, but nothing to the tools of the platform's own server.

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
  /** Where `wrangler dev` listens. */
  hubUrl: string;
  /** The development API key. */
  key: string;
  host: string;
  port: number;
  /** Whether another port will do when that one is taken. */
  isFlexible: boolean;
}

/** Listens; gives the address. */
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
  // An event stream is open for as long as its reader likes.
  server.requestTimeout = 0;
  await listen(server, port, host).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EADDRINUSE" || !isFlexible) throw cause;
    return listen(server, 0, host);
  });
  return `http://${nameOf(host)}:${(server.address() as AddressInfo).port}`;
}

/** How this machine calls it: where it listens everywhere, it is here too. */
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
    // Either side may leave before the end; the other one is told by its own end.
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
