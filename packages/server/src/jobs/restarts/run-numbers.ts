/** Numbers of runs in ascending order as one short text, such as `2,5,7-9`: a job may have a hundred thousand of them. */

export function writeNumbers(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let start = 0; start < numbers.length; ) {
    let end = start;
    while (numbers[end + 1] === numbers[end]! + 1) {
      end += 1;
    }
    ranges.push(end === start ? String(numbers[start]) : `${numbers[start]}-${numbers[end]}`);
    start = end + 1;
  }
  return ranges.join(',');
}

export function readNumbers(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, offset) => first! + offset);
  });
}
