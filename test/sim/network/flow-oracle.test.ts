import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { fromSeconds, toSeconds } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';

const FOLDER = '../shared/data/oracles/network';
/** The accuracy that the data promise of a correct allocator. */
const ORACLE_ERROR_S = 1e-6;

function rows(file: string): string[][] {
  return readFileSync(`${FOLDER}/${file}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

function replay(set: string): { completed: number; worstErrorS: number; digest: string } {
  const hosts = rows(`${set}.hosts.csv`);
  const finishS = new Map(rows(`${set}.completions.csv`).map(([id, , finish]) => [id, Number(finish)]));
  const index = new Map(hosts.map(([name], i) => [name, i]));
  const simulator = new Simulator();
  const network = new Network(simulator, {
    hosts: hosts.map(([name, up, down, latency]) => ({
      name,
      upBps: 8 * Number(up),
      downBps: 8 * Number(down),
      accessLatencyNs: fromSeconds(Number(latency)),
    })),
    zoneLatencyNs: { zones: ['core'], oneWayNs: [[0]] },
  });
  const result = { completed: 0, worstErrorS: 0, digest: '' };
  for (const [id, start, from, to, bytes] of rows(`${set}.flows.csv`)) {
    simulator.scheduleAt(fromSeconds(Number(start)), () => {
      network.transfer(
        { from: index.get(from)!, to: index.get(to)!, sizeBytes: Number(bytes) },
        (outcome) => {
          if (outcome === 'done') result.completed++;
          result.worstErrorS = Math.max(result.worstErrorS, Math.abs(toSeconds(simulator.now) - finishS.get(id)!));
        },
        undefined,
      );
    });
  }
  simulator.run();
  network.stats.checkConservation();
  result.digest = simulator.digest();
  return result;
}

describe('completion times against an established flow-level simulator', () => {
  for (const [set, what] of [['eq', 'equal latencies'], ['het', 'heterogeneous latencies']] as const) {
    const files = ['hosts', 'flows', 'completions'].map((part) => `${FOLDER}/${set}.${part}.csv`);
    const missing = files.filter((file) => !existsSync(file));
    it.skipIf(missing.length > 0)(`${what}: every flow within 1e-6 s${missing.length > 0 ? ` (missing ${missing.join(', ')})` : ''}`, () => {
      const result = replay(set);
      expect(result.completed).toBe(5000);
      expect(result.worstErrorS).toBeLessThan(ORACLE_ERROR_S);
      expect(replay(set).digest).toBe(result.digest);
    });
  }
});
