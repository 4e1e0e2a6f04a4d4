/** Every row once, in an order that looks random and is the same every time: any beginning of it is a sample of all. */
export function shuffledRows(count: number): Uint32Array<ArrayBuffer> {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  let state = 1;
  for (let left = count - 1; left > 0; left--) {
    // The generator of Park and Miller: nothing here must be hard to guess.
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (left + 1);
    [rows[left], rows[other]] = [rows[other]!, rows[left]!];
  }
  return rows;
}
