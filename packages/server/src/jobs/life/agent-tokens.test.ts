import { expect, test } from 'vitest';
import { hashKey } from '../../access/keys.ts';
import { AgentTokens } from './agent-tokens.ts';

test('a token is known from when its agent is expected until its cluster has ended, and is the same after a restart', () => {
  const secret = Buffer.alloc(32, 1);
  const tokens = new AgentTokens(secret);
  const hash = hashKey(tokens.of('cluster'));
  expect(tokens.clusterOf(hash)).toBeNull();
  tokens.expect('cluster');
  tokens.expect('other');
  expect(tokens.clusterOf(hash)).toBe('cluster');
  tokens.forget('cluster');
  expect(tokens.clusterOf(hash)).toBeNull();
  expect(tokens.clusterOf(hashKey(tokens.of('other')))).toBe('other');
  expect(new AgentTokens(secret).of('cluster')).toBe(tokens.of('cluster'));
  expect(new AgentTokens(Buffer.alloc(32, 2)).of('cluster')).not.toBe(tokens.of('cluster'));
});
