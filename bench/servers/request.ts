// Writes the HTTP requests of the bench: a publish, a WebSocket upgrade, and the requests that set a row's
// stage and check it afterwards. ASCII only, so a string's length is its Content-Length.

const CRLF = "\r\n";

// Any sixteen bytes will do: the key only shows that the server speaks WebSocket.
const WEBSOCKET_KEY = Buffer.alloc(16, "bench").toString("base64");

export function post(path: string, headers: readonly string[], body: string): string {
  return (
    [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      ...headers,
    ].join(CRLF) +
    CRLF +
    CRLF +
    body
  );
}

export function get(path: string, headers: readonly string[] = []): string {
  return [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers].join(CRLF) + CRLF + CRLF;
}

/** A PUT without a body: the path has all the data. */
export function put(path: string, headers: readonly string[] = []): string {
  const head = [`PUT ${path} HTTP/1.1`, "Host: 127.0.0.1", "Content-Length: 0", ...headers];
  return head.join(CRLF) + CRLF + CRLF;
}

export function upgrade(path: string, headers: readonly string[] = []): string {
  return (
    [
      `GET ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${WEBSOCKET_KEY}`,
      ...headers,
    ].join(CRLF) +
    CRLF +
    CRLF
  );
}
