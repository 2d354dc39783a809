// Writes the two HTTP requests of the bench: a publish and a WebSocket upgrade. ASCII only, so a
// string's length is its Content-Length.

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
