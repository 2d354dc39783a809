// A check of whether a hub can listen on a port, made before the hub is started.

import { createServer } from "node:net";

const PORT_MAX = 65_535;

/** Takes a port as text, and a host; returns the reason it cannot be used there, or null. */
export async function portFault(text: string, host: string): Promise<string | null> {
  if (!/^\d{1,5}$/.test(text) || Number(text) > PORT_MAX)
    return `a port is a number from 0 to ${PORT_MAX}, and "${text}" is not`;
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === "EADDRINUSE" ? "is taken" : `at ${host} cannot be had: ${message}`;
      resolve(`port ${text} ${why}`);
    });
    server.listen(Number(text), host, () => server.close(() => resolve(null)));
  });
}
