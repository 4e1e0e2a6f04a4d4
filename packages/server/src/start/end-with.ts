import { readFileSync } from 'node:fs';

const LOOK_MS = 1000;

/**
 * Calls `end` once when the process `pid` is gone, or is another one by then: whoever started the server by a tool that does
 * not pass on its own end, as npx does not, does not leave it behind. Dispose it to look no more.
 */
export function endWith(pid: number, end: () => void): Disposable {
  const startedAt = startOf(pid);
  const look = () => {
    if (startedAt === null || startOf(pid) !== startedAt) {
      clearInterval(timer);
      end();
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** When a process was started, which no later one with its number has in common; null when it is over. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : fields[18]!;
  } catch {
    return null;
  }
}
