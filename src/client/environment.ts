// What the client takes from its surroundings: time, chance and the page it lives in. Tests bring
// their own.

export type Cancel = () => void;

export interface Environment {
  /** Milliseconds of the wall clock, which goes on while a page's timers are held back. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Acts once after a delay, unless cancelled. */
  after(ms: number, act: () => void): Cancel;
  /** Where a page's own events arrive: the window. Absent outside browsers. */
  page: Pick<EventTarget, "addEventListener"> | undefined;
}

/** Taken when a client is made, not when this is imported: a server has none of it to give. */
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

/** An id that nobody else has; `crypto.randomUUID` is missing on plain-http pages and in React Native. */
export function randomId({ random }: Environment): string {
  const part = () => random().toString(36).slice(2);
  return part() + part();
}
