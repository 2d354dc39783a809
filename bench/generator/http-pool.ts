// Keep-alive connections to one server, for one request at a time each. The first reply that is not a
// 2xx, or the first broken connection, is kept: it fails the row that caused it.

import { HttpConnection } from "./http-connection.ts";

const REFUSAL_CHARACTERS_SHOWN = 400;

export class HttpPool {
  readonly #connections: HttpConnection[];
  readonly #idle: HttpConnection[];
  failure: Error | undefined;

  private constructor(connections: HttpConnection[]) {
    this.#connections = connections;
    this.#idle = [...connections];
  }

  static async open(port: number, size: number): Promise<HttpPool> {
    let pool: HttpPool | undefined;
    const connections: HttpConnection[] = [];
    for (let index = 0; index < size; index += 1) {
      const onFailure = (error: Error): void => {
        if (pool) pool.failure ??= error;
      };
      connections.push(await HttpConnection.open(port, onFailure));
    }
    pool = new HttpPool(connections);
    return pool;
  }

  get size(): number {
    return this.#connections.length;
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0;
  }

  get isIdle(): boolean {
    return this.#idle.length === this.#connections.length;
  }

  /** Sends a request over an idle connection; ask `hasIdle` first. */
  send(request: string, onReply: (text: string) => void): void {
    const connection = this.#idle.pop();
    if (!connection) throw new Error("Every connection of the pool is waiting for a reply.");
    connection.send(request, ({ status, text }) => {
      this.#idle.push(connection);
      if (status < 200 || status > 299) {
        const shown = text.slice(0, REFUSAL_CHARACTERS_SHOWN);
        this.failure ??= new Error(`A request was answered ${status}: ${shown}`);
      }
      onReply(text);
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** Opens a pool for the time of the work. A server may close connections that rest for long. */
export async function withPool<T>(
  port: number,
  size: number,
  work: (pool: HttpPool) => Promise<T>,
): Promise<T> {
  const pool = await HttpPool.open(port, size);
  try {
    return await work(pool);
  } finally {
    pool.close();
  }
}
