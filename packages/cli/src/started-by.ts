import { readFileSync } from 'node:fs';

/**
 * The npm or npx that this process was started by, through a shell or not; null where none is found. It ends without passing
 * that on, so what must end with it has to look.
 */
export function findNpm(): number | null {
  for (let pid = process.ppid; pid > 1; ) {
    const found = look(pid);
    if (found === null) {
      return null;
    }
    // npm calls its process by what it does, such as "npm exec quarry serve".
    if (/^(npm|npx)\b/.test(found.title)) {
      return pid;
    }
    pid = found.parent;
  }
  return null;
}

function look(pid: number): { title: string; parent: number } | null {
  try {
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { title, parent };
  } catch {
    return null;
  }
}
