/**
 * Draws a line for each run, the selected ones over the others. Heights lie in a texture and runs are named by a list, so another
 * selection builds nothing anew. Lines are drawn a slice at a time, since ten thousand of them take a second without a graphics
 * card: the selected ones first, all in the same random order, so that each slice is a fair sample of the whole.
 */

import {
  activate,
  buildProgram,
  LAYER_FRAGMENT,
  LAYER_VERTEX,
  LINE_FRAGMENT,
  LINE_VERTEX,
} from './line-shaders.ts';
import { shuffledRows } from './shuffled-rows.ts';

const TEXTURE_WIDTH = 2048;
const SLICE_MS = 8;
const FIRST_SLICE = 256;
const MIN_SLICE = 64;
const MAX_SLICE = 16_384;
/** Others that are drawn while a brush is moved. */
const OTHERS_WHILE_MOVED = 2000;
const OTHERS_FAINTER = 0.5;
const FAINTEST = 0.06;
const POLL_MS = 1;

export type Colour = readonly [red: number, green: number, blue: number];

/** Where the axes stand on the canvas, in its pixels from its upper left corner. */
export interface PlotFrame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Height of the line of those without a value. */
  rail: number;
}

export interface LineSet {
  /** For each axis, in order, a place for each row; see `placesOf`. */
  places: readonly Float32Array[];
  rows: number;
}

export interface LineColours {
  selected: Colour;
  others: Colour;
}

export interface LineRenderer {
  setLines(lines: LineSet): void;
  setFrame(frame: PlotFrame): void;
  setColours(colours: LineColours): void;
  /** The rows in colour; `isMoved` while more of that is to come at once. */
  select(has: Uint8Array, isNarrowed: boolean, isMoved: boolean): void;
  /** Copies what is drawn. */
  paint(into: CanvasRenderingContext2D): void;
  dispose(): void;
}

interface Layer {
  texture: WebGLTexture;
  framebuffer: WebGLFramebuffer;
  buffer: WebGLBuffer;
  /** Lines in its buffer, and up to how many of them are to be drawn now. */
  total: number;
  limit: number;
  drawn: number;
  alpha: number;
}

/** Null where the browser has no WebGL 2. `onDrawn` hears how many of the selected lines are drawn, and how many of all. */
export function createLineRenderer(
  canvas: HTMLCanvasElement,
  onDrawn: (selected: number, isWhole: boolean) => void,
): LineRenderer | null {
  const context = canvas.getContext('webgl2', { antialias: false, depth: false, premultipliedAlpha: true });
  if (context === null) {
    return null;
  }
  const gl = context;
  const lineProgram = buildProgram(gl, LINE_VERTEX, LINE_FRAGMENT);
  const layerProgram = buildProgram(gl, LAYER_VERTEX, LAYER_FRAGMENT);
  const uniform = Object.fromEntries(
    ['places', 'axes', 'rowsPerAxis', 'frame', 'rail', 'colour'].map((name) => [
      name,
      gl.getUniformLocation(lineProgram, name),
    ]),
  );
  const slotAttribute = gl.getAttribLocation(lineProgram, 'slot');
  const places = gl.createTexture();
  const [others, selected] = [createLayer(gl), createLayer(gl)];
  const emptyArray = gl.createVertexArray();
  const lineArray = gl.createVertexArray();

  let order: Uint32Array<ArrayBuffer> = new Uint32Array();
  let axes = 0;
  let frame: PlotFrame | null = null;
  let colours: LineColours = { selected: [0, 0, 0], others: [0, 0, 0] };
  let has: Uint8Array = new Uint8Array();
  let isNarrowed = false;
  let isMoved = false;
  let slice = FIRST_SLICE;
  let pending: { sync: WebGLSync; begun: number; count: number } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = 0;

  function restart({ areOthersKept = true } = {}): void {
    const slots = order.map((_, slot) => slot);
    fill(selected, isNarrowed ? slots.filter((slot) => has[order[slot]!] === 1) : slots, 1);
    selected.limit = selected.total;
    // Those in grey are all of them, under the others: they stay as they are while the selection changes.
    if (isNarrowed && (!areOthersKept || others.total !== slots.length)) {
      fill(others, slots, OTHERS_FAINTER);
    } else if (!areOthersKept) {
      others.total = 0;
    }
    others.limit = !isNarrowed ? 0 : isMoved ? Math.min(OTHERS_WHILE_MOVED, others.total) : others.total;
    onDrawn(0, false);
    schedule();
  }

  /** Begins a layer anew with the lines of these slots. */
  function fill(layer: Layer, slots: Uint32Array<ArrayBuffer>, strength: number): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, layer.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, slots, gl.DYNAMIC_DRAW);
    layer.total = slots.length;
    layer.drawn = 0;
    layer.alpha = strength * alphaOf(slots.length);
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  function schedule(): void {
    if (timer === undefined && frame !== null && axes > 0) {
      timer = setTimeout(step, pending === null ? 0 : POLL_MS);
    }
  }

  /** Looks whether the last slice has been drawn, and draws the next one. */
  function step(): void {
    timer = undefined;
    if (gl.isContextLost()) {
      return;
    }
    if (pending !== null) {
      const took = performance.now() - pending.begun;
      if (gl.getSyncParameter(pending.sync, gl.SYNC_STATUS) !== gl.SIGNALED) {
        schedule();
        return;
      }
      gl.deleteSync(pending.sync);
      const factor = Math.min(2, Math.max(0.5, SLICE_MS / Math.max(took, 1)));
      slice = Math.min(MAX_SLICE, Math.max(MIN_SLICE, Math.round(pending.count * factor)));
      pending = null;
    }
    const layer = [selected, others].find(({ drawn, limit }) => drawn < limit);
    if (layer !== undefined) {
      const count = Math.min(slice, layer.limit - layer.drawn);
      drawLines(layer, count);
      pending = { sync: gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)!, begun: performance.now(), count };
      gl.flush();
      schedule();
    }
    if (request === 0) {
      request = requestAnimationFrame(show);
    }
  }

  function drawLines(layer: Layer, count: number): void {
    const { left, right, top, bottom, rail } = frame!;
    const { width, height } = canvas;
    const [x, y] = [(at: number) => (2 * at) / width - 1, (at: number) => 1 - (2 * at) / height];
    const [red, green, blue] = layer === selected ? colours.selected : colours.others;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    gl.viewport(0, 0, width, height);
    activate(gl, lineProgram);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindTexture(gl.TEXTURE_2D, places);
    gl.uniform1i(uniform.places!, 0);
    gl.uniform1i(uniform.axes!, axes);
    gl.uniform1i(uniform.rowsPerAxis!, Math.ceil(order.length / TEXTURE_WIDTH));
    gl.uniform4f(uniform.frame!, x(left), x(right), y(bottom), y(top));
    gl.uniform1f(uniform.rail!, y(rail));
    gl.uniform4f(uniform.colour!, red, green, blue, layer.alpha);
    gl.bindVertexArray(lineArray);
    gl.bindBuffer(gl.ARRAY_BUFFER, layer.buffer);
    gl.enableVertexAttribArray(slotAttribute);
    gl.vertexAttribIPointer(slotAttribute, 1, gl.UNSIGNED_INT, 0, layer.drawn * 4);
    gl.vertexAttribDivisor(slotAttribute, 1);
    gl.drawArraysInstanced(gl.LINE_STRIP, 0, axes, count);
    layer.drawn += count;
  }

  /** Puts the layers on the canvas. */
  function show(): void {
    request = 0;
    if (gl.isContextLost()) {
      return;
    }
    compose();
    const isWhole = selected.drawn >= selected.limit && others.drawn >= others.limit;
    onDrawn(selected.drawn, isWhole);
  }

  function compose(): void {
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    activate(gl, layerProgram);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(emptyArray);
    for (const layer of isNarrowed ? [others, selected] : [selected]) {
      gl.bindTexture(gl.TEXTURE_2D, layer.texture);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }

  return {
    setLines: ({ places: columns, rows }) => {
      if (rows !== order.length) {
        order = shuffledRows(rows);
      }
      axes = columns.length;
      uploadPlaces(gl, places, columns, order);
      restart({ areOthersKept: false });
    },
    setFrame: (next) => {
      frame = next;
      for (const layer of [others, selected]) {
        resize(gl, layer, canvas.width, canvas.height);
      }
      restart({ areOthersKept: false });
    },
    setColours: (next) => {
      colours = next;
      restart({ areOthersKept: false });
    },
    select: (next, narrowed, moved) => {
      has = next;
      isNarrowed = narrowed;
      isMoved = moved;
      restart();
    },
    paint: (into) => {
      compose();
      into.drawImage(canvas, 0, 0);
    },
    dispose: () => {
      clearTimeout(timer);
      cancelAnimationFrame(request);
      for (const layer of [others, selected]) {
        gl.deleteFramebuffer(layer.framebuffer);
        gl.deleteTexture(layer.texture);
        gl.deleteBuffer(layer.buffer);
      }
      gl.deleteTexture(places);
      gl.deleteProgram(lineProgram);
      gl.deleteProgram(layerProgram);
    },
  };
}

/** So faint that many lines show where they are dense, and a few are seen each. */
function alphaOf(lines: number): number {
  return Math.min(1, Math.max(FAINTEST, 8 / Math.sqrt(Math.max(1, lines))));
}

function createLayer(gl: WebGL2RenderingContext): Layer {
  const layer = {
    texture: gl.createTexture(),
    framebuffer: gl.createFramebuffer(),
    buffer: gl.createBuffer(),
    ...{ total: 0, limit: 0, drawn: 0, alpha: 1 },
  };
  resize(gl, layer, 1, 1);
  gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, layer.texture, 0);
  return layer;
}

function resize(gl: WebGL2RenderingContext, { texture }: Layer, width: number, height: number): void {
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

function uploadPlaces(
  gl: WebGL2RenderingContext,
  texture: WebGLTexture,
  columns: readonly Float32Array[],
  order: Uint32Array,
): void {
  const rowsPerAxis = Math.max(1, Math.ceil(order.length / TEXTURE_WIDTH));
  const data = new Float32Array(TEXTURE_WIDTH * rowsPerAxis * Math.max(1, columns.length));
  for (const [axis, column] of columns.entries()) {
    const begin = axis * rowsPerAxis * TEXTURE_WIDTH;
    for (let slot = 0; slot < order.length; slot++) {
      data[begin + slot] = column[order[slot]!]!;
    }
  }
  const height = rowsPerAxis * Math.max(1, columns.length);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, TEXTURE_WIDTH, height, 0, gl.RED, gl.FLOAT, data);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}
