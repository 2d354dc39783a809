// One line to the hub, kept open: it asks for the token, opens, listens for the heartbeat and reconnects.
// The client handles the frames. The states are drawn in status.ts.

import type { ConnectedFrame, DownFrame, ReplyFrame } from "../protocol/down.ts";
import type { Cancel, Environment } from "./environment.ts";
import type { Reason } from "./error.ts";
import { printFrame } from "./frame.ts";
import { createHeartbeat } from "./heartbeat.ts";
import type { Credentials } from "./http-calls.ts";
import { watchPage } from "./page.ts";
import type { Status } from "./status.ts";
import { createThrottle } from "./throttle.ts";
import { type TokenReason, type TokenSource, userOf } from "./token.ts";
import type { Line, Offer, Transport } from "./transport.ts";

/** The longest time from asking for a token to the first frame. */
const OPEN_MS = 15_000;
/** The longest wait after a loss: the waits double up to this. */
const WAIT_MS_MAX = 30_000;
/** Failed opens after which the next transport is tried. */
const OPENS_MAX = 2;
/** The close code of WebSockets for a line that was lost without one. */
const LOST = 1006;

export interface Plan {
  url: string;
  token: TokenSource;
  transports: readonly Transport[];
  environment: Environment;
  /** Returns the beginning of the next line, with at most `topicsMax` topics. */
  offer(topicsMax: number): Pick<Offer, "since" | "topics">;
  connected(frame: ConnectedFrame): void;
  take(frame: DownFrame): void;
  /** The token has ended: nothing is shown until the hub lets the user in again. */
  ended(): void;
  /** Called after each change of status. */
  changed(status: Status): void;
}

export interface Connection {
  readonly status: Status;
  /** The address and the newest token sent to it; undefined before the first line. */
  readonly credentials: Credentials | undefined;
  /** Connects now; if the connection is open, pings to check that it still is. */
  connect(): void;
  /** Replaces the line, if there is one, by one with the present offer. */
  reopen(): void;
  send(text: string): void;
  /** Gives up the line: reconnects with the cursors or closes for good, by the close code. */
  lose(close: number, code: string): void;
  end(close: number, code: string): void;
}

export function createConnection(plan: Plan): Connection {
  const { url, token, transports, environment, offer, connected, take, ended, changed } = plan;
  const { now, random, after } = environment;
  const canAsk = typeof token === "function";
  let status: Status = { state: "idle" };
  let line: Line | null = null;
  /** The number of the present line. An event of an older one is ignored. */
  let generation = 0;
  let cancel: Cancel = () => undefined;
  let attempt = 0;
  /** Whether the connection has been open since it was last idle or closed. */
  let wasOpen = false;
  /** Whether the present fault has been logged to the console. */
  let hasWarned = false;
  let credentials: Credentials | undefined;
  let failedOpens = 0;
  let spreadMs = 5_000;
  let tokenReason: TokenReason = "connect";
  /** The user of the session; empty while there is none. */
  let user = "";
  /** Identifies the newest refresh. */
  let renewal: object;
  let unwatch: (() => void) | undefined;
  /** The hub's refusal, sent before it closes the line. */
  let refused: Pick<Reason, "code" | "message"> | null = null;

  const pace = createThrottle(environment, (text) => line?.send(text));
  const heartbeat = createHeartbeat(
    environment,
    () => line?.send("ping"),
    renew,
    () => {
      if (status.state === "open" || !canAsk) lose(4002, "token_expired");
      // It is waiting already, for the hub or for a token.
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

  /** Stops every timer but the one of the token's end, which runs as long as there is a session. */
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
    // Before listeners are called: one of them may connect or close by itself.
    cancel = after(OPEN_MS, () => lose(LOST, "timeout"));
    change({ state: "connecting", attempt, wasOpen });
    if (current !== generation) return;
    try {
      // Awaited even if it is a string, so that topics which an app joins one after the other share the offer.
      const given = await (fresh ?? (canAsk ? token(tokenReason) : token));
      if (current !== generation) return;
      if (given !== null) openLine(given);
      else end(4500, "unauthorized");
    } catch (cause) {
      // The app's callback failed or the browser refuses the address, which may pass. A `token` that is neither a
      // function nor a text never becomes one.
      if (current === generation)
        lose(canAsk || (token && typeof token === "string") ? LOST : 4500, "token", String(cause));
    }
  }

  function openLine(given: string) {
    if (!given || typeof given !== "string") throw new TypeError(`"${given}" is no token`);
    const next = userOf(given);
    if (user && user !== next) {
      end(1000, "user_changed");
      // A listener may have reconnected already.
      if ((status as Status).state === "closed") open(given);
      return;
    }
    user = next;
    // `at` truncates the fraction.
    const transport = transports.at((failedOpens / OPENS_MAX) % transports.length) as Transport;
    // An unused transport must release what others wait for, such as the lock of the tabs.
    for (const other of transports) if (other !== transport) other.leave?.();
    const current = generation;
    const isCurrent = () => current === generation;
    // A malformed token may be illegal in a sub-protocol or a header. With those characters replaced it reaches
    // the hub, which reports the error.
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
      // The close that follows may come late or never.
    } else if (frame.type === "disconnect") lose(frame.code, "disconnected", frame.reason);
    else if (frame.type === "error" && status.state !== "open")
      refused = { code: frame.code, message: frame.fix };
    else {
      // Only the reply to our own `refresh` has this member.
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
      // If another refresh has begun meanwhile, only the newest answer counts.
      if (current !== generation || asked !== renewal) return;
      if (given === null) end(4500, "unauthorized");
      // A mistake of the app is no reason to give up a working line.
      else if (!given || typeof given !== "string") return;
      else if (userOf(given) === user) {
        credentials = { url, token: given };
        pace.push(printFrame("refresh", 0, { token: given }));
      }
      // The token is another user's: this session ends and a new one begins.
      else open(given);
    } catch {
      // The connection stays open until its token ends, and then a new one is requested.
    }
  }

  function lose(close: number, code: string, message = code) {
    if (close === 4002) ended();
    if (status.state === "closed") return;
    const reason: Reason = { close, code, message, ...refused };
    const wasRefused = tokenReason === "refused";
    // The callback may return a better token, or the hub may know the token's key by then.
    const mayAsk = close === 4500 && canAsk;
    const isFinal = !mayAsk && (close >= 4500 || (close === 4002 && !canAsk));
    // A line that was open is tried again from the first transport, which has one try if another one was in use.
    if (status.state === "open") failedOpens = failedOpens < OPENS_MAX ? 0 : 1;
    else if (!refused) failedOpens += 1;
    tokenReason = close === 4002 ? "expired" : close === 4500 ? "refused" : "connect";
    if (mayAsk && !wasRefused) {
      open();
      return;
    }
    // Without this, the developer of an app that ignores the status would see nothing.
    if (
      isFinal ||
      (!hasWarned && (mayAsk || (!wasOpen && failedOpens >= OPENS_MAX * transports.length)))
    ) {
      hasWarned = true;
      console.warn(`belfry: ${url}: ${reason.code}: ${reason.message || "no hub answers"}`);
    }
    if (isFinal) stop({ state: "closed", reason });
    else {
      // The first wait is random within the hub's spread, each later one within a time that doubles (full jitter).
      // After the end of a token the first try is made at once, since nothing is shown until then.
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
    // A line that is being opened has a timeout already.
    else if (status.state !== "connecting") {
      failedOpens = 0;
      open();
    }
  }

  function turn(isLeaving: boolean) {
    const reason = { close: 1000, code: "page_hidden", message: "" };
    if (isLeaving) stop({ state: "waiting", attempt, wasOpen, until: null, reason });
    // After a sleep the timers are late: act on everything that is due.
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
