/** What tables and analyses of a sweep are made of: a run as its row has it. */
export interface SweepRun {
  number: number;
  outcome: string | null;
  exit_code: number | null;
  date_started: string | null;
  date_completed: string | null;
  is_optimal: 0 | 1;
  /** JSON: a text for each input variable. */
  inputs: string;
  /** JSON: name and value of each output. */
  results: string;
  /** JSON, or null where nothing was measured. */
  usage: string | null;
}
