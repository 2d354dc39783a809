// Keeps one line to the hub open: asks for the token, opens, listens for a heartbeat, comes back.
// What the frames mean is the client's business. The states are drawn in status.ts.

import type { ConnectedFrame, DownFrame } from "../protocol/down.ts";
import type { Cancel, Environment } from "./environment.ts";
import type { Reason } from "./error.ts";
import { Pace } from "./pace.ts";
import { watchPage } from "./page.ts";
import type { Status } from "./status.ts";
import type { Line, Offer, Transport, UpFrame } from "./transport.ts";

/** How long it may take from asking for a token to the first frame. */
const OPEN_MS = 15_000;
/** How long an answer to `ping` may take. */
const PONG_MS = 8_000;
/** The waits after a loss grow to this. */
const WAIT_MS_MAX = 30_000;
/** Failed opens after which the next transport is tried. */
const OPENS_MAX = 2;
/** Lost without a word, as WebSockets number it. */
const LOST = 1006;

/**
 * Why a token is asked for: to connect; because the last one expired, or was refused; or for the
 * connection that is open, before its token ends.
 */
export type TokenReason = "connect" | "expired" | "refused" | "refresh";

/** A token, or who gives one. Null says that nobody is signed in, and closes the connection. */
export type TokenSource =
  | string
  | ((reason: TokenReason) => string | null | Promise<string | null>);

export interface Plan {
  url: string;
  token: TokenSource;
  transports: readonly Transport[];
  environment: Environment;
  /** What the next line begins with; at most so many topics. */
  offer(topicsMax: number): Pick<Offer, "since" | "topics">;
  connected(frame: ConnectedFrame): void;
  frame(frame: DownFrame): void;
  /** Told after each change. */
  changed(status: Status): void;
}

export class Connection {
  status: Status = { state: "idle" };
  readonly #plan: Plan;
  readonly #pace: Pace;
  #line: Line | null = null;
  /** Whatever belongs to a line that is gone carries an older number, and is passed over. */
  #generation = 0;
  /** The one timer: until it is tried again, opened at last, or time for the next beat. */
  #cancel: Cancel = () => undefined;
  #attempts = 0;
  #failedOpens = 0;
  #tokenReason: TokenReason = "connect";
  /** What the hub said before it closed. */
  #refused: Pick<Reason, "code" | "message"> | null = null;
  #heard = false;
  #refreshAt = Number.POSITIVE_INFINITY;
  #pingMs = 0;
  #spreadMs = 5_000;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#pace = new Pace(plan.environment, (frame) => this.#line?.send(frame));
    const leave = () => {
      if (this.isWanted) this.#leave();
    };
    watchPage(plan.environment, leave, () => {
      if (this.isWanted) this.connect();
    });
  }

  /** Whether it is used, and has not ended. */
  get isWanted(): boolean {
    return this.status.state !== "idle" && this.status.state !== "closed";
  }

  get isOpen(): boolean {
    return this.status.state === "open";
  }

  /** Connects now; where it is connected, makes sure that it still is. */
  connect(): void {
    // A line that is being opened has a limit already.
    if (this.isOpen) this.#beat();
    else if (this.status.state !== "connecting") {
      this.#failedOpens = 0;
      this.#open();
    }
  }

  /** Begins anew with what is to be offered by now. */
  reopen(): void {
    if (!this.#line) return;
    this.#drop();
    this.#open();
  }

  send(frame: UpFrame): void {
    this.#pace.push(frame);
  }

  /** Something is missing, or nothing is heard: comes back with the cursors. */
  lose(close: number, code: string, message: string): void {
    const reason: Reason = { close, code, message, ...this.#refused };
    const isAsked = typeof this.#plan.token === "function";
    const wasRefused = this.#tokenReason === "refused";
    if (this.isOpen) this.#failedOpens = this.#failedOpens < OPENS_MAX ? 0 : 1;
    else if (!this.#refused) this.#failedOpens += 1;
    this.#drop();
    this.#tokenReason = close === 4002 ? "expired" : close === 4500 ? "refused" : "connect";
    // A token that was refused is asked for once more, where there is somebody to ask.
    if (close === 4500 && isAsked && !wasRefused) this.#open();
    else if (close >= 4500 || (close === 4002 && !isAsked)) this.end(reason);
    else this.#comeBack(reason);
  }

  /** Within the spread that the hub asks for, then with full jitter over a time that doubles. */
  #comeBack(reason: Reason): void {
    const { now, random, after } = this.#plan.environment;
    const attempts = this.#attempts;
    const waitMs = attempts ? Math.min(WAIT_MS_MAX, 1_000 * 2 ** attempts) : this.#spreadMs;
    const delayMs = random() * waitMs;
    this.#attempts += 1;
    this.#wait(reason, now() + delayMs);
    this.#cancel = after(delayMs, () => this.#open());
  }

  end(reason: Reason): void {
    this.#drop();
    for (const { leave } of this.#plan.transports) leave?.();
    this.#change({ state: "closed", reason });
  }

  async #open(): Promise<void> {
    const { url, token, transports, environment, offer } = this.#plan;
    this.#cancel();
    this.#generation += 1;
    this.#refused = null;
    this.#change({ state: "connecting", attempt: this.#attempts });
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation;
    this.#cancel = environment.after(OPEN_MS, () =>
      this.lose(LOST, "timeout", "the hub did not answer"),
    );
    try {
      // Awaited even when it is a text: what an app asks for in one go is offered in one go.
      const given = await (typeof token === "function" ? token(this.#tokenReason) : token);
      if (!isCurrent()) return;
      if (!given)
        return this.end({ close: 4500, code: "unauthorized", message: "there is no token" });
      const turn = Math.floor(this.#failedOpens / OPENS_MAX) % transports.length;
      const transport = transports[turn] as Transport;
      const begin = { url, token: given, now: environment.now, ...offer(transport.topicsMax) };
      this.#line = transport.open(begin, {
        frame: (frame) => isCurrent() && this.#take(frame, transport),
        lost: (close, reason) =>
          isCurrent() && this.lose(close, "lost", reason || "the connection was lost"),
        reopen: () => isCurrent() && this.reopen(),
      });
    } catch (cause) {
      // The app's own callback failed, or its token is none that can be sent.
      if (isCurrent()) this.lose(LOST, "token", String(cause));
    }
  }

  #take(frame: DownFrame, transport: Transport): void {
    this.#heard = true;
    if (frame.type === "connected") this.#connected(frame, transport);
    // The close after it may come late or never.
    else if (frame.type === "disconnect") this.lose(frame.code, "disconnected", frame.reason);
    else if (frame.type === "error" && !this.isOpen)
      this.#refused = { code: frame.code, message: frame.fix };
    else {
      // Of our own `refresh`: no other reply has it.
      if (frame.type === "reply" && typeof frame.expires_in === "number")
        this.#expiresIn(frame.expires_in);
      this.#plan.frame(frame);
    }
  }

  #connected(frame: ConnectedFrame, transport: Transport): void {
    this.#attempts = 0;
    this.#tokenReason = "connect";
    this.#spreadMs = frame.reconnect_spread * 1_000;
    this.#pingMs = frame.ping * 1_000;
    this.#expiresIn(frame.expires_in);
    this.status = { state: "open", transport: transport.name, connection: frame.connection };
    this.#plan.connected(frame);
    this.#plan.changed(this.status);
    this.#rest();
  }

  /** A new token is sent when four fifths of the old one's time are over. */
  #expiresIn(seconds: number | null): void {
    const { token, environment } = this.#plan;
    const canAsk = typeof token === "function" && seconds !== null;
    this.#refreshAt = canAsk ? environment.now() + seconds * 800 : Number.POSITIVE_INFINITY;
  }

  /** Until it is time for the next `ping`, or for a new token. */
  #rest(): void {
    const { now, after } = this.#plan.environment;
    const restMs = Math.max(0, Math.min(this.#pingMs - PONG_MS, this.#refreshAt - now()));
    this.#cancel();
    this.#cancel = after(restMs, () => this.#beat());
  }

  /** Sends `ping`, and judges by the clock whether the answer is overdue. */
  #beat(): void {
    const { now, after } = this.#plan.environment;
    const sentAt = now();
    if (sentAt >= this.#refreshAt) this.#refresh();
    this.#heard = false;
    this.#line?.send("ping");
    this.#cancel();
    this.#cancel = after(PONG_MS, () => {
      if (this.#heard) return this.#rest();
      // A timer that comes late was held back, and so was whatever had arrived: it is asked again.
      if (now() - sentAt > 2 * PONG_MS) return this.#beat();
      this.lose(LOST, "silent", "the hub did not answer");
    });
  }

  async #refresh(): Promise<void> {
    const { token, environment } = this.#plan;
    const generation = this.#generation;
    // Should this one fail, the next beat but one tries again.
    this.#refreshAt = environment.now() + this.#pingMs;
    try {
      const given = await (token as Exclude<TokenSource, string>)("refresh");
      if (given && generation === this.#generation)
        this.send({ type: "refresh", id: 0, token: given });
    } catch {
      // The connection is good until its token ends, and then it says 4002 and a new one is asked for.
    }
  }

  #leave(): void {
    this.#drop();
    for (const { leave } of this.#plan.transports) leave?.();
    this.#wait({ close: 1000, code: "page_hidden", message: "the page was put aside" }, null);
  }

  #wait(reason: Reason, until: number | null): void {
    this.#change({ state: "waiting", attempt: this.#attempts, until, reason });
  }

  #drop(): void {
    this.#generation += 1;
    this.#cancel();
    this.#pace.clear();
    this.#line?.close();
    this.#line = null;
  }

  #change(status: Status): void {
    this.status = status;
    this.#plan.changed(status);
  }
}
