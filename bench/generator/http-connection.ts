// One keep-alive HTTP/1.1 connection over a raw socket, with at most one request in flight. It
// reads just enough of a reply to know its status and where it ends.

import { connect, type Socket } from "node:net";
import { READ_BUFFER } from "./read-buffer.ts";

export interface Reply {
  status: number;
  text: string;
}

type OnReply = (reply: Reply) => void;

const END_OF_HEAD = "\r\n\r\n";
const END_OF_CHUNKS = "\r\n0\r\n\r\n";

export class HttpConnection {
  #socket: Socket;
  #received = "";
  #onReply: OnReply | undefined;
  #failure: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(port: number, onFailure: (error: Error) => void): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        port,
        host: "127.0.0.1",
        noDelay: true,
        onread: {
          buffer: READ_BUFFER,
          callback: (length) => {
            connection.#read(READ_BUFFER.toString("latin1", 0, length));
            return true;
          },
        },
      });
      const connection = new HttpConnection(socket);
      connection.#failure = onFailure;
      socket.once("connect", () => resolve(connection));
      socket.on("error", (error) => {
        reject(error);
        connection.#fail(error);
      });
      socket.on("close", () => connection.#fail(new Error("The server closed a connection.")));
      socket.resume();
    });
  }

  /** Sends a whole request; ASCII only, like everything that the bench publishes. */
  send(request: string, onReply: OnReply): void {
    if (this.#onReply) throw new Error("This connection is waiting for a reply.");
    this.#onReply = onReply;
    this.#socket.write(request, "latin1");
  }

  close(): void {
    this.#failure = undefined;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    const failure = this.#failure;
    this.#failure = undefined;
    failure?.(error);
  }

  #read(text: string): void {
    this.#received = this.#received === "" ? text : this.#received + text;
    const reply = parseReply(this.#received);
    if (!reply) return;
    const onReply = this.#onReply;
    this.#received = "";
    this.#onReply = undefined;
    onReply?.(reply);
  }
}

/** Returns the reply in `text`, or undefined while it is incomplete. */
function parseReply(text: string): Reply | undefined {
  const headEnd = text.indexOf(END_OF_HEAD);
  if (headEnd === -1) return undefined;
  const bodyStart = headEnd + END_OF_HEAD.length;
  const head = text.slice(0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const length = /content-length: *(\d+)/.exec(head);
  if (length) {
    const bodyEnd = bodyStart + Number(length[1]);
    return text.length >= bodyEnd ? { status, text: text.slice(bodyStart, bodyEnd) } : undefined;
  }
  if (head.includes("transfer-encoding: chunked")) {
    // The sizes of the chunks stay in the text, since only the start of a refusal is read.
    const isEnded = text.endsWith(END_OF_CHUNKS) || text.slice(bodyStart) === "0\r\n\r\n";
    return isEnded ? { status, text: text.slice(bodyStart) } : undefined;
  }
  return { status, text: "" };
}
