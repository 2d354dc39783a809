// The bare Durable Object that the hub is compared with: hibernating sockets, a publish by RPC, the body
// sent to every socket as it came. With INSERT set, the object also stores each message as a row, and so
// does each follower of the object.

import { DurableObject } from "cloudflare:workers";

/** Followers that are called at once, as many as the hub calls. */
const CALLS_MAX = 32;

export class Channel extends DurableObject {
  #stores;
  #followers = [];

  constructor(ctx, env) {
    super(ctx, env);
    this.#stores = env.INSERT !== "";
    if (this.#stores) {
      const { sql } = ctx.storage;
      sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, body TEXT)");
      // Read at each waking, so that an object that the runtime had evicted knows them.
      sql.exec("CREATE TABLE IF NOT EXISTS followers (name TEXT PRIMARY KEY)");
      this.#followers = [...sql.exec("SELECT name FROM followers")].map(({ name }) => name);
    }
  }

  publish(body) {
    if (this.#stores) this.store(body);
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(body);
      } catch {
        // A closing socket is still listed, and it must not keep the others from the message.
      }
    }
    if (this.#followers.length > 0) return this.#fanOut(body);
  }

  follow(follower) {
    this.ctx.storage.sql.exec("INSERT INTO followers (name) VALUES (?)", follower);
    this.#followers.push(follower);
  }

  kept(limit) {
    const { sql } = this.ctx.storage;
    const { count } = sql.exec("SELECT count(*) AS count FROM log").one();
    const rows = sql.exec("SELECT body FROM log ORDER BY id DESC LIMIT ?", limit).toArray();
    return { count, newest: rows.map(({ body }) => body) };
  }

  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketClose(socket) {
    socket.close();
  }

  store(body) {
    const messages = body.startsWith("[")
      ? JSON.parse(body).map((message) => JSON.stringify(message))
      : [body];
    for (const message of messages) {
      this.ctx.storage.sql.exec("INSERT INTO log (body) VALUES (?)", message);
    }
  }

  async #fanOut(body) {
    const next = this.#followers.values();
    const work = async () => {
      for (const follower of next) await this.env.CHANNEL.getByName(follower).store(body);
    };
    await Promise.all(Array.from({ length: CALLS_MAX }, work));
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const channel = env.CHANNEL.getByName(url.pathname);
    if (request.method === "POST") {
      await channel.publish(await request.text());
      return new Response(null, { status: 202 });
    }
    if (request.headers.has("Upgrade")) return channel.fetch(request);
    if (request.method === "GET")
      return Response.json(await channel.kept(url.searchParams.get("limit")));
    await channel.follow(url.searchParams.get("follower"));
    return new Response(null, { status: 202 });
  },
};
