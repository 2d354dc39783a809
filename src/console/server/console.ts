// The server of the development page: its files, and its calls to the hub. The API key for the calls stays
// in this process. Nothing here is part of the Worker.

import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { isLocal, isOwn } from "./local-only.ts";

const PAGE = join(import.meta.dirname, "..");
/** The style sheets, joined in this order. */
const STYLES = ["page", "form", "data"];
const CALLS = "/console/hub";
/** The calls that the page may make with the API key. */
const CALLABLE =
  /^((GET|POST) \/v1\/(users\/[^/]+\/notifications|topics\/[^/]+\/messages)|GET \/v1\/users\/[^/]+\/follows|POST \/v1\/tokens)$/;
const BODY_BYTES_MAX = 1024 * 1024;

export interface Hub {
  url: string;
  /** The development API key. */
  key: string;
}

/** Answers a request for a file or a call of the page; returns false for any other request. */
export type Console = (request: IncomingMessage, response: ServerResponse) => boolean;

export async function createConsole(hub: Hub): Promise<Console> {
  const files = await readFiles();
  return (request, response) => {
    const [pathname = "", query] = (request.url ?? "").split("?");
    const isPage = pathname === "/" || pathname.startsWith("/console/");
    if (!isPage || !isLocal(request)) return false;
    const file = files.get(pathname);
    if (file !== undefined && (request.method === "GET" || request.method === "HEAD")) {
      response.writeHead(200, { ...headersFor(request), "content-type": file.type });
      response.end(request.method === "HEAD" ? undefined : file.contents);
      return true;
    }
    const path = pathname.slice(CALLS.length);
    const isCall =
      pathname.startsWith(`${CALLS}/`) &&
      CALLABLE.test(`${request.method} ${path}`) &&
      leadsThere(path);
    if (!isCall || !isOwn(request)) return false;
    answerCall(hub, query === undefined ? path : `${path}?${query}`, request, response).catch(
      (cause: Error) => {
        if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
        response.end(cause.message);
      },
    );
    return true;
  };
}

/** Returns whether `fetch` leaves a path as it is: a `\`, a `#` or dot segments would change it. */
const leadsThere = (path: string) => new URL(path, "http://hub").pathname === path;

interface File {
  type: string;
  contents: string;
}

async function readFiles(): Promise<ReadonlyMap<string, File>> {
  const read = (name: string) => readFile(join(PAGE, name), "utf8");
  const styles = await Promise.all(STYLES.map((name) => read(`style/${name}.css`)));
  return new Map([
    ["/", { type: "text/html; charset=utf-8", contents: await read("page.html") }],
    ["/console/style.css", { type: "text/css", contents: styles.join("\n") }],
    ["/console/icon.svg", { type: "image/svg+xml", contents: await read("icon.svg") }],
    ["/console/main.js", { type: "text/javascript", contents: await bundle() }],
  ]);
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, "main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    sourcemap: "inline",
    // package.json lists only the built element under `sideEffects`, so esbuild would drop its source.
    ignoreAnnotations: true,
  });
  return outputFiles[0]?.text ?? "";
}

/**
 * Returns the headers of every answer. The page shows messages from strangers: no part of them may run, and
 * the page may connect to this server only. Images may come from anywhere over HTTPS.
 */
function headersFor({ headers: { host } }: IncomingMessage): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' https:",
    // Some browsers do not match 'self' with a WebSocket of the same host.
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
}

/** Makes a call for the page with the API key. No header of the browser is passed on. */
async function answerCall(
  { url, key }: Hub,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("The body is too large");
    chunks.push(chunk);
  }
  const { method = "GET" } = request;
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(method === "GET" ? {} : { body: Buffer.concat(chunks) }),
  });
  const type = answer.headers.get("content-type") ?? "text/plain";
  response.writeHead(answer.status, { ...headersFor(request), "content-type": type });
  response.end(await answer.text());
}
