import { NotFoundError } from '@quarry/sdk';

/** Lets the platform's "Not found." say which file: it does not, and the command may name several. */
export async function aboutFile<Answer>(id: string, call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NotFoundError && !error.detail?.includes(id)) {
      error.message = `File "${id}": ${error.message}`;
    }
    throw error;
  }
}
