// A proxy between clients and a hub that does to connections and frames what networks do, and what
// they should not. To extend: add a fault to FAULTS and do it in `#tell` or at once.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Environment } from "../../src/client/environment.ts";

/** `silence` is a connection that is half open: nothing comes through any more, and nobody is told. */
export const FAULTS = ["cut", "silence", "refuse", "drop", "double", "swap", "hold"] as const;
export type Fault = (typeof FAULTS)[number];

const SPEED = 100;
const startedAt = Date.now();

/** A device whose time runs a hundred times as fast, by a clock that is ahead by so many milliseconds. */
export const fast = (random: () => number, aheadMs = 0): Environment => ({
  now: () => startedAt + aheadMs + (Date.now() - startedAt) * SPEED,
  random,
  after(ms, act) {
    const timer = setTimeout(act, ms / SPEED);
    return () => clearTimeout(timer);
  },
  page: undefined,
});

interface Wire {
  near: WebSocket;
  far: WebSocket;
  isSilent: boolean;
  /** Down frames that wait, because one is to be swapped with the next or because all are held. */
  waiting: string[];
  isHeld: boolean;
  next: Fault | null;
}

export class ChaosProxy {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #refuses = 0;
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<ChaosProxy> {
    const server = createServer();
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "belfry.v1" });
    const proxy = new ChaosProxy(server);
    server.on("upgrade", (request, socket, head) => {
      if (proxy.#refuses > 0) {
        proxy.#refuses -= 1;
        socket.destroy();
        return;
      }
      const protocols = String(request.headers["sec-websocket-protocol"]).split(/, */);
      const far = new WebSocket(target.replace("http", "ws") + request.url, protocols);
      sockets.handleUpgrade(request, socket, head, (near) => proxy.#join(near, far));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Does this to one of the connections, which is chosen by a number from 0 up to 1. */
  fault(fault: Fault, chance: number): void {
    if (fault === "refuse") this.#refuses += 1;
    const wires = [...this.#wires];
    const wire = wires[Math.floor(chance * wires.length)];
    if (wire === undefined) return;
    if (fault === "cut") this.#end(wire);
    else if (fault === "silence") wire.isSilent = true;
    else if (fault === "hold") wire.isHeld = true;
    else wire.next = fault;
  }

  /** Lets go of what is held. */
  release(): void {
    for (const wire of this.#wires) {
      wire.isHeld = false;
      this.#flush(wire);
    }
  }

  /** No more faults; those connections that are silent are cut. */
  calm(): void {
    this.#refuses = 0;
    for (const wire of [...this.#wires]) {
      wire.next = null;
      if (wire.isSilent) this.#end(wire);
    }
    this.release();
  }

  stop(): void {
    for (const wire of [...this.#wires]) this.#end(wire);
    this.#server.close();
  }

  #join(near: WebSocket, far: WebSocket): void {
    const wire: Wire = { near, far, isSilent: false, waiting: [], isHeld: false, next: null };
    const early: string[] = [];
    this.#wires.add(wire);
    this.connections += 1;
    near.on("message", (data) => {
      if (wire.isSilent) return;
      if (far.readyState === WebSocket.OPEN) far.send(String(data));
      else early.push(String(data));
    });
    far.on("open", () => early.splice(0).forEach((text) => void far.send(text)));
    far.on("message", (data) => this.#tell(wire, String(data)));
    for (const socket of [near, far]) {
      socket.on("close", (code) => this.#end(wire, code));
      socket.on("error", () => this.#end(wire));
    }
  }

  #tell(wire: Wire, text: string): void {
    if (wire.isSilent) return;
    const { next } = wire;
    // Only steps are lost or moved by themselves: the rest is cut off as a whole or not at all.
    if (next !== null && text.includes('"type":"messages"')) {
      wire.next = null;
      if (next === "drop") return;
      if (next === "double") wire.waiting.push(text);
      if (next === "swap") {
        wire.waiting.push(text);
        return;
      }
    }
    wire.waiting.push(text);
    // The one that was to be swapped comes after this one.
    if (wire.waiting.length === 2) wire.waiting.reverse();
    this.#flush(wire);
  }

  #flush(wire: Wire): void {
    if (wire.isHeld || wire.near.readyState !== WebSocket.OPEN) return;
    for (const text of wire.waiting.splice(0)) wire.near.send(text);
  }

  #end(wire: Wire, code = 1006): void {
    if (!this.#wires.delete(wire)) return;
    for (const socket of [wire.near, wire.far])
      if (code >= 4000 && socket.readyState === WebSocket.OPEN) socket.close(code);
      else socket.terminate();
  }
}
