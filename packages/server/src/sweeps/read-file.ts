/** Reads a file of the job's owner wholly; throws a Problem when it is larger than `limitBytes`. */
export type ReadFile = (fileId: string, limitBytes: number) => Promise<Buffer>;
