import type { Plot } from './plot-data.ts';

/** Spreadsheets take a text that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** The lines that are shown as CSV, numbers with a point whatever the language. */
export function plotToCsv(plot: Plot, xName: string): string {
  const rows = [[xName, ...plot.lines.map(({ label }) => label)].map(quoteName).join(',')];
  for (let row = 0; row < plot.x.length; row++) {
    const x = plot.isTime ? new Date(plot.x[row]! * 1000).toISOString() : String(plot.x[row]!);
    rows.push([x, ...plot.ys.map((values) => values[row] ?? '')].join(','));
  }
  return `${rows.join('\n')}\n`;
}

function quoteName(name: string): string {
  const safe = FORMULA.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

interface ImageParts {
  title: string;
  colours: { page: string; text: string };
  lines: readonly { label: string; colour: string; dash: readonly number[] }[];
}

const MARGIN = 12;
const LINE_PX = 20;
const SWATCH_PX = 28;

/** The chart as it is on the page, with its title and the names of its lines below. */
export async function plotToPng(
  canvas: HTMLCanvasElement,
  { title, colours, lines }: ImageParts,
): Promise<Blob> {
  const scale = window.devicePixelRatio;
  const width = canvas.width / scale;
  const height = canvas.height / scale;
  const image = document.createElement('canvas');
  image.width = canvas.width + 2 * MARGIN * scale;
  image.height = (height + 3 * MARGIN + LINE_PX * (lines.length + 1)) * scale;
  const context = image.getContext('2d')!;
  context.scale(scale, scale);
  context.fillStyle = colours.page;
  context.fillRect(0, 0, image.width, image.height);
  context.fillStyle = colours.text;
  context.textBaseline = 'middle';
  context.font = '600 14px system-ui, sans-serif';
  context.fillText(title, MARGIN, MARGIN + LINE_PX / 2, width);
  context.drawImage(canvas, MARGIN, MARGIN + LINE_PX, width, height);
  context.font = '13px system-ui, sans-serif';
  lines.forEach(({ label, colour, dash }, index) => {
    const y = 2 * MARGIN + LINE_PX * (index + 1.5) + height;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(MARGIN, y);
    context.lineTo(MARGIN + SWATCH_PX, y);
    context.stroke();
    context.fillText(label, 2 * MARGIN + SWATCH_PX, y, width - SWATCH_PX - MARGIN);
  });
  const { promise, resolve } = Promise.withResolvers<Blob | null>();
  image.toBlob(resolve, 'image/png');
  const blob = await promise;
  if (blob === null) {
    throw new Error('The browser could not make a picture of the chart.');
  }
  return blob;
}
