import { randomInt } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 6;

/**
 * A new identifier of six random letters. Clients match ids with `\w+`, split on `/` and use them in file
 * names, so they are letters only; 52^6 values make a clash rare, and the primary key makes it an error.
 */
export function newId(): string {
  let id = '';
  for (let index = 0; index < ID_LENGTH; index++) {
    id += LETTERS[randomInt(LETTERS.length)];
  }
  return id;
}
