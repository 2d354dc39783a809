// The proof that the hub of `npm start` holds the development key, asked for before the key is sent to it.
// The address in a file outlives a hub that was killed, and another program may listen there by now.

import { createHmac, randomBytes } from "node:crypto";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

const PATH = "/console/proof";
const CHALLENGE = /^[0-9a-f]{64}$/;
const ANSWER_MS_MAX = 2_000;
const ANSWER_LENGTH_MAX = 1_024;

/**
 * Returns the proof for a challenge. It covers the address and the port: a program that relays the challenge
 * to the hub gets a proof for another port.
 */
function proofOf(key: string, challenge: string, address = "", port = 0): string {
  const place = `${address.replace(/^::ffff:/, "")} ${port}`;
  return createHmac("sha256", key).update(`belfry development ${place} ${challenge}`).digest("hex");
}

/** Answers a request that is a challenge; returns whether it was one. */
export function answerChallenge(
  key: string,
  { url = "", socket }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const [path, challenge = ""] = url.split("?challenge=");
  if (path !== PATH || !CHALLENGE.test(challenge)) return false;
  response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-store" });
  response.end(proofOf(key, challenge, socket.localAddress, socket.localPort));
  return true;
}

/**
 * Returns whether the program at an address proves that it holds the key. The key itself is not sent. Rejects
 * when nothing answers.
 */
export function holdsKey(url: string, key: string): Promise<boolean> {
  const challenge = randomBytes(32).toString("hex");
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${PATH}?challenge=${challenge}`, {
      agent: false,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    asked.on("response", (response) => {
      const { remoteAddress, remotePort } = response.socket as Socket;
      const proof = proofOf(key, challenge, remoteAddress, remotePort);
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        if (text.length > ANSWER_LENGTH_MAX) asked.destroy();
      });
      response.on("close", () => resolve(text === proof));
    });
    asked.on("error", reject).end();
  });
}
