// A TCP proxy that keeps one address for a hub that is killed and comes back at another port. Without a
// target it hangs up.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Sets the hub for new connections, or null for none, and cuts the open ones. */
  point(url: string | null): void;
  stop(): void;
}

export async function startProxy(): Promise<TcpProxy> {
  let target: URL | null = null;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    if (target === null) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      // `close` follows an error, and ends the other side as well.
      one.on("error", () => undefined);
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    point(url) {
      target = url === null ? null : new URL(url);
      cut();
    },
    stop() {
      server.close();
      cut();
    },
  };
}
