// The bare object with the steps that no hub can leave out when a client connects: `jose` checks its
// token, its socket receives the offset of the log, and one frame from memory brings the messages that it
// missed. Nothing is stored, limited or kept through hibernation.

import { jwtVerify } from "jose";
import bare, { Channel as BareChannel } from "../bare/worker.js";

/** As in src/socket/sockets.ts, so that the floor is no higher than it must be. */
const GREETED_PER_TURN = 32;

export class Channel extends BareChannel {
  #messages = [];
  #ungreeted = [];

  publish(body) {
    this.#messages.push(body);
    return super.publish(body);
  }

  fetch(request) {
    const since = new URL(request.url).searchParams.get("since");
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    // A turn later, as in the hub.
    if (this.#ungreeted.push({ server, since }) % GREETED_PER_TURN === 1)
      setTimeout(() => this.#greetNext(), 0);
    return new Response(null, { status: 101, webSocket: client });
  }

  #greetNext() {
    for (const { server, since } of this.#ungreeted.splice(0, GREETED_PER_TURN)) {
      server.send(`{"type":"connected","offset":${this.#messages.length}}`);
      if (since === "latest") continue;
      const missed = this.#messages.slice(Number(since));
      server.send(`{"type":"messages","messages":[${missed.join(",")}]}`);
    }
  }
}

let key;

async function checkToken(request, env) {
  key ??= await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(env.JWT_SECRET),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const token = request.headers.get("authorization").slice("Bearer ".length);
  await jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["exp", "sub"] });
}

export default {
  async fetch(request, env) {
    if (request.headers.has("Upgrade")) await checkToken(request, env);
    return bare.fetch(request, env);
  },
};
