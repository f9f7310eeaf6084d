/** Parallel work whose results come in order, with a bound on what is under way. */

/**
 * Runs `run` on every item, at most `inFlight` at once (it is asked before each), and yields the results in the order
 * of the items. Memory holds so many results at most; `wait` says how to wait for the next one. When the consumer
 * leaves early or an item fails, nothing more is begun and what is under way is awaited.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  inFlight: () => number,
  run: (item: T) => Promise<R>,
  wait: <T>(result: Promise<T>) => Promise<T> = (result) => result,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const running: Promise<R>[] = [];
  let more = true;
  try {
    for (;;) {
      while (more && running.length < inFlight()) {
        const next = await source.next();
        if (next.done) more = false;
        else running.push(watched(run(next.value)));
      }
      const first = running.shift();
      if (first === undefined) return;
      yield await wait(first);
    }
  } finally {
    await wait(Promise.allSettled(running));
    await source.return?.();
  }
}

/** A failure that nobody awaits yet must not count as unhandled; the consumer still gets it in its turn. */
function watched<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => {});
  return promise;
}
