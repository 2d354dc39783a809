// Functions of the app that are told of something.

export type Listener<T> = (value: T) => void;

/** Adds a listener; gives the function that takes it away. */
export function listen<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  // Wrapped, so that the same function may listen twice.
  const own: Listener<T> = (value) => listener(value);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

/** Tells everyone. What one of them throws reaches the app as its own error, and stops nothing. */
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
