/**
 * Passwords are kept as Argon2id (RFC 9106) in the PHC format, which says how each was made: what is found too weak one day
 * can be told from what is not. Hashing takes a quarter of a second and 32 MiB on threads of the pool, so few go side by side.
 */
import crypto from 'node:crypto';
import { LIMITS } from '../limits.ts';
import { Problem, refused } from '../problems.ts';

const MEMORY_KIB = 32_768;
const PASSES = 3;
const LANES = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

interface Made {
  memory: number;
  passes: number;
  parallelism: number;
  salt: Buffer;
}

export class Passwords {
  #running = 0;
  readonly #waiting: Array<() => void> = [];

  /** What is kept of a password. */
  async hash(password: string): Promise<string> {
    const salt = crypto.randomBytes(SALT_BYTES);
    const made = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES, salt };
    const hash = await this.#derive(password, made);
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(hash)}`;
  }

  /** Whether a password is the one that was kept. Null, for nobody's, takes as long and is never right. */
  async verify(password: string, kept: string | null): Promise<boolean> {
    const parts = PHC.exec(kept ?? '');
    if (parts === null) {
      await this.hash(password);
      return false;
    }
    const [, memory, passes, parallelism, salt, hash] = parts;
    const made = {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      salt: Buffer.from(salt!, 'base64'),
    };
    return crypto.timingSafeEqual(await this.#derive(password, made), Buffer.from(hash!, 'base64'));
  }

  async #derive(password: string, { memory, passes, parallelism, salt }: Made): Promise<Buffer> {
    // Node has it since 24.7.
    if (typeof crypto.argon2 !== 'function') {
      throw refused('This server runs on a Node without Argon2, so nobody can sign in with a password.', {
        code: 'no_passwords',
        hint: 'Sign in with a key. Whoever runs the platform can update Node to 24.7 or later.',
      });
    }
    await this.#takeTurn();
    try {
      return await new Promise((resolve, reject) => {
        // The same letters can be typed as different signs.
        const message = password.normalize('NFC');
        const parameters = { message, nonce: salt, parallelism, tagLength: HASH_BYTES, memory, passes };
        crypto.argon2('argon2id', parameters, (error, hash) => (error ? reject(error) : resolve(hash)));
      });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #takeTurn(): Promise<void> {
    if (this.#running >= LIMITS.passwordsAtOnce) {
      if (this.#waiting.length >= LIMITS.passwordsWaiting) {
        throw new Problem('busy', 'Too many people are signing in with a password just now.', {
          code: 'too_many_passwords',
          hint: 'Try again in a few seconds, or sign in with a key.',
          retryAfterSeconds: 5,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
