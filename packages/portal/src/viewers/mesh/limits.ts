/** Of a file, or of the pieces that it refers to together. */
export const MAX_MESH_BYTES = 512 * 1024 * 1024;
export const MAX_POINTS = 20_000_000;
