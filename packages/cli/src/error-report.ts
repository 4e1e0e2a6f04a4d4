/** What `--json` prints for an error, and what people read from it. */
export interface ErrorReport {
  code: string;
  message: string;
  hint?: string;
  /** HTTP status of the platform's answer. */
  status?: number;
  requestId?: string;
  /** The platform's words per field, in the shape it sent them. */
  fields?: unknown;
}
