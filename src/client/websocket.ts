// The default transport: the hub over a WebSocket.

import { connectUrl, type Transport } from "./transport.ts";

/** Returns a transport over WebSockets, which a client uses unless others are named. */
export function websocket(): Transport {
  return {
    name: "websocket",
    topicsMax: 100,
    open(offer, events) {
      // The token travels as a sub-protocol: a browser can send no headers, and URLs end up in logs.
      const socket = new WebSocket(connectUrl(offer).replace("http", "ws"), [
        "belfry.v1",
        `bearer.${offer.token}`,
      ]);
      socket.onmessage = ({ data }) => events.frame(JSON.parse(data));
      // An `error` is always followed by a `close`, which has all the detail that a browser reveals.
      socket.onclose = ({ code, reason }) => events.lost(code, reason);
      return {
        send(text) {
          if (socket.readyState === WebSocket.OPEN) socket.send(text);
        },
        close() {
          socket.onmessage = socket.onclose = null;
          socket.close(1000);
        },
      };
    },
  };
}
