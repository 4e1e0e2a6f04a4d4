/** What was asked for cannot be computed from these runs, in words for whoever asked. */
export class ImpossibleError extends Error {
  override readonly name = 'ImpossibleError';
  readonly code: string;
  readonly hint: string;

  constructor(message: string, { code, hint }: { code: string; hint: string }) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
