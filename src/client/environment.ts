// The surroundings of a client: time, chance and the page. Tests bring their own.

export type Cancel = () => void;

export interface Environment {
  /** Returns the wall clock in ms, which goes on while a page's timers are held back. */
  now(): number;
  /** Returns a number from 0 up to, but not including, 1. */
  random(): number;
  /** Calls `act` once after a delay; returns a function that cancels it. */
  after(ms: number, act: () => void): Cancel;
  /** The window, where a page's events arrive. Absent outside browsers. */
  page: Pick<EventTarget, "addEventListener"> | undefined;
}

/**
 * Returns the real surroundings. A client calls this when it is made, and not on import, since a server
 * that imports the client may lack them.
 */
export function surroundings(): Environment {
  return {
    now: Date.now,
    random: Math.random,
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    page: globalThis.document ? globalThis : undefined,
  };
}

/** Returns a unique id; `crypto.randomUUID` is missing on plain-http pages and in React Native. */
export function randomId({ random }: Environment): string {
  const part = () => random().toString(36).slice(2);
  return part() + part();
}
