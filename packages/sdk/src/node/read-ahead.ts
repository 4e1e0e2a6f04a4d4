/**
 * The items of a source that is read on while they are used, without a bound: for lists that end up in memory anyway.
 * A failure of the source is told as soon as it is known, before what was read.
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
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
        if (reading.isLeft) return;
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
      for (const item of read.splice(0)) {
        if (reading.failure) throw reading.failure.error;
        yield item;
      }
      if (reading.failure) throw reading.failure.error;
      if (read.length > 0) continue;
      if (reading.hasEnded) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    reading.isLeft = true;
  }
}
