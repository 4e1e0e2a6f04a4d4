/** What an editor of JSON is told; apart, so that the editor is loaded on demand only. */
export interface Problem {
  /** As refusals of the server write it. */
  path: string;
  message: string;
}

export interface JsonEditorProps {
  label: string;
  value: string;
  /** Absent where it is to be read only. */
  onChange?: (text: string) => void;
  /** What is wrong with it, each at its path as refusals of the server write it. */
  problems?: readonly Problem[];
  /** Name of the schema of the API that it is completed by. */
  schema?: string | null;
  /** What is wrong with it as a whole. */
  error?: string | null;
}

/** Where somebody is typing, by offsets in the text. */
export interface TypedAt {
  anchor: number;
  head: number;
}
