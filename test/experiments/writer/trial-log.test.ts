import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../../../experiments/results/trial-result.ts';
import { readTrialLog, trialLine, TrialLog } from '../../../experiments/writer/trial-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const record = (index: number): TrialRecord => ({
  key: { index, cell: {}, system: 'p2p', seed: '1' },
  queryRows: 0,
  digest: 'd',
  metrics: { ttftMeanMs: 0.1 + 0.2 },
  labels: {},
  flags: {},
});

describe('the log of trials', () => {
  it('reads back what was appended, to the last bit', () => {
    const path = join(temporaryFolder(), 'trials.jsonl');
    const log = new TrialLog(path);
    log.append([record(0), record(1)]);
    log.append([record(2)]);
    log.close();
    expect(readTrialLog(path)).toEqual([record(0), record(1), record(2)]);
    expect(readTrialLog(path).map(trialLine).join('')).toBe(readFileSync(path, 'utf8'));
  });

  it('discards a last line that a kill cut off, at any byte', () => {
    const path = join(temporaryFolder(), 'trials.jsonl');
    const whole = trialLine(record(0));
    const torn = trialLine(record(1));
    for (const bytes of [1, 10, torn.length - 1]) {
      writeFileSync(path, whole + torn.slice(0, bytes));
      expect(readTrialLog(path)).toEqual([record(0)]);
      const log = new TrialLog(path);
      log.append([record(2)]);
      log.close();
      expect(readTrialLog(path)).toEqual([record(0), record(2)]);
    }
  });

  it('stops at a line that is damaged, and knows a log that is not there', () => {
    const path = join(temporaryFolder(), 'trials.jsonl');
    expect(readTrialLog(path)).toEqual([]);
    writeFileSync(path, trialLine(record(0)));
    appendFileSync(path, '{"key":\n');
    appendFileSync(path, trialLine(record(2)));
    expect(readTrialLog(path)).toEqual([record(0)]);
  });
});
