import type { CoreType } from '@quarry/sdk';

/** Code of the core type that costs least for so many cores, of those that offer them; null where none does. */
export function cheapestThatFits(
  types: readonly Pick<CoreType, 'code' | 'cores' | 'price' | 'lowPriorityPrice' | 'isActive'>[],
  { cores, isLowPriority }: { cores: number; isLowPriority: boolean },
): string | null {
  const fitting = types.flatMap((type) => {
    const size = Math.min(...type.cores.filter((offered) => offered >= cores));
    const price = Number(isLowPriority ? type.lowPriorityPrice : type.price);
    return type.isActive && Number.isFinite(size) && Number.isFinite(price)
      ? [{ code: type.code, perHour: price * size }]
      : [];
  });
  const [best] = fitting.toSorted((a, b) => a.perHour - b.perHour);
  return best?.code ?? null;
}
