import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { readAnew } from './read-anew.ts';

test('news during an answer do not give it up, and it is asked for once more behind it', async () => {
  const client = new QueryClient();
  const answers: PromiseWithResolvers<string>[] = [];
  const observer = new QueryObserver(client, {
    queryKey: ['job', 'a'],
    queryFn: () => {
      answers.push(Promise.withResolvers());
      return answers.at(-1)!.promise;
    },
    staleTime: Number.POSITIVE_INFINITY,
    networkMode: 'always',
  });
  const leave = observer.subscribe(() => undefined);
  const news = [readAnew(client, ['job']), readAnew(client, ['job'])];
  expect(answers).toHaveLength(1);
  answers[0]!.resolve('before the news');
  await expect.poll(() => answers.length).toBe(2);
  expect(client.getQueryData(['job', 'a'])).toBe('before the news');
  answers[1]!.resolve('after the news');
  await Promise.all(news);
  expect(client.getQueryData(['job', 'a'])).toBe('after the news');
  expect(answers).toHaveLength(2);
  leave();
});
