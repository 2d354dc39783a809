// The bare Durable Object that the hub is compared with: hibernating sockets, a publish by RPC, the
// body sent to every socket as it came. With INSERT set, each message is also stored as a row.

import { DurableObject } from "cloudflare:workers";

export class Channel extends DurableObject {
  #stores;

  constructor(ctx, env) {
    super(ctx, env);
    this.#stores = env.INSERT !== "";
    if (this.#stores) {
      ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, body TEXT)");
    }
  }

  publish(body) {
    if (this.#stores) this.#store(body);
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(body);
      } catch {
        // A closing socket is still listed, and it must not keep the others from the message.
      }
    }
  }

  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketClose(socket) {
    socket.close();
  }

  #store(body) {
    const messages = body.startsWith("[")
      ? JSON.parse(body).map((message) => JSON.stringify(message))
      : [body];
    for (const message of messages) {
      this.ctx.storage.sql.exec("INSERT INTO log (body) VALUES (?)", message);
    }
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const channel = env.CHANNEL.getByName(pathname);
    if (request.method !== "POST") return channel.fetch(request);
    await channel.publish(await request.text());
    return new Response(null, { status: 202 });
  },
};
