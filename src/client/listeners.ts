// The listeners of an event: functions of the app.

export type Listener<T> = (value: T) => void;

/** Adds a listener; returns a function that removes it. */
export function listen<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  // Wrapped, so that the same function may listen twice.
  const own: Listener<T> = (value) => listener(value);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

/** Calls every listener. An error of one reaches the app as uncaught and stops no other. */
export function tell<T>(listeners: Iterable<Listener<T>>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (cause) {
      queueMicrotask(() => {
        throw cause;
      });
    }
  }
}
