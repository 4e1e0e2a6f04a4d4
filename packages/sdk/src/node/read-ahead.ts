/**
 * The items of a source that is read on while they are used, without a bound: for lists that end up in memory anyway.
 * Each time it gives all that was read meanwhile. A failure of the source is told before what was read.
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item[], void, undefined> {
  const read: Item[] = [];
  const reading: { hasEnded: boolean; isLeft: boolean; failure: { error: unknown } | null } = {
    hasEnded: false,
    isLeft: false,
    failure: null,
  };
  let wake = () => {};
  const pump = async () => {
    try {
      for await (const item of source) {
        if (reading.isLeft) {
          return;
        }
        read.push(item);
        wake();
      }
    } catch (error) {
      reading.failure = { error };
    }
    reading.hasEnded = true;
    wake();
  };
  void pump();
  try {
    for (;;) {
      if (reading.failure) {
        throw reading.failure.error;
      }
      if (read.length > 0) {
        yield read.splice(0);
      } else if (reading.hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    reading.isLeft = true;
  }
}
