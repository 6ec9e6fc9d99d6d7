import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { shown } from '../../../experiments/cli/result-table.ts';
import { textTable, wrap } from '../../../experiments/cli/text-table.ts';
import { LineProgress, makeProgress } from '../../../experiments/progress/progress.ts';
import { formatSeconds, RemainingTime } from '../../../experiments/progress/remaining-time.ts';

describe('text tables', () => {
  it('align columns and wrap the flexible one to the width', () => {
    const table = textTable([{ head: 'A' }, { head: 'n', align: 'right' }, { head: 'Text', flexible: true }], [['x', '10', 'one two three four five'], ['long', '7', '']], 28);
    expect(table.split('\n')).toEqual(['A      n  Text', '────  ──  ──────────────────', 'x     10  one two three four', '          five', 'long   7']);
  });

  it('leave a word longer than the width whole', () => {
    expect(wrap('a incomprehensibilities b', 5)).toEqual(['a', 'incomprehensibilities', 'b']);
  });

  it('show three significant digits', () => {
    expect([0, 0.1234, 9.994, 9.996, 99.94, 99.96, 12345.6].map(shown)).toEqual(['0.00', '0.12', '9.99', '10.0', '99.9', '100', '12346']);
  });
});

describe('progress', () => {
  it('estimates the rest from the mean time of each system', () => {
    const remaining = new RemainingTime(['a', 'a', 'b', 'b', 'b'], 2);
    expect(remaining.seconds()).toBeUndefined();
    remaining.ended('a', 4);
    expect(remaining.seconds()).toBe((4 + 3 * 4) / 2);
    remaining.ended('b', 1);
    expect(remaining.seconds()).toBe((4 + 2) / 2);
    for (const [system, seconds] of [['a', 4], ['b', 1], ['b', 1]] as const) remaining.ended(system, seconds);
    expect(remaining.seconds()).toBe(0);
  });

  it('names times as people do', () => {
    expect([0, 3.2, 59.5, 125, 4321].map(formatSeconds)).toEqual(['0 s', '4 s', '1 min 0 s', '2 min 5 s', '1 h 12 min']);
  });

  it('is a line now and then where there is no terminal', () => {
    let now = 0;
    const lines: string[] = [];
    const progress = new LineProgress({ write: (text) => lines.push(text) > 0 }, () => now);
    progress.start(100, 10);
    for (let done = 11; done <= 100; done++) {
      now += 1;
      progress.update(done, 100 - done);
    }
    progress.stop();
    expect(lines).toHaveLength(10);
    expect(lines.slice(0, 2)).toEqual(['10/100 trials\n', '20/100 trials, 1 min 20 s to go\n']);
    expect(lines.at(-1)).toBe('100/100 trials\n');
  });

  it('is a bar on a terminal, and leaves no trace of itself', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, cursorTo: () => true, clearLine: () => true, moveCursor: () => true });
    const progress = makeProgress(stream);
    progress.start(4, 0);
    progress.update(2, 3);
    progress.stop();
    expect(String(stream.read())).toContain('0/4 trials | starting');
  });
});
