// Calls to members: so many at a time, and none forever.

/** Members that are called at once. */
const CALLS_MAX = 32;

/** Runs the call for each, so many at a time; gives the results in order. */
export async function inPool<T, R>(items: T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  const work = async () => {
    for (const [i, item] of next) results[i] = await call(item);
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_MAX, items.length) }, work));
  return results;
}

/** Rejects when there is no answer in time: what was asked may still be done. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
