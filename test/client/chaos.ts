// A proxy between clients and a hub that treats connections and frames as networks do, and as they should
// not. To extend: add a fault to FAULTS, and carry it out in `fault` or in `#tell`.

import {
  createServer,
  type IncomingMessage,
  request as requestTo,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Environment } from "../../src/client/environment.ts";

/** `silence` is a half-open connection: nothing comes through any more, and neither side notices. */
export const FAULTS = ["cut", "silence", "refuse", "drop", "double", "swap", "hold"] as const;
export type Fault = (typeof FAULTS)[number];

const SPEED = 100;
const startedAt = Date.now();

/** A device with time a hundred times as fast, and a clock that is `aheadMs` ahead. */
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
  /** Down frames that wait: one to be swapped with the next, or all of a held connection. */
  waiting: string[];
  isHeld: boolean;
  next: Fault | null;
  /** The number of steps to lose on the way down. */
  toLose: number;
}

export class ChaosProxy {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  /** Event streams: every fault cuts them. */
  readonly #streams = new Set<ServerResponse>();
  #refuses = 0;
  /** Called when a step or a socket was lost. */
  #onChange = () => undefined as unknown;
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<ChaosProxy> {
    const server = createServer();
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "belfry.v1" });
    const proxy = new ChaosProxy(server);
    server.on("request", (request, response) => proxy.#pass(target, request, response));
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

  /** Applies a fault to one of the connections, chosen by a number from 0 up to 1. */
  fault(fault: Fault, chance: number): void {
    if (fault === "refuse") this.#refuses += 1;
    const all = [...this.#wires, ...this.#streams];
    const wire = all[Math.floor(chance * all.length)];
    if (wire === undefined) return;
    if (!("near" in wire)) wire.destroy();
    else if (fault === "cut") this.#end(wire);
    else if (fault === "silence") wire.isSilent = true;
    else if (fault === "hold") wire.isHeld = true;
    else wire.next = fault;
  }

  /** Releases the held frames. */
  release(): void {
    for (const wire of this.#wires) {
      wire.isHeld = false;
      this.#flush(wire);
    }
  }

  /** Loses the next `ofEach` steps of each socket that is open now; resolves after the last. */
  async loseSteps(ofEach: number): Promise<void> {
    const wires = [...this.#wires];
    for (const wire of wires) wire.toLose = ofEach;
    while (wires.some((wire) => wire.toLose > 0 && this.#wires.has(wire)))
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
  }

  /** Ends all faults, and cuts the silent connections. */
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
    this.#server.closeAllConnections();
  }

  /** Passes a call on; an event stream may be refused or cut. */
  #pass(target: string, request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    if (url?.startsWith("/v1/connect")) {
      if (this.#refuses > 0) {
        this.#refuses -= 1;
        response.destroy();
        return;
      }
      this.connections += 1;
      this.#streams.add(response);
    }
    const far = requestTo(target + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode as number, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    far.on("error", () => response.destroy());
    response.on("close", () => {
      this.#streams.delete(response);
      far.destroy();
    });
    request.pipe(far);
  }

  #join(near: WebSocket, far: WebSocket): void {
    const wire: Wire = {
      near,
      far,
      isSilent: false,
      waiting: [],
      isHeld: false,
      next: null,
      toLose: 0,
    };
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
    // Only steps are lost or moved on their own: the rest is cut off as a whole, or not at all.
    const isStep = text.includes('"type":"messages"');
    if (isStep && wire.toLose > 0) {
      wire.toLose -= 1;
      this.#onChange();
      return;
    }
    if (next !== null && isStep) {
      wire.next = null;
      if (next === "drop") return;
      if (next === "double") wire.waiting.push(text);
      if (next === "swap") {
        wire.waiting.push(text);
        return;
      }
    }
    wire.waiting.push(text);
    // The frame that waits to be swapped goes out after this one.
    if (wire.waiting.length === 2) wire.waiting.reverse();
    this.#flush(wire);
  }

  #flush(wire: Wire): void {
    if (wire.isHeld || wire.near.readyState !== WebSocket.OPEN) return;
    for (const text of wire.waiting.splice(0)) wire.near.send(text);
  }

  #end(wire: Wire, code = 1006): void {
    if (!this.#wires.delete(wire)) return;
    this.#onChange();
    for (const socket of [wire.near, wire.far])
      if (code >= 4000 && socket.readyState === WebSocket.OPEN) socket.close(code);
      else socket.terminate();
  }
}
