import { resolveColour } from '../../ui/colours.ts';
import type { LineRenderer, PlotFrame } from '../../viewers/sweep/line-renderer.ts';
import { words } from '../../words/words.ts';
import { type ShownAxis, tellValue } from './shown-axes.ts';

interface Plot {
  size: { width: number; height: number };
  frame: PlotFrame;
  axes: readonly ShownAxis[];
  xOf: (axis: number) => number;
  yOf: (place: number) => number;
  lines: readonly { kind: string; points: readonly (readonly [x: number, y: number])[] }[];
}

/** The plot as one picture, to be taken away: lines, axes with their marks, and names. */
export async function drawPlot(
  lines: HTMLCanvasElement,
  renderer: LineRenderer | null,
  plot: Plot,
): Promise<Blob | null> {
  if (renderer === null) {
    return null;
  }
  const { size, frame, axes, xOf, yOf } = plot;
  const picture = document.createElement('canvas');
  picture.width = lines.width;
  picture.height = lines.height;
  const context = picture.getContext('2d')!;
  const colour = (token: string) => resolveColour(token, lines.parentElement!);
  context.fillStyle = colour('--page');
  context.fillRect(0, 0, picture.width, picture.height);
  renderer.paint(context);
  context.scale(lines.width / size.width, lines.height / size.height);
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  for (const { kind, points } of plot.lines) {
    context.strokeStyle = colour(kind === 'best' ? 'success' : 'text');
    context.lineWidth = 2;
    context.beginPath();
    for (const [x, y] of points) {
      context.lineTo(x, y);
    }
    context.stroke();
  }
  context.lineWidth = 1;
  context.strokeStyle = colour('--edge');
  context.fillStyle = colour('--text');
  for (const [place, { data, scale }] of axes.entries()) {
    const x = xOf(place);
    context.beginPath();
    context.moveTo(x, frame.top);
    context.lineTo(x, frame.bottom);
    context.stroke();
    context.textAlign = 'center';
    context.fillText(data.name, x, 20, xOf(1) - xOf(0) || size.width);
    context.textAlign = 'left';
    for (const tick of scale.ticks) {
      context.fillText(tellValue(data, tick.value), x + 6, yOf(tick.place) + 4);
    }
  }
  context.fillText(words.sweep.parallel.missing, 4, frame.rail + 12);
  return await new Promise((resolve) => picture.toBlob(resolve, 'image/png'));
}
