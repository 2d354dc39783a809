// An app's site with the element on it, as strict as a site can be: its policy allows only its own files
// and the hub, and its Trusted Types rule allows no policy at all.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bundleAsset } from "../../src/operate/assets.ts";
import { tokenOf } from "../support/backend.ts";

export interface Site {
  readonly origin: string;
  /** The HTML of every page that is opened from now on. */
  html: string;
  /** The user of the tokens that POST /token issues; null: nobody is signed in. */
  user: string | null;
  /** The lifetime of these tokens. */
  tokenSeconds: number;
  /** Counts the requests for a token. */
  asked: number;
  stop(): void;
}

const STYLE = `
html { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#f6f7f9, #101114); color: light-dark(#222, #ddd); }
header { display: flex; align-items: center; justify-content: space-between; padding: 10px 24px; background: light-dark(#fff, #17181c); }
main { padding: 24px; max-width: 640px; }
.aside { position: fixed; inset-block-end: 24px; inset-inline-start: 24px; }
.themed { --belfry-accent: #8a3ffc; --belfry-radius: 0; --belfry-font: Georgia, serif; --belfry-height: 400px; }
.themed::part(title) { font-weight: 400; font-style: italic; }
`;

export function pageOf(element: string, attributes = 'lang="en"'): string {
  return `<!doctype html>
<html ${attributes}><head><meta charset="utf-8"><title>App</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/belfry-inbox.js"></script></head>
<body><header><h1>Acme</h1>${element}</header>
<main><p>The rest of the page.</p><button id="elsewhere">Elsewhere</button></main></body></html>`;
}

const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" fill="#0b7a6f"/><circle cx="18" cy="18" r="9" fill="#fff"/></svg>`;

/** Serves the site to pages that reach the hub at `hubUrl`. */
export async function startSite(hubUrl: string): Promise<Site> {
  const scripts = new Map([
    ["/belfry-inbox.js", await bundleAsset("belfry-inbox")],
    ["/belfry-inbox-list.js", await bundleAsset("belfry-inbox-list")],
  ]);
  const site = { html: "", user: "ada" as string | null, tokenSeconds: 3600, asked: 0 };
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${hubUrl} ${hubUrl.replace("http", "ws")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

  const server = createServer(async ({ url = "/", method, headers }, response) => {
    const path = url.split("?")[0];
    const send = (type: string, body: string | Uint8Array, status = 200) =>
      response
        .writeHead(status, {
          "content-type": type,
          "content-security-policy": policy,
          "cache-control": "no-store",
        })
        .end(body);
    if (path === "/token") {
      // Frameworks send a request that does not accept JSON to the login page.
      if (headers.accept !== "application/json") return send("text/html", "<title>Login</title>");
      site.asked += 1;
      if (method !== "POST") return send("text/plain", "", 405);
      if (site.user === null) return send("text/plain", "", 401);
      const exp = Math.floor(Date.now() / 1000) + site.tokenSeconds;
      const token = await tokenOf(site.user, {}, { exp });
      return send("application/json", JSON.stringify({ token }));
    }
    const script = scripts.get(path ?? "");
    if (script) return send("text/javascript", script);
    if (path === "/style.css") return send("text/css", STYLE);
    if (path === "/picture.svg") return send("image/svg+xml", PICTURE);
    if (path === "/favicon.ico") return send("image/svg+xml", PICTURE);
    return send("text/html", site.html);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  site.html = pageOf(`<belfry-inbox url="${hubUrl}" token-url="/token"></belfry-inbox>`);
  return Object.assign(site, {
    origin: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  });
}
