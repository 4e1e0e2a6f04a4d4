/** What is wrong with a file, in a sentence of the catalogue. */
export class MeshError extends Error {
  override name = 'MeshError';
}
