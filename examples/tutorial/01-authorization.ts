/**
 * 1. Authorization: a call without a key, and the same call with one.
 *
 * `connect()` finds the platform and your key in the same places as other tools of this API: the environment
 * (RESCALE_API_BASE_URL, RESCALE_API_KEY), the file ~/.config/rescale/apiconfig, or a server on this machine.
 */
import { AuthenticationError, Quarry } from '@quarry/sdk';
import { connect } from '@quarry/sdk/node';

const platform = await connect();
console.log(`Platform: ${platform.baseUrl}, from ${platform.source}`);

// Without credentials the platform refuses, and says why.
const stranger = new Quarry({ baseUrl: platform.baseUrl });
try {
  await stranger.users.me();
} catch (error) {
  if (!(error instanceof AuthenticationError)) {
    throw error;
  }
  console.log(error.status);
  console.log(error.detail);
}

// With them it tells who we are.
console.dir(await platform.users.me(), { depth: null });
