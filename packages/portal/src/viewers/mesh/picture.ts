import { type LegendContent, ticksOf } from './colour-legend.tsx';
import { stopsOf } from './colour-maps.ts';
import type { Scene } from './scene.ts';

const MARGIN = 16;
const BAR_HEIGHT = 16;
const FONT_PX = 14;
const LEGEND_HEIGHT = MARGIN * 2 + BAR_HEIGHT + FONT_PX * 3;

/** What is shown as a PNG, the legend below it, in the colours of the page. */
export async function pictureOf(
  scene: Scene,
  legend: LegendContent | null,
  page: HTMLElement,
): Promise<Blob> {
  const [width, height] = scene.size;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height + (legend ? LEGEND_HEIGHT : 0);
  const context = canvas.getContext('2d')!;
  const style = getComputedStyle(page);
  context.fillStyle = style.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  scene.draw(context);
  if (legend) {
    drawLegend(context, legend, { top: height + MARGIN, width, colour: style.color, font: style.fontFamily });
  }
  return await new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))),
      'image/png',
    ),
  );
}

interface LegendPlace {
  top: number;
  width: number;
  colour: string;
  font: string;
}

function drawLegend(
  context: CanvasRenderingContext2D,
  { title, range, map }: LegendContent,
  { top, width, colour, font }: LegendPlace,
): void {
  const length = Math.min(width - 2 * MARGIN, 640);
  context.font = `${FONT_PX}px ${font}`;
  context.fillStyle = colour;
  context.textBaseline = 'top';
  context.fillText(title, MARGIN, top, width - 2 * MARGIN);
  const barTop = top + FONT_PX * 1.5;
  const gradient = context.createLinearGradient(MARGIN, 0, MARGIN + length, 0);
  const stops = stopsOf(map);
  for (const [index, stop] of stops.entries()) {
    gradient.addColorStop(index / (stops.length - 1), stop);
  }
  context.fillStyle = gradient;
  context.fillRect(MARGIN, barTop, length, BAR_HEIGHT);
  context.fillStyle = colour;
  const ticks = ticksOf(range);
  for (const [index, tick] of ticks.entries()) {
    context.textAlign = index === 0 ? 'left' : index === ticks.length - 1 ? 'right' : 'center';
    context.fillText(tick, MARGIN + (length * index) / (ticks.length - 1), barTop + BAR_HEIGHT + 4);
  }
}
