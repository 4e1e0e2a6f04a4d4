export { sha512Of } from '../lib/checksum.ts';
