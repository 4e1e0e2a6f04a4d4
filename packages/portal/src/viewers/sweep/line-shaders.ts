/** A vertex for each axis of a run; its height is read from a texture, so that other runs are drawn by naming them alone. */
export const LINE_VERTEX = `#version 300 es
precision highp float;
precision highp sampler2D;
uniform sampler2D places;
uniform int axes;
uniform int rowsPerAxis;
uniform vec4 frame;
uniform float rail;
in uint slot;
void main() {
  int at = int(slot);
  float place = texelFetch(places, ivec2(at & 2047, gl_VertexID * rowsPerAxis + (at >> 11)), 0).r;
  float x = axes == 1 ? 0.5 * (frame.x + frame.y) : mix(frame.x, frame.y, float(gl_VertexID) / float(axes - 1));
  gl_Position = vec4(x, place < -0.5 ? rail : mix(frame.z, frame.w, place), 0.0, 1.0);
}`;

export const LINE_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 colour;
out vec4 pixel;
void main() {
  pixel = vec4(colour.rgb * colour.a, colour.a);
}`;

/** One triangle over everything. */
export const LAYER_VERTEX = `#version 300 es
out vec2 at;
void main() {
  at = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);
}`;

export const LAYER_FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D layer;
in vec2 at;
out vec4 pixel;
void main() {
  pixel = texture(layer, at);
}`;

export function buildProgram(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The graphics of this browser refuse to draw: ${gl.getProgramInfoLog(program) ?? ''}`);
  }
  return program;
}

/** Has what is drawn next drawn by this program. */
export function activate(gl: WebGL2RenderingContext, program: WebGLProgram): void {
  // biome-ignore lint/correctness/useHookAtTopLevel: this one is of WebGL
  gl.useProgram(program);
}
