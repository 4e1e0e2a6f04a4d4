/**
 * 33 colours of each map, evenly spaced; between them they run straight. Viridis and cividis are of even brightness, also for
 * those who see fewer colours; cool-warm is for values around zero. From matplotlib 3 (CC0, and Moreland's cool-warm).
 */
const COLOURS = {
  viridis:
    '440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e 23898e 21918c 1f988b 1fa088 22a785 28ae80 32b67a 3fbc73 4ec36b 5ec962 70cf57 84d44b 98d83e addc30 c2df23 d8e219 ece51b fde725',
  cividis:
    '00224e 00285b 002e6a 053371 1a386f 273e6e 32436d 3b496c 434e6c 4b546c 535a6d 5a5f6e 61656f 686a71 6f7073 767676 7d7c78 848279 8c8878 938e78 9b9476 a39a74 aba072 b4a76f bcae6c c4b468 cdbb63 d5c25e dec958 e7d150 f0d846 f9e03a fee838',
  'cool-warm':
    '3b4cc0 445acc 4e68d8 5875e1 6282ea 6c8ff1 779af7 82a6fb 8db0fe 98b9ff a3c2fe aec9fc b9d0f9 c3d5f4 ccd9ed d5dbe5 dddcdc e5d8d1 ecd3c5 f1ccb8 f5c4ac f7ba9f f7b093 f6a586 f4987a f08b6e eb7d62 e46e56 dd5f4b d44e41 ca3b37 be242e b40426',
} as const;

export type ColourMapName = keyof typeof COLOURS;
export const COLOUR_MAPS = Object.keys(COLOURS) as ColourMapName[];
export type Colour = readonly [red: number, green: number, blue: number];

/** Of what has no value. */
export const NO_VALUE: Colour = [150, 150, 150];

/** The colours of a map for CSS, from the lowest value to the highest. */
export function stopsOf(name: ColourMapName): string[] {
  return COLOURS[name].split(' ').map((hex) => `#${hex}`);
}

/** The colour of a value between 0 and 1; beyond it that of the end. */
export function colourAt(name: ColourMapName, share: number): Colour {
  const colours = COLOURS[name].split(' ');
  const place = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const low = Math.min(Math.floor(place), colours.length - 2);
  return [0, 2, 4].map((at) => {
    const [from, to] = [colours[low]!, colours[low + 1]!].map((hex) =>
      Number.parseInt(hex.slice(at, at + 2), 16),
    );
    return Math.round(from! + (to! - from!) * (place - low));
  }) as unknown as Colour;
}
