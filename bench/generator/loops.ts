// The ways to offer load: closed (a fixed number in flight, at the speed of the server), open (a fixed
// rate, independent of the server) and a few publishes one after another.

import type { Crowd } from "./crowd.ts";
import { until } from "./deadline.ts";
import type { HttpPool } from "./http-pool.ts";
import { PUBLISHES_MAX, type Publishes } from "./publishes.ts";

export interface Load {
  pool: HttpPool;
  publishes: Publishes;
  /** The receivers; absent where nobody listens. */
  crowd?: Crowd;
  /** The whole HTTP request of the publish with this number. */
  request: (sequence: number) => string;
}

const DRAIN_MS_MAX = 20_000;

/** Keeps `inFlight` publishes on their way until it is stopped. */
export function startClosedLoop(load: Load, inFlight: number): () => void {
  const { pool, publishes } = load;
  let isRunning = true;
  const fill = (): void => {
    while (isRunning && publishes.inFlight < inFlight && pool.hasIdle && canPublish(load)) {
      publish(load);
    }
  };
  publishes.onFinish = fill;
  fill();
  return () => {
    isRunning = false;
  };
}

/** Publishes at a fixed rate until it is stopped; a server that falls behind fails the row. */
export function startOpenLoop(load: Load, perSecond: number): () => void {
  const timer = setInterval(() => {
    if (!canPublish(load)) return;
    if (load.pool.hasIdle) publish(load);
    else load.publishes.failure ??= new Error(`Fell behind at ${perSecond} publishes a second.`);
  }, 1000 / perSecond);
  return () => clearInterval(timer);
}

/** Publishes `count` one after another, each answered and delivered before the next. */
export async function publishInTurn(load: Load, count: number): Promise<void> {
  const { publishes } = load;
  const end = publishes.started + count;
  publishes.onFinish = () => {
    if (publishes.started < end && canPublish(load)) publish(load);
  };
  publish(load);
  await settle(load, () => publishes.started === end);
}

/** Waits until nothing is in flight; throws a failure of the pool, a publish or the crowd. */
export function drain(load: Load): Promise<void> {
  return settle(load, () => true);
}

async function settle(load: Load, isStarted: () => boolean): Promise<void> {
  const { pool, publishes } = load;
  await until(
    DRAIN_MS_MAX,
    () => `${publishes.inFlight} publishes to be answered and delivered everywhere`,
    () => failureOf(load) !== undefined || (isStarted() && publishes.inFlight === 0 && pool.isIdle),
  );
  const failure = failureOf(load);
  if (failure) throw failure;
}

function publish({ pool, publishes, request }: Load): void {
  const sequence = publishes.start();
  pool.send(request(sequence), () => publishes.answered(sequence));
}

function canPublish(load: Load): boolean {
  return failureOf(load) === undefined && load.publishes.started < PUBLISHES_MAX;
}

function failureOf({ pool, publishes, crowd }: Load): Error | undefined {
  return pool.failure ?? publishes.failure ?? crowd?.failure;
}
