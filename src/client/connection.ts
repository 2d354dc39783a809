// Keeps one line to the hub open: asks for the token, opens, listens for the heartbeat, comes back.
// What the frames mean is the client's business. The states are drawn in status.ts.

import type { ConnectedFrame, DownFrame, ReplyFrame } from "../protocol/down.ts";
import type { Cancel, Environment } from "./environment.ts";
import type { Reason } from "./error.ts";
import { printFrame } from "./frame.ts";
import { createHeartbeat } from "./heartbeat.ts";
import type { Credentials } from "./http-calls.ts";
import { createPace } from "./pace.ts";
import { watchPage } from "./page.ts";
import type { Status } from "./status.ts";
import { type TokenReason, type TokenSource, userOf } from "./token.ts";
import type { Line, Offer, Transport } from "./transport.ts";

/** How long it may take from asking for a token to the first frame. */
const OPEN_MS = 15_000;
/** The waits after a loss grow to this. */
const WAIT_MS_MAX = 30_000;
/** Failed opens after which the next transport is tried. */
const OPENS_MAX = 2;
/** Lost without a word, as WebSockets number it. */
const LOST = 1006;

export interface Plan {
  url: string;
  token: TokenSource;
  transports: readonly Transport[];
  environment: Environment;
  /** What the next line begins with; at most so many topics. */
  offer(topicsMax: number): Pick<Offer, "since" | "topics">;
  connected(frame: ConnectedFrame): void;
  take(frame: DownFrame): void;
  /** The token has ended: nothing is shown until the hub lets the user in again. */
  ended(): void;
  /** Called after each change. */
  changed(status: Status): void;
}

export interface Connection {
  readonly status: Status;
  /** What the newest line was opened with. */
  readonly credentials: Credentials | undefined;
  /** Connects now; where it is connected, makes sure that it still is. */
  connect(): void;
  /** Begins anew with what is to be offered by now. */
  reopen(): void;
  send(text: string): void;
  /** Something is missing, or nothing is heard: comes back with the cursors, or ends, by the close code. */
  lose(close: number, code: string): void;
  end(close: number, code: string): void;
}

export function createConnection(plan: Plan): Connection {
  const { url, token, transports, environment, offer, connected, take, ended, changed } = plan;
  const { now, random, after } = environment;
  const canAsk = typeof token === "function";
  let status: Status = { state: "idle" };
  let line: Line | null = null;
  /** Whatever belongs to a line that is gone carries an older number, and is passed over. */
  let generation = 0;
  let cancel: Cancel = () => undefined;
  let attempt = 0;
  /** Whether it was open since it was last idle or closed. */
  let wasOpen = false;
  /** Whether the console knows of what is wrong. */
  let hasWarned = false;
  let credentials: Credentials | undefined;
  let failedOpens = 0;
  let spreadMs = 5_000;
  let tokenReason: TokenReason = "connect";
  /** Whose session this is; empty while there is none. */
  let user = "";
  /** The refresh that was begun last. */
  let renewal: object;
  let unwatch: (() => void) | undefined;
  /** What the hub said before it closed. */
  let refused: Pick<Reason, "code" | "message"> | null = null;

  const pace = createPace(environment, (text) => line?.send(text));
  const heartbeat = createHeartbeat(
    environment,
    () => line?.send("ping"),
    renew,
    () => {
      if (status.state === "open" || !canAsk) lose(4002, "token_expired");
      // It waits for a hub that is away, or for a token.
      else ended();
    },
    () => lose(LOST, "silent"),
  );

  function change(next: Status) {
    status = next;
    changed(status);
  }

  function drop() {
    generation += 1;
    cancel();
    heartbeat.stop();
    pace.clear();
    line?.close();
    line = null;
  }

  /** No timer runs from here on but the one of the token's end, for as long as there is a session. */
  function stop(next: Status) {
    drop();
    for (const transport of transports) transport.leave?.();
    if (next.state === "closed") {
      user = "";
      wasOpen = false;
      attempt = 0;
      tokenReason = "connect";
      heartbeat.endIn(null);
      unwatch?.();
      unwatch = undefined;
    }
    change(next);
  }

  const end = (close: number, code: string) =>
    stop({ state: "closed", reason: { close, code, message: code } });

  async function open(fresh?: string) {
    unwatch ??= watchPage(environment, turn);
    drop();
    refused = null;
    const current = generation;
    // Before anyone is told: a listener may go on, or end it, by itself.
    cancel = after(OPEN_MS, () => lose(LOST, "timeout"));
    change({ state: "connecting", attempt, wasOpen });
    if (current !== generation) return;
    try {
      // Awaited even when it is a text: what an app asks for in one go is offered in one go.
      const given = await (fresh ?? (canAsk ? token(tokenReason) : token));
      if (current !== generation) return;
      if (given !== null) openLine(given);
      else end(4500, "unauthorized");
    } catch (cause) {
      // The app's own callback failed, or the browser refuses the address. What is no token stays so.
      if (current === generation)
        lose(canAsk || (token && typeof token === "string") ? LOST : 4500, "token", String(cause));
    }
  }

  function openLine(given: string) {
    if (!given || typeof given !== "string") throw new TypeError(`"${given}" is no token`);
    const next = userOf(given);
    if (user && user !== next) {
      end(1000, "user_changed");
      // A listener may have gone on by itself.
      if ((status as Status).state === "closed") open(given);
      return;
    }
    user = next;
    // `at` takes the whole part of it.
    const transport = transports.at((failedOpens / OPENS_MAX) % transports.length) as Transport;
    // One that is not used must not hold what others wait for.
    for (const other of transports) if (other !== transport) other.leave?.();
    const current = generation;
    const isCurrent = () => current === generation;
    // What is no token may be nothing that a sub-protocol or a header can carry. Like this it is, and the
    // hub says what is wrong.
    credentials = { url, token: given.replace(/[^\w.-]/g, "_") };
    line = transport.open(
      { ...credentials, environment, ...offer(transport.topicsMax) },
      {
        frame: (frame) => isCurrent() && takeFrame(frame, transport),
        lost: (close, reason) => isCurrent() && lose(close, "lost", reason),
        reopen: (fresh) => isCurrent() && open(fresh),
      },
    );
  }

  function takeFrame(frame: DownFrame, { name }: Transport) {
    heartbeat.heard();
    if (frame.type === "connected") {
      cancel();
      attempt = 0;
      wasOpen = true;
      hasWarned = false;
      tokenReason = "connect";
      spreadMs = frame.reconnect_spread * 1_000;
      status = { state: "open", transport: name, connection: frame.connection };
      heartbeat.endIn(frame.expires_in);
      heartbeat.start(frame.ping);
      connected(frame);
      changed(status);
      // The close after it may come late or never.
    } else if (frame.type === "disconnect") lose(frame.code, "disconnected", frame.reason);
    else if (frame.type === "error" && status.state !== "open")
      refused = { code: frame.code, message: frame.fix };
    else {
      // The reply to our own `refresh`: no other frame has it.
      if ((frame as ReplyFrame).expires_in)
        heartbeat.endIn((frame as ReplyFrame).expires_in as number);
      take(frame);
    }
  }

  async function renew() {
    if (!canAsk) return;
    const current = generation;
    const asked = {};
    renewal = asked;
    try {
      const given = await token("refresh");
      // Asked again meanwhile, the newest answer counts.
      if (current !== generation || asked !== renewal) return;
      if (given === null) end(4500, "unauthorized");
      // A mistake of the app is no reason to give up a line that is good.
      else if (!given || typeof given !== "string") return;
      else if (userOf(given) === user) {
        credentials = { url, token: given };
        pace.push(printFrame("refresh", 0, { token: given }));
      }
      // The session ends, and another user's begins.
      else open(given);
    } catch {
      // The connection is good until its token ends, and then a new one is asked for.
    }
  }

  function lose(close: number, code: string, message = code) {
    if (close === 4002) ended();
    if (status.state === "closed") return;
    const reason: Reason = { close, code, message, ...refused };
    const wasRefused = tokenReason === "refused";
    // Where there is somebody to ask, the next token may be right, or the hub may know its key by then.
    const mayAsk = close === 4500 && canAsk;
    const isFinal = !mayAsk && (close >= 4500 || (close === 4002 && !canAsk));
    // One that was open may be opened again; one that is not the first makes room for the first.
    if (status.state === "open") failedOpens = failedOpens < OPENS_MAX ? 0 : 1;
    else if (!refused) failedOpens += 1;
    tokenReason = close === 4002 ? "expired" : close === 4500 ? "refused" : "connect";
    if (mayAsk && !wasRefused) {
      open();
      return;
    }
    // Whoever sets it up would see nothing else, in an app that does not look at its status.
    if (
      isFinal ||
      (!hasWarned && (mayAsk || (!wasOpen && failedOpens >= OPENS_MAX * transports.length)))
    ) {
      hasWarned = true;
      console.warn(`belfry: ${url}: ${reason.code}: ${reason.message || "no hub answers"}`);
    }
    if (isFinal) stop({ state: "closed", reason });
    else {
      // Within the spread that the hub asks for, then with full jitter over a time that doubles.
      // Nothing is shown while a token that has ended is replaced: the first try is made at once.
      const isFirst = close === 4002 && !attempt;
      const delayMs =
        (isFirst ? 0 : random()) *
        (attempt ? Math.min(WAIT_MS_MAX, 1_000 * 2 ** attempt) : spreadMs);
      drop();
      attempt += 1;
      cancel = after(delayMs, open);
      change({ state: "waiting", attempt, wasOpen, until: now() + delayMs, reason });
    }
  }

  function connect() {
    if (status.state === "open") heartbeat.beat();
    // A line that is being opened has a limit already.
    else if (status.state !== "connecting") {
      failedOpens = 0;
      open();
    }
  }

  function turn(isLeaving: boolean) {
    const reason = { close: 1000, code: "page_hidden", message: "" };
    if (isLeaving) stop({ state: "waiting", attempt, wasOpen, until: null, reason });
    // After a sleep the timers are late.
    else {
      heartbeat.look();
      if (status.state !== "closed") connect();
    }
  }

  return {
    get status() {
      return status;
    },
    get credentials() {
      return credentials;
    },
    connect,
    reopen: () => line && open(),
    send: pace.push,
    lose,
    end,
  };
}
