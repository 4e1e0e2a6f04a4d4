import { describe, expect, test } from 'vitest';
import { safePath } from './safe-path.ts';

describe('safePath()', () => {
  test.each([
    ['mesh/wing.vtk', 'mesh/wing.vtk'],
    ['../../escape', '_/_/escape'],
    ['/etc/passwd', 'etc/passwd'],
    ['a\\..\\..\\b', 'a\\..\\..\\b'],
    ['..\\x', '..\\x'],
    ['./a//b/', 'a/b'],
    ['.. /x', '_/x'],
    ['a\u0000b\nc', 'a_b_c'],
    ['', '_'],
    ['step 12:30:00 <fine>?.log', 'step 12:30:00 <fine>?.log'],
    ['nul.txt', 'nul.txt'],
    ['mesh/.wing.vtk.quarry-partial', 'mesh/_wing.vtk.quarry-partial'],
  ])('makes of %j %j where names are free', (path, safe) => {
    expect(safePath(path, 'linux')).toBe(safe);
  });

  test.each([
    ['C:\\Windows\\x.dll', 'C__Windows_x.dll'],
    ['..\\..\\x', '.._.._x'],
    ['a\\..', 'a__'],
    ['\\\\host\\share', '__host_share'],
    ['file.txt:stream', 'file.txt_stream'],
    ['CON', '_CON'],
    ['out/nul.txt', 'out/_nul.txt'],
    ['com1.log', '_com1.log'],
    ['lpt\u00b9', '_lpt\u00b9'],
    ['console.log', 'console.log'],
    ['ends with a dot.', 'ends with a dot_'],
    ['a<b>?*.txt', 'a_b___.txt'],
  ])('makes of %j %j on Windows', (path, safe) => {
    expect(safePath(path, 'win32')).toBe(safe);
  });

  test('shortens a name that no file system takes, keeps its ending, and never makes one of two', () => {
    const names = ['ä'.repeat(200), 'ä'.repeat(201)].map((name) => safePath(`deep/${name}.vtk`, 'linux'));
    for (const name of names) {
      expect(name).toMatch(/^deep\/ä+~[0-9a-f]{10}\.vtk$/);
      expect(Buffer.byteLength(name.slice('deep/'.length))).toBeLessThanOrEqual(255);
    }
    expect(names[0]).not.toBe(names[1]);
    expect(safePath('x'.repeat(255), 'linux')).toBe('x'.repeat(255));
  });
});
