// The HTTP half of the Node baselines: POST to a path publishes its body to all that follow the path. It
// prints its port for the bench to read.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Long enough for every client of a reconnect storm; Node's own default is 511. */
const BACKLOG = 4096;

export function createPublishServer(publish: (path: string, body: Buffer) => void): Server {
  // Publishers keep their connections, however long they pause: no keep-alive timeout.
  return createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [first] = chunks;
      publish(request.url ?? "/", first && chunks.length === 1 ? first : Buffer.concat(chunks));
      response.writeHead(202, { "Content-Length": 0 }).end();
    });
  });
}

export function listen(server: Server): void {
  server.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG }, () => {
    const { port } = server.address() as AddressInfo;
    console.log(JSON.stringify({ port }));
  });
}
